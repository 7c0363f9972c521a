"""train-model: feature vectors → label → zones → fit → calibrate → threshold → assess → audit → a version.

Each stage reads the files of those before it in the run folder and writes its own, so a run can be looked at, and
any stage repeated or run on another worker that sees the same folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from flows import run_files
from flows.assessment import assess, data_facts, report_of, write_assessment
from flows.auditing import audit_training_run
from flows.engine import current_engine, flow, task
from flows.registration import register
from flows.runs import new_run, read_json, run_config, write_json
from flows.trial_records import begin_fit, fit_origin, record_backtest
from trady2.config import Config, load_config

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
    """Grow the trees, and score every row from the zone stop on. It counts as a trial from the first tree on."""
    from trady2.learning.fit import fit
    from trady2.learning.forest import raw_scores

    run, engine = Path(run_name), current_engine()
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    panel, labels = _panel(config, features=None), run_files.load_labels(run / "02_labels.npz")
    begin_fit(run, config, read_json(run / "01_vectors.json"), "train-model")
    steps = config.target.horizon_steps
    fitted = fit(panel, labels, zones, config.model, seed=config.seed, horizon_steps=steps, progress=engine.progress)
    later = np.flatnonzero(panel.decision_time >= zones.start["stop"])
    run_files.save_model(run / "04_trees", fitted.model)
    golden = later[np.linspace(0, len(later) - 1, _GOLDEN_ROWS).astype(int)]
    run_files.save_arrays(run / "04_golden.npz", rows=panel.features[golden])
    raw = np.full(len(panel), np.nan)
    raw[later] = raw_scores(fitted.model, panel.features, later)
    run_files.save_arrays(run / "04_scores.npz", raw=raw)
    write_json(run / "04_fit.json", fitted.summary())
    kind = "" if fitted.signal else ": no signal, fewer than 20"
    engine.say(f"{fitted.best_iteration} trees of {len(fitted.history)} grown{kind}")


@task("calibrate")
def calibrate_scores(run_name: str) -> None:
    """Turn raw scores into probabilities, on the zone calibrate alone."""
    from trady2.learning.stages import calibrated

    run = Path(run_name)
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    panel, labels = _panel(config, features=[]), run_files.load_labels(run / "02_labels.npz")
    raw = run_files.load_arrays(run / "04_scores.npz")["raw"]
    calibration = calibrated(panel, labels, zones, raw, config)
    write_json(run / "05_calibration.json", calibration.as_json())
    current_engine().say(f"{calibration.calibrator.method}: {calibration.reason}")


@task("threshold")
def choose(run_name: str) -> None:
    """Choose the threshold by net return, before the test zone begins, and keep the finished model."""
    from trady2.learning.calibrator import Calibrator
    from trady2.learning.stages import thresholded

    run = Path(run_name)
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    found = read_json(run / "05_calibration.json")
    calibrator = Calibrator.from_json({key: found[key] for key in ("method", "parameters")})
    probability = calibrator(run_files.load_arrays(run / "04_scores.npz")["raw"])
    choice = thresholded(_panel(config, features=[]), zones, probability, config, stop=zones.start["test"])
    model = run_files.load_model(run / "04_trees").with_calibrator(calibrator).with_threshold(choice.threshold)
    run_files.save_model(run / "06_model", model)
    run_files.save_arrays(run / "06_probability.npz", probability=probability)
    write_json(run / "06_threshold.json", choice.as_json())
    current_engine().say(f"{choice.threshold:.4f}: {choice.reason}")


@task("assess", retries=2)
def assess_test_zone(run_name: str) -> None:
    """Read the test zone: scorecard, backtest and report. Every read is in the ledger."""
    from trady2.registry.ledger import Ledger

    run, engine = Path(run_name), current_engine()
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    facts, choice = read_json(run / "01_vectors.json"), read_json(run / "06_threshold.json")
    panel, probability = _panel(config, features=[]), run_files.load_arrays(run / "06_probability.npz")["probability"]
    origin = fit_origin(run, config, facts)
    read = {"run": run.name, "config_sha256": origin.config_sha256, "data_sha256": facts["digest"]}
    Ledger().append("tested", name=config.name, actor="train-model", payload=read)
    found = assess(panel, probability, config, choice["threshold"], zones.start["test"])
    record_backtest(origin, found.backtest, "train-model")
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
    write_assessment(run / "08_report", report, found)
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
    audit_training_run(run, actor)
    return register(run, actor)
