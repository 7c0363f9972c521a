"""The sweep of a version: by the real command, on the session's pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.flows.conftest import ASSETS, Desk, Pipeline, desk_beside
from trady2.backtest import BacktestConfig, run
from trady2.config import TargetConfig
from trady2.registry import Ledger, Trials, read_trials

GRID = {"threshold": [0.3, 0.4, 0.5], "hold_bars": [3, 6], "stop_loss": [None, 0.01], "fee_bps": [0, 5]}
COUNT = 24


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Desk:
    """Give a desk with the store and vectors of the pipeline and a ledger of its own, empty."""
    return desk_beside(pipeline, tmp_path, BENTOML_HOME=pipeline.desk.environment["BENTOML_HOME"])


def ledger(desk: Desk) -> Ledger:
    """Return the ledger of a desk."""
    return Ledger(f"sqlite:///{desk.folder / 'home' / 'ledger.db'}")


def trials(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Trials:
    """Return what the ledger of a desk says of the pipeline's model."""
    monkeypatch.setenv("TRADY2_HOME", str(desk.folder / "home"))
    target = TargetConfig(horizon_steps=6, return_threshold=0.004)
    return read_trials("trady2", target=target, assets=ASSETS, ledger=ledger(desk))


def swept(desk: Desk, version: str, *more: str, **sweep: Any) -> dict[str, Any]:
    """Sweep the usual grid."""
    config = desk.configure(sweep={"grid": GRID, **sweep})
    return desk.json("sweep", "--version", version, "--config", config, "--output", "out/mine.v1", *more)


def test_a_sweep_is_counted_before_it_is_shown(pipeline: Pipeline, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Table, returns and block are written; every configuration is a trial with its daily returns; no test is read."""
    result = swept(desk, pipeline.trained["version"])
    table = pd.read_parquet(desk.folder / "out" / "mine.v1.sweep.parquet")
    returns = pd.read_parquet(desk.folder / "out" / "mine.v1.returns.parquet")
    assert (len(table), result["zone"], result["n_trials"]) == (COUNT, "threshold", COUNT)
    assert table.columns[:5].tolist() == ["configuration", "threshold", "hold_bars", "stop_loss", "fee_bps"]
    assert returns.columns.tolist() == ["timestamp", *map(str, range(COUNT))]
    np.testing.assert_allclose((1 + returns.drop(columns="timestamp")).prod() - 1, table["total_return"], atol=1e-12)
    block = json.loads((desk.folder / "out" / "mine.v1.sweep.json").read_text("utf-8"))
    assert block == result["sweep"]
    assert (block["n_configurations"], len(block["top"]), block["metric"]) == (COUNT, 10, "sharpe_ratio")
    assert block["top"][0]["sharpe_ratio"] == table["sharpe_ratio"].max()
    report = json.loads(Path(desk.folder / result["report_json"]).read_text("utf-8"))
    assert report["sweep"] == block
    assert 'data-chart="sweep"' in Path(desk.folder / result["report_html"]).read_text("utf-8")

    known = trials(desk, monkeypatch)
    np.testing.assert_array_equal(known.returns(), returns.drop(columns="timestamp"))
    assert {(trial.purpose, trial.zone, trial.version) for trial in known.records} == {
        ("sweep", "threshold", pipeline.trained["version"])
    }
    assert known.records[1].parameters == {"threshold": 0.3, "hold_bars": 3, "fee_bps": 5.0}
    sharpe = returns.drop(columns="timestamp").mean() / returns.drop(columns="timestamp").std()
    assert known.sharpe_variance == pytest.approx(sharpe.var())
    assert [event.kind for event in ledger(desk).events()] == ["trial"] * COUNT
    assert ledger(desk).verify() == COUNT


def test_a_row_is_what_a_backtest_of_these_rules_gives(pipeline: Pipeline, desk: Desk) -> None:
    """The probabilities are the version's own, the bars those of the threshold zone and no other."""
    result = swept(desk, pipeline.trained["version"])
    probability = np.load(Path(result["run"]) / "02_probability.npz")["probability"]
    span = json.loads((Path(result["run"]) / "01_version.json").read_text("utf-8"))["span"]
    vectors = pd.concat(
        [pd.read_parquet(desk.folder / "data" / "vectors" / f"asset={asset}").assign(asset=asset) for asset in ASSETS],
        ignore_index=True,
    )
    decided = vectors["timestamp"] + pd.Timedelta("1h")
    inside = (decided >= pd.Timestamp(span["start"], tz="UTC")) & (decided < pd.Timestamp(span["end"], tz="UTC"))
    zones = {zone["zone"]: zone for zone in json.loads(Path(pipeline.trained["report_json"]).read_text())["zones"]}
    assert [pd.Timestamp(span[key], tz="UTC") for key in ("start", "end")] == [
        pd.Timestamp(zones[name]["start"]) for name in ("threshold", "test")
    ]
    bars = vectors.loc[inside, ["timestamp", "asset", "open", "high", "low", "close", "volume"]].astype(
        {"asset": "str"}
    )
    config = BacktestConfig(threshold=0.4, hold_bars=6, stop_loss=0.01, fee_bps=5.0)
    expected = run(bars.reset_index(drop=True), probability[inside.to_numpy()], config).metrics
    table = pd.read_parquet(desk.folder / "out" / "mine.v1.sweep.parquet")
    chosen = (table[["threshold", "hold_bars", "stop_loss", "fee_bps"]] == [0.4, 6, 0.01, 5.0]).all(axis=1)
    (row,) = table[chosen].to_dict("records")
    assert row["n_trades"] > 10
    for name in table.columns[5:]:
        assert row[name] == pytest.approx(np.nan if expected[name] is None else expected[name], nan_ok=True, abs=1e-12)


def test_the_test_zone_is_a_read_that_is_asked_for(
    pipeline: Pipeline, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for by option or configuration, the test zone is swept, the read is in the ledger, and it is said."""
    version = pipeline.trained["version"]
    result = swept(desk, version, "--zone", "test")
    assert (result["zone"], "is a read of it" in result["sweep"]["purpose"]) == ("test", True)
    told = ledger(desk).events(kinds=("tested",))
    assert [(event.version, event.payload["span"]["zone"]) for event in told] == [(version, "test")]
    assert {trial.zone for trial in trials(desk, monkeypatch).records} == {"test"}
    assert swept(desk, version, zone="test")["n_trials"] == COUNT
    done = desk.run("sweep", "--version", version, "--start", "2000-01-01T00:00:00Z", "--end", "2100-01-01T00:00:00Z")
    assert (done.returncode, "ask for the test zone by name with --zone test" in done.stderr) == (1, True)


def test_without_a_grid_the_usual_few_are_tried(pipeline: Pipeline, desk: Desk) -> None:
    """Thresholds come from the threshold zone with the version's own among them, holds are half, once and twice."""
    version = pipeline.trained["version"]
    axes = desk.json("sweep", "--version", version)["sweep"]["axes"]
    own = json.loads((Path(pipeline.trained["run"]) / "06_threshold.json").read_text("utf-8"))["threshold"]
    assert (axes["hold_bars"], own in axes["threshold"], axes["fee_bps"]) == ([3, 6, 12], True, [8.0])
    assert 10 <= len(axes["threshold"]) <= 13
    again = desk.json("sweep", "--version", version, "--zone", "test")["sweep"]["axes"]
    assert again["threshold"] == axes["threshold"]


def test_the_text_warns_of_luck(pipeline: Pipeline, desk: Desk) -> None:
    """A person sees the ten best with the sentence that luck chose among them, and how many trials there are."""
    config = desk.configure(sweep={"grid": GRID, "metric": "total_return"})
    done = desk.run("sweep", "--version", pipeline.trained["version"], "--config", config)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert "24 configurations on the threshold zone" in lines[0]
    assert "the 10 best by total_return:" in lines
    assert "The best of 24 is chosen by luck too" in done.stdout
    assert "24 trials of this model, target and assets are in the ledger now." in lines
    assert (desk.folder / "reports" / "report.sweep.parquet").exists()


def test_an_unknown_key_of_the_grid_is_refused(pipeline: Pipeline, desk: Desk) -> None:
    """A misspelt key and an impossible value say what would be right; nothing is counted."""
    for grid, message in (
        ({"stop": [0.01]}, "unknown key 'stop' in grid: did you mean 'stop_loss'?"),
        ({"stop_loss": [1.5]}, "the grid: stop_loss = 1.5 is refused: it has to be less than 1"),
        ({"stop_loss": []}, "the grid has no value for stop_loss"),
    ):
        config = desk.configure(sweep={"grid": grid})
        done = desk.run("sweep", "--version", pipeline.trained["version"], "--config", config)
        assert (done.returncode, message in done.stderr) == (1, True), done.stderr
    assert ledger(desk).events() == []
