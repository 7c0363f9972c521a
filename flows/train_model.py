"""train-model: feature vectors → label → zones → fit → calibrate → threshold → assess → a version.

Each stage reads the files of those before it in the run folder and writes its own, so a run can be looked at, and
any stage repeated or run on another worker that sees the same folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from flows import run_files
from flows.assessment import assess, data_facts, report_of
from flows.engine import current_engine, flow, task
from flows.provenance import config_digest
from flows.registration import register
from flows.runs import new_run, read_json, run_config, write_json
from trady2.config import Config, load_config
from trady2.home import ledger_url

__all__ = ["train_model_flow"]

_GOLDEN_ROWS = 32


def _panel(config: Config, *, features: list[str] | None) -> Any:
    from trady2.data.vectors import read_panel

    data = config.data
    return read_panel(data.vectors, data.assets, features=features, start=data.start, end=data.end)


@task("vectors", retries=2)
def read_vectors(config: str) -> str:
    """Open a run; read the vectors once: their digest, which rows are complete, and what became of each."""
    from trady2.data.digest import panel_digest
    from trady2.learning.runs import complete_rows
    from trady2.learning.target import label_arrays

    read = load_config(config)
    panel = _panel(read, features=None)
    run = new_run("train-model")
    write_json(run / "00_config.json", read.model_dump(mode="json"))
    labels, complete = label_arrays(panel, read.target), complete_rows(panel)
    facts = data_facts(panel, np.ones(len(panel), bool), read, panel_digest(panel))
    write_json(run / "01_vectors.json", {**facts, "features": panel.feature_names, "complete": int(complete.sum())})
    run_files.save_arrays(run / "01_complete.npz", complete=complete)
    run_files.save_labels(run / "02_labels.npz", labels)
    up = float(np.mean(labels.label[labels.label >= 0] == 1)) if (labels.label >= 0).any() else float("nan")
    current_engine().say(
        f"{len(panel):,} × {len(panel.feature_names)} of {', '.join(panel.assets)}; {up:.1%} labelled 1"
    )
    return str(run)


@task("zones")
def cut_zones(run_name: str) -> None:
    """Cut history into purged zones, and refuse those in which nothing can be learned or measured."""
    from trady2.learning.split import cut_zones as cut

    run = Path(run_name)
    config, labels = run_config(run), run_files.load_labels(run / "02_labels.npz")
    panel, complete = _panel(config, features=[]), run_files.load_arrays(run / "01_complete.npz")["complete"]
    zones = cut(panel, labels, config.split, hold_bars=config.backtest.hold_bars, complete=complete)
    run_files.save_zones(run / "03_zones.npz", zones)
    write_json(run / "03_zones.json", zones.table())
    current_engine().show_table("zones", zones.table())
    current_engine().say(f"test from {zones.start['test']}Z on")


@task("fit")
def fit_trees(run_name: str) -> None:
    """Grow the trees, and score every row from the zone stop on."""
    from trady2.learning.fit import fit
    from trady2.learning.forest import head_scores

    run, engine = Path(run_name), current_engine()
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    panel, labels = _panel(config, features=None), run_files.load_labels(run / "02_labels.npz")
    steps = config.target.horizon_steps
    fitted = fit(panel, labels, zones, config.model, seed=config.seed, horizon_steps=steps, progress=engine.progress)
    later = np.flatnonzero(panel.decision_time >= zones.start["stop"])
    run_files.save_model(run / "04_trees", fitted.model)
    golden = later[np.linspace(0, len(later) - 1, _GOLDEN_ROWS).astype(int)]
    run_files.save_arrays(run / "04_golden.npz", rows=panel.features[golden])
    raw = np.full((len(fitted.model.heads), len(panel)), np.nan)
    raw[:, later] = head_scores(fitted.model, panel.features, later)
    run_files.save_arrays(run / "04_scores.npz", raw=raw)
    write_json(run / "04_fit.json", fitted.summary())
    engine.say(fitted.text())


@task("calibrate")
def calibrate_scores(run_name: str) -> None:
    """Turn raw scores into probabilities, on the zone calibrate alone."""
    from trady2.learning.stages import calibrated_heads

    run = Path(run_name)
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    panel, labels = _panel(config, features=[]), run_files.load_labels(run / "02_labels.npz")
    raw = run_files.load_arrays(run / "04_scores.npz")["raw"]
    calibration = calibrated_heads(panel, labels, zones, raw, config)
    write_json(run / "05_calibration.json", calibration.as_json())
    for what, head in zip(("rises", "falls"), filter(None, calibration), strict=False):
        current_engine().say(f"{what}: {head.calibrator.method}, {head.reason}")


@task("threshold")
def choose(run_name: str) -> None:
    """Choose the threshold of the score by net return, before the test zone begins, and keep the finished model."""
    from trady2.learning.calibrator import Calibrator
    from trady2.learning.stages import thresholded

    run = Path(run_name)
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    found = read_json(run / "05_calibration.json")
    heads = [found, *([found["down"]] if "down" in found else [])]
    calibrators = [Calibrator(head["method"], tuple(head["parameters"])) for head in heads]
    model = run_files.load_model(run / "04_trees").with_calibrator(*calibrators)
    prediction = model.prediction(run_files.load_arrays(run / "04_scores.npz")["raw"])
    choice = thresholded(_panel(config, features=[]), zones, prediction.score, config, stop=zones.start["test"])
    run_files.save_model(run / "06_model", model.with_threshold(choice.threshold))
    run_files.save_arrays(run / "06_probability.npz", **prediction._asdict())
    write_json(run / "06_threshold.json", choice.as_json())
    current_engine().say(f"{choice.threshold:.4f}: {choice.reason}")


@task("assess", retries=2)
def assess_test_zone(run_name: str) -> None:
    """Read the test zone: scorecard, backtest and report. Every read is in the ledger."""
    from trady2.registry.ledger import Ledger
    from trady2.reports.report_files import write_report

    run, engine = Path(run_name), current_engine()
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    facts, choice = read_json(run / "01_vectors.json"), read_json(run / "06_threshold.json")
    panel, predicted = _panel(config, features=[]), run_files.load_arrays(run / "06_probability.npz")
    read = {"run": run.name, "config_sha256": config_digest(config), "data_sha256": facts["digest"]}
    Ledger(ledger_url()).append("tested", name=config.name, actor="train-model", payload=read)
    score = predicted["score"] if config.model.signal == "expected_return" else None
    start = zones.start["test"]
    found = assess(panel, predicted["probability"], config, choice["threshold"], start, signal_score=score)
    report = report_of(
        found,
        version=None,
        name=config.name,
        zones=zones.table(),
        threshold=choice,
        calibration=read_json(run / "05_calibration.json"),
        data=data_facts(panel, found.inside, config, facts["digest"]),
        config=config.model_dump(mode="json"),
    )
    write_json(run / "07_scorecard.json", found.scorecard)
    write_report(run / "08_report", report, found.backtest.trades, found.backtest.equity, found.backtest.benchmark)
    engine.show_table("scorecard", [{"measure": key, **span} for key, span in _measures(found.scorecard or {})])
    engine.say(f"total return {report['metrics']['total_return']:+.2%}, {report['metrics']['n_trades']} trades")


def _measures(scorecard: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    intervals = scorecard.get("intervals", {})
    return [(key, {"value": scorecard[key], **interval}) for key, interval in intervals.items()]


@flow("train-model")
def train_model_flow(config: str, actor: str = "prefect") -> dict[str, Any]:
    """Train one version and register it; it does not become active by itself.

    Args:
        config: The YAML file.
        actor: Who trains; it goes into the ledger.
    """
    run = read_vectors(config)
    cut_zones(run)
    fit_trees(run)
    calibrate_scores(run)
    choose(run)
    assess_test_zone(run)
    return register(run, actor)
