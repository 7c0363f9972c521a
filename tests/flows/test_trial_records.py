"""Training and backtesting tell the ledger what was tried."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.flows.conftest import ASSETS, Desk, Pipeline, desk_beside
from trady2.config import TargetConfig
from trady2.registry import Ledger, Trials, read_trials

TARGET = TargetConfig(horizon_steps=6, return_threshold=0.004)


def known(home: Path, monkeypatch: pytest.MonkeyPatch) -> Trials:
    """Return the trials of the pipeline's model that a home folder knows."""
    monkeypatch.setenv("TRADY2_HOME", str(home))
    return read_trials("trady2", target=TARGET, assets=ASSETS, ledger=Ledger(f"sqlite:///{home / 'ledger.db'}"))


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Desk:
    """Give a desk with the store and vectors of the pipeline, and a copy of its ledger and returns."""
    store = pipeline.desk.environment["BENTOML_HOME"]
    home = Path(store) / "trady2"
    (tmp_path / "home").mkdir()
    shutil.copy(home / "ledger.db", tmp_path / "home" / "ledger.db")
    shutil.copytree(home / "trials", tmp_path / "home" / "trials")
    return desk_beside(pipeline, tmp_path, BENTOML_HOME=store)


def test_a_training_is_one_trial_from_its_first_tree_on(
    pipeline: Pipeline, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told when the fit begins and again with what it earned each day of the test zone; both are one trial."""
    run = Path(pipeline.trained["run"])
    told = [
        event for event in Ledger(f"sqlite:///{desk.folder / 'home' / 'ledger.db'}").events(kinds=("trial", "tested"))
        if event.payload["run"] == run.name
    ]  # fmt: skip
    assert [(event.kind, event.payload.get("status")) for event in told] == [
        ("trial", "begun"),
        ("tested", None),
        ("trial", "done"),
    ]
    done = told[-1].payload
    assert (done["purpose"], done["zone"], done["model_sha256"]) == ("train", "test", pipeline.trained["sha256"])
    trials = known(desk.folder / "home", monkeypatch)
    assert [trial.number for trial in trials.records if trial.number in (told[0].number, told[-1].number)] == [
        told[-1].number
    ]
    equity = pd.read_parquet(run / "08_report.equity.parquet").set_index("timestamp")["equity"]
    daily = equity.resample("1D").last()
    daily = (daily / daily.shift(fill_value=10_000.0) - 1).to_numpy()
    np.testing.assert_allclose(trials.returns()[told[-1].number].dropna(), daily, atol=1e-12)
    assert done["sharpe"] == pytest.approx(daily.mean() / daily.std(ddof=1))


def test_a_backtest_of_the_same_rules_is_the_same_trial(
    pipeline: Pipeline, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What training has tried is not tried anew by its repetition; another fee is, and another span."""
    home, version = desk.folder / "home", pipeline.trained["version"]
    before = known(home, monkeypatch).n_trials
    desk.json("backtest", "--version", version)
    assert known(home, monkeypatch).n_trials == before
    desk.json("backtest", "--version", version, "--config", desk.configure(backtest={"fee_bps": 3.0}))
    assert known(home, monkeypatch).n_trials == before + 1
    zones = json.loads(Path(pipeline.trained["report_json"]).read_text("utf-8"))["zones"]
    start = {zone["zone"]: zone["start"] for zone in zones}
    desk.json("backtest", "--version", version, "--start", start["threshold"], "--end", start["test"])
    last = known(home, monkeypatch).records[-1]
    assert (last.number > before, last.purpose, last.zone, last.version) == (True, "backtest", "threshold", version)
    assert known(home, monkeypatch).n_trials == before + 2


def test_another_target_in_the_configuration_hides_no_trial(
    pipeline: Pipeline, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backtest counts for the target that the version was trained for, whatever its own configuration says."""
    home = desk.folder / "home"
    before = known(home, monkeypatch).n_trials
    config = desk.configure(target={"return_threshold": 0.05}, backtest={"fee_bps": 4.0})
    desk.json("backtest", "--version", pipeline.trained["version"], "--config", config)
    assert known(home, monkeypatch).n_trials == before + 1
