"""What the ledger says of all trials together."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.registry.test_trial_recording import SPAN, TARGET, origin, rules
from tests.registry.test_trial_returns import daily
from trady2.config import TargetConfig
from trady2.errors import NotFoundError
from trady2.registry import Ledger, Trials, begin_trial, read_trials, record_trials

ASSETS = ["A-USD", "B-USD"]


def count(**other: object) -> int:
    """Return how many trials the ledger knows of the usual model."""
    return read_trials("trady2", target=TARGET, assets=ASSETS, **other).n_trials  # type: ignore[arg-type]


def test_an_empty_ledger_has_no_trials() -> None:
    """Before anything was tried there is no trial and no variance."""
    trials = read_trials("trady2", target=TARGET, assets=ASSETS)
    assert (trials.n_trials, trials.sharpe_variance, trials.returns().shape) == (0, 0.0, (0, 0))


def test_number_variance_and_returns_come_from_the_ledger() -> None:
    """Sweeps over other spans stand side by side; a day outside a trial's span is NaN; flat trials count too."""
    early, late = daily(5, 2, seed=1), daily(4, 2, seed=2).shift(3, freq="D")
    late[1] = 0.0
    record_trials(origin(), rules(2), early, span=SPAN, actor="ann")
    record_trials(origin(zone="test"), rules(2), late, span=(SPAN[0], SPAN[1] + 1), actor="ann")
    trials = read_trials("trady2", target=TARGET, assets=ASSETS[::-1])
    assert [trial.zone for trial in trials.records] == ["threshold"] * 2 + ["test"] * 2
    sharpe = [*(early.mean() / early.std()), late[0].mean() / late[0].std()]
    assert trials.n_trials == 4
    assert trials.sharpe_variance == pytest.approx(np.var(sharpe, ddof=1))
    expected = pd.concat([early, late], axis=1, keys=["early", "late"]).set_axis([1, 2, 3, 4], axis=1)
    pd.testing.assert_frame_equal(trials.returns(), expected, check_names=False, check_freq=False)
    chosen = Trials(tuple(trial for trial in trials.records if trial.zone == "test"))
    assert (chosen.n_trials, chosen.sharpe_variance, list(chosen.returns())) == (2, 0.0, [3, 4])


@pytest.mark.parametrize(
    ("other", "counted"),
    [
        ({}, 2),
        ({"purpose": "backtest", "run": "another", "version": None, "config_sha256": "f" * 64}, 2),
        ({"model_sha256": "f" * 64}, 4),
        ({"data_sha256": "f" * 64}, 4),
        ({"name": "another"}, 2),
        ({"assets": ["A-USD"]}, 2),
        ({"target": TargetConfig(horizon_steps=11, return_threshold=0.01)}, 2),
    ],
    ids=["repeated", "by another command", "model", "data", "name", "assets", "target"],
)
def test_the_same_rules_on_the_same_model_data_and_span_are_one_trial(other: dict[str, object], counted: int) -> None:
    """A repetition is no new trial, another model or other data are; other names, assets and targets count apart."""
    record_trials(origin(), rules(2), daily(5, 2), span=SPAN, actor="ann")
    record_trials(origin(**other), rules(2), daily(5, 2), span=SPAN, actor="bob")
    assert count() == counted


def test_another_span_and_another_rule_are_other_trials() -> None:
    """Trading one bar more, or with another threshold, is trying something else."""
    record_trials(origin(), rules(2), daily(5, 2), span=SPAN, actor="ann")
    record_trials(origin(), rules(3), daily(5, 3), span=SPAN, actor="ann")
    assert count() == 3
    record_trials(origin(), rules(2), daily(5, 2), span=(SPAN[0], SPAN[1] + 1), actor="ann")
    assert count() == 5


def test_a_fit_that_never_ended_counts() -> None:
    """A fit that failed or was aborted is a trial without returns; once the same fit is finished it is one trial."""
    fit = origin(purpose="train", zone="test", model_sha256=None)
    begin_trial(fit, actor="ann")
    begin_trial(fit, actor="ann")
    begin_trial(origin(purpose="train", model_sha256=None, config_sha256="f" * 64), actor="ann")
    trials = read_trials("trady2", target=TARGET, assets=ASSETS)
    assert [(trial.finished, trial.sharpe, trial.returns) for trial in trials.records] == [(False, None, None)] * 2
    assert (trials.sharpe_variance, trials.returns().shape) == (0.0, (0, 0))
    record_trials(origin(purpose="train", zone="test"), rules(1), daily(5, 1), span=SPAN, actor="ann")
    trials = read_trials("trady2", target=TARGET, assets=ASSETS)
    assert [trial.finished for trial in trials.records] == [False, True]


def test_a_fit_that_repeats_another_adds_nothing() -> None:
    """Two configurations that differ in what no model sees give one model, and their fits one trial."""
    for digest in ("c" * 64, "f" * 64):
        begin_trial(origin(purpose="train", model_sha256=None, config_sha256=digest), actor="ann")
        record_trials(origin(purpose="train", config_sha256=digest), rules(1), daily(5, 1), span=SPAN, actor="ann")
    assert count() == 1


def test_the_ledger_may_lie_elsewhere(tmp_path: Path) -> None:
    """A ledger that is handed in is asked instead of that of the environment."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'other.db'}")
    record_trials(origin(), rules(2), daily(5, 2), span=SPAN, actor="ann", ledger=ledger)
    assert (count(), count(ledger=ledger)) == (0, 2)


def test_returns_that_lie_elsewhere_do_not_stop_the_counting(home: Path) -> None:
    """Number and variance need the ledger alone; only the matrix asks for the files."""
    record_trials(origin(), rules(2), daily(5, 2), span=SPAN, actor="ann")
    for file in (home / "trady2" / "trials").iterdir():
        file.unlink()
    trials = read_trials("trady2", target=TARGET, assets=ASSETS)
    assert (trials.n_trials, trials.sharpe_variance > 0) == (2, True)
    with pytest.raises(NotFoundError, match="copy that folder from where the trial ran"):
        trials.returns()


def test_a_try_of_a_search_is_one_trial_and_ends_no_training() -> None:
    """Begun, begun again after a kill, and done: one; a training that failed with the same configuration is another."""
    search = origin(purpose="tune", zone="train", model_sha256=None)
    begin_trial(search, actor="ann")
    begin_trial(search, actor="ann")
    record_trials(
        origin(purpose="tune", zone="train", model_sha256="a" * 64), rules(1), daily(5, 1), span=SPAN, actor="ann"
    )
    assert count() == 1
    begin_trial(origin(purpose="train", zone="test", model_sha256=None), actor="ann")
    assert count() == 2
