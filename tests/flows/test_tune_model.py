"""Tuning by the real command, on the session's pipeline."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from flows.commands.tune import tuned
from tests.flows.blinding import blind
from tests.flows.conftest import ASSETS, Desk, Pipeline, desk_beside
from trady2.config import TargetConfig, load_config
from trady2.registry import Ledger, read_trials

TUNE = {"n_folds": 2, "startup_trials": 2, "prune_after_folds": 1, "n_trials": 4}
SPACE = {"learning_rate": {"low": 0.02, "high": 0.3, "log": True}, "num_leaves": {"low": 4, "high": 40}}


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Desk:
    """Give a desk with the vectors of the pipeline and a home of its own, empty."""
    return desk_beside(pipeline, tmp_path)


def search(desk: Desk, *more: str, **tune: Any) -> dict[str, Any]:
    """Run a short search."""
    config = desk.configure(tune={"space": SPACE, **TUNE, **tune})
    return desk.json("tune", "--config", config, "--output", "out/best.yaml", *more)


def test_a_search_ends_with_a_configuration_that_trains(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best parameters stand in the file, all else is as before; every try is a trial of its own purpose."""
    result = search(desk)
    assert (len(result["trials"]), result["complete"], result["present"]["number"]) == (4, True, 0)
    best, before = load_config(desk.folder / result["config"]), load_config(desk.folder / "ml.yaml")
    assert best.model == before.model.model_copy(update=result["best"]["parameters"])
    for section in ("name", "seed", "data", "target", "split", "backtest", "walk_forward"):
        assert getattr(best, section) == getattr(before, section)
    comment = (desk.folder / "out" / "best.yaml").read_text("utf-8").splitlines()[0]
    assert comment.startswith("# Made by trady2 tune. The best of 4 tries has a direction skill of")

    monkeypatch.setenv("TRADY2_HOME", str(desk.folder / "home"))
    ledger = Ledger(f"sqlite:///{desk.folder / 'home' / 'ledger.db'}")
    target = TargetConfig(horizon_steps=6, return_threshold=0.004)
    trials = read_trials("trady2", target=target, assets=ASSETS, ledger=ledger)
    assert [(one.purpose, one.zone, one.finished) for one in trials.records] == [("tune", "train", True)] * 4
    assert max(one.last or "" for one in trials.records) < result["end"]
    assert {event.kind for event in ledger.events()} == {"trial"}

    more = search(desk, "--trials", "5")
    assert (more["study"], len(more["trials"])) == (result["study"], 5)
    assert more["trials"][:4] == result["trials"]
    assert read_trials("trady2", target=target, assets=ASSETS, ledger=ledger).n_trials == 5

    trained = desk.json("train", "--config", result["config"])
    assert trained["verdict"] in {"edge", "unproven", "no edge"}


def test_the_test_zone_is_never_read(desk: Desk, pipeline: Pipeline) -> None:
    """With every value from the zone calibrate on replaced by what no fit survives, the result is the same."""
    before = search(desk)
    blind(desk, pipeline, before["end"])
    desk.environment["TRADY2_HOME"] = str(desk.folder / "other home")
    after = search(desk)
    for result in (before, after):
        for one in result["trials"]:
            one.pop("seconds")
    assert after["trials"] == before["trials"]
    assert (after["best"]["number"], after["luck"]) == (before["best"]["number"], before["luck"])
    assert after["study"] == before["study"]
    done = desk.run("train", "--config", "ml.yaml")
    assert done.returncode == 1


def test_other_rules_are_another_study(desk: Desk) -> None:
    """Without a name the search goes on only where nothing has changed; under a name it is refused."""
    first = search(desk, "--study", "mine", n_trials=1)
    assert first["study"] == "mine"
    config = desk.configure("other.yaml", target={"return_threshold": 0.006}, tune={"space": SPACE, **TUNE})
    done = desk.run("tune", "--config", config, "--study", "mine")
    assert (done.returncode, "begun with another target" in done.stderr) == (1, True), done.stderr
    refused = desk.run("tune", "--config", config, "--study", "../mine")
    assert (refused.returncode, "is no name of a study" in refused.stderr) == (1, True)
    assert "no name of a study" in desk.run("tune", "--config", config, "--study", "").stderr


def told(**other: Any) -> dict[str, Any]:
    """Return what the flow gives."""
    parameters = {"num_leaves": 5, "lambda_l2": 1.23456, "extra_trees": True}
    figures = {"direction_skill": 0.5432, "direction_t": 2.5, "n_trades": 1234, "folds": 3, "state": "complete"}
    present = {"number": 0, "is_present": True, "parameters": parameters, **figures, "direction_skill": 0.51}
    best = {"number": 7, "is_present": False, "parameters": parameters, **figures}
    failed = {**best, "number": 8, "state": "failed", "direction_skill": None, "direction_t": None, "n_trades": None}
    common = {"name": "trady2", "study": "s", "end": "2024-01-01Z", "complete": True, "folder": "f", "config": "c.yaml"}
    tries = {"best": best, "present": present, "trials": [present, best, failed]}
    return {**common, **tries, "gain_is_beyond_luck": False, "statement": "All of it is luck.", **other}


def test_the_text_shows_the_best_and_what_they_are_worth() -> None:
    """The best first, the present marked, failures as dashes, and the sentence on luck before the file."""
    lines = tuned(told()).splitlines()
    assert lines[1] == "3 tries: 2 complete, 1 failed"
    assert lines[5].split() == ["7", "0.5432", "2.50", "3", "1,234", "5", "1.235", "True"]
    assert lines[6].startswith("0 (present)")
    assert lines[7].split()[1:4] == ["–", "–", "3"]
    assert "All of it is luck." in lines
    assert "config   c.yaml   (nothing proves it better than what you have)" in lines
    assert "config   c.yaml" in tuned(told(gain_is_beyond_luck=True)).splitlines()
    assert "stopped by an interruption; the same command goes on from here" in tuned(told(complete=False))


@pytest.mark.slow
def test_ctrl_c_ends_with_what_was_found(desk: Desk) -> None:
    """It exits with 130, shows the best so far, and the same command goes on."""
    config = desk.configure(tune={"space": SPACE, **TUNE, "n_trials": 500})
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with desk.start("tune", "--config", config, "--study", "long", start_new_session=True, **pipes) as searching:
        give_up = time.monotonic() + 120
        while len(list(desk.folder.glob("home/tune/trady2/long/ranks/*.npz"))) < 3:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        os.killpg(searching.pid, signal.SIGINT)
        shown, told = searching.communicate(timeout=60)
    assert searching.returncode == 130, told
    assert "Traceback" not in told
    assert "stopped by an interruption; the same command goes on from here" in shown
    done = json.loads(desk.run("tune", "--config", config, "--study", "long", "--trials", "1", "--json").stdout)
    assert len(done["trials"]) >= 2  # the third had written its ranks, perhaps not yet its end
