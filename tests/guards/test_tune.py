"""The search: what it tries, what it tells, and how it survives being stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.guards.quick_market import market
from tests.guards.tuning import store_in, tuning_config
from trady2.config import Config
from trady2.data.panel import Panel
from trady2.errors import NotEnoughDataError
from trady2.guards.panel_part import rows_of_panel
from trady2.guards.tune import Ended, Listener, tune
from trady2.guards.tune_zone import tuning_end
from trady2.learning.target import label_arrays
from trady2.learning.walk_forward import walk_forward


@pytest.fixture(scope="module")
def panel() -> Panel:
    """One market for all."""
    return market(rows=2_000)


@pytest.fixture(scope="module")
def searched(panel: Panel, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Ended]]:
    """Five tries, and what was told of each."""
    folder, ended = tmp_path_factory.mktemp("study"), []
    tune(panel, tuning_config(), store_in(folder), n_trials=5, listener=Listener(ends=ended.append))
    return folder, ended


def test_the_present_parameters_are_tried_first_and_never_given_up(searched: tuple[Path, list[Ended]]) -> None:
    """Everything is compared with them, on all folds."""
    first, *others = store_in(searched[0]).tried()
    assert (first.is_present, first.state, first.folds) == (True, "complete", 3)
    assert first.parameters == {"learning_rate": 0.2, "num_leaves": 8}
    assert [one.is_present for one in others] == [False] * 4


def test_a_try_is_the_walk_that_the_verdict_takes(panel: Panel, searched: tuple[Path, list[Ended]]) -> None:
    """Scores and trees of a complete try are those of `walk_forward` with its parameters, fold by fold."""
    one = next(ended for ended in searched[1] if ended.tried.state == "complete" and not ended.tried.is_present)
    asked = one.config.tune
    walk = {"n_folds": asked.n_folds, "out_of_sample_share": asked.out_of_sample_share}
    config = Config.read({**one.config.model_dump(), "walk_forward": walk}, source="walk")
    stitched = walk_forward(panel, label_arrays(panel, config.target), config)
    assert list(one.tried.trees) == [fold.trees for fold in stitched.folds]
    seen = np.isfinite(store_in(searched[0]).ranks([one.tried.number])[0])
    assert np.array_equal(seen, stitched.fold >= 0)


def test_every_try_is_told_as_it_ends(searched: tuple[Path, list[Ended]]) -> None:
    """With its parameters, its trades on the folds that it saw, and a digest of its models."""
    folder, ended = searched
    assert [one.tried for one in ended] == store_in(folder).tried()
    assert len({one.models_sha256 for one in ended}) == 5
    for one in ended:
        assert one.config.model.num_leaves == one.tried.parameters["num_leaves"]
        assert one.backtest is not None
        assert len(one.backtest.trades) == one.tried.n_trades


def test_the_same_seed_tries_the_same(panel: Panel, searched: tuple[Path, list[Ended]], tmp_path: Path) -> None:
    """Also when the search is stopped in between and goes on in another call."""
    tune(panel, tuning_config(), store_in(tmp_path), n_trials=2)
    tune(panel, tuning_config(), store_in(tmp_path), n_trials=5)
    again, before = store_in(tmp_path).tried(), store_in(searched[0]).tried()
    assert [replace(one, seconds=0.0) for one in again] == [replace(one, seconds=0.0) for one in before]


def test_a_finished_study_fits_nothing_more(panel: Panel, searched: tuple[Path, list[Ended]]) -> None:
    """The number of tries is that of the whole study."""
    begun: list[Config] = []
    tune(panel, tuning_config(), store_in(searched[0]), n_trials=5, listener=Listener(begins=begun.append))
    assert begun == []


def test_no_try_begins_after_the_time(panel: Panel, tmp_path: Path) -> None:
    """The one that is under way is finished."""
    tune(panel, tuning_config(), store_in(tmp_path), n_trials=50, minutes=1e-6)
    assert len(store_in(tmp_path).tried()) == 0
    tune(panel, tuning_config(), store_in(tmp_path), n_trials=50, minutes=1e-3)
    assert 1 <= len(store_in(tmp_path).tried()) < 10


def test_what_follows_the_zones_cannot_be_seen(tmp_path: Path) -> None:
    """With every price and feature behind the tuning end turned into infinities, not a bit of a try is another."""
    whole, config = market(rows=2_500), tuning_config()
    end = tuning_end(whole, config)
    later = whole.timestamp >= end
    ruined = replace(
        whole,
        features=np.where(later[:, None], np.float32(np.inf), whole.features),
        **{name: np.where(later, np.nan, getattr(whole, name)) for name in ("open", "high", "low", "close", "volume")},
    )
    assert tuning_end(ruined, config) == end
    found = []
    for name, panel in (("whole", whole), ("ruined", ruined)):
        store = store_in(tmp_path / name, config)
        tune(rows_of_panel(panel, panel.timestamp < end), config, store, n_trials=3)
        found.append(([replace(one, seconds=0.0) for one in store.tried()], store.ranks([0])))
    assert found[0][0] == found[1][0]
    assert np.array_equal(found[0][1], found[1][1], equal_nan=True)


def test_a_try_that_cannot_be_fitted_counts_as_failed(panel: Panel, tmp_path: Path) -> None:
    """The search goes on behind it, and the reason is kept."""
    config = tuning_config(space={"bagging_fraction": {"low": 1e-9, "high": 1.0, "log": True}}, startup_trials=1)
    tune(panel, config, store_in(tmp_path, config), n_trials=4)
    tried = store_in(tmp_path, config).tried()
    assert len(tried) == 4
    assert tried[0].state == "complete"
    for one in tried:
        assert (one.reason is not None) == (one.state == "failed")


def test_a_market_without_moves_is_refused(tmp_path: Path) -> None:
    """When the present parameters cannot be judged, nothing can be compared with them."""
    flat = replace(market(rows=2_000), close=np.full(4_000, 100.0))
    with pytest.raises(NotEnoughDataError, match="all of them are labelled 0"):
        tune(flat, tuning_config(), store_in(tmp_path), n_trials=3)


def test_an_interrupted_try_is_tried_again(panel: Panel, tmp_path: Path) -> None:
    """Ctrl-C inside a fit leaves what had ended; the next call ends where an unbroken one does."""
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        tune(panel, tuning_config(), store_in(tmp_path), n_trials=3, listener=Listener(progress=_stop_in_second()))
    assert len(store_in(tmp_path).tried()) == 1
    tune(panel, tuning_config(), store_in(tmp_path), n_trials=3)
    assert len(store_in(tmp_path).tried()) == 3


def _stop_in_second() -> object:
    seen: set[str] = set()

    def told(text: str, _share: float) -> None:
        seen.add(text.split(",")[0])
        if len(seen) == 2:
            raise KeyboardInterrupt

    return told


def _search(folder: Path) -> None:
    tune(market(rows=2_000), tuning_config(), store_in(folder), n_trials=400)


@pytest.mark.slow
def test_a_killed_search_loses_nothing_that_ended(panel: Panel, tmp_path: Path) -> None:
    """Kill -9 at any moment leaves a study that opens, holds what ended, and goes on."""
    context = multiprocessing.get_context("spawn")
    for _ in range(2):
        before = len(store_in(tmp_path).tried())
        searching = context.Process(target=_search, args=(tmp_path,))
        searching.start()
        give_up = time.monotonic() + 120
        while len(list((tmp_path / "ranks").glob("*.npz"))) < before + 3:
            assert time.monotonic() < give_up
            time.sleep(0.02)
        os.kill(searching.pid or 0, signal.SIGKILL)
        searching.join()
        assert len(store_in(tmp_path).tried()) >= before + 2
    done = len(store_in(tmp_path).tried())
    tune(panel, tuning_config(), store_in(tmp_path), n_trials=done + 1)
    assert len(store_in(tmp_path).tried()) == done + 1
