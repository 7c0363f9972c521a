"""The stages of a training from feature vectors to a finished model.

Each reads the files of those before it in the run folder and writes its own, so a run can be looked at, and any stage
repeated or run on another worker that sees the same folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from flows import run_files
from flows.assessment import data_facts
from flows.engine import current_engine, task
from flows.judging import earlier_scores
from flows.runs import new_run, read_json, run_config, write_json
from flows.trial_records import begin_fit
from trady2.config import load_config

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["calibrate_scores", "choose", "cut_zones", "fit_trees", "read_vectors"]

_GOLDEN_ROWS = 32


@task("vectors", retries=2)
def read_vectors(config: str, features: Sequence[str] | None = None) -> str:
    """Open a run; read the vectors once: their digest, which rows are complete, and what became of each.

    *features* names the columns, in their order; None takes all that there are.
    """
    from trady2.data.digest import panel_digest, panel_parts
    from trady2.learning.runs import complete_rows
    from trady2.learning.target import label_arrays

    read = load_config(config)
    panel = run_files.load_panel(read, features)
    run = new_run("train-model")
    write_json(run / "00_config.json", read.model_dump(mode="json"))
    labels, complete = label_arrays(panel, read.target), complete_rows(panel)
    facts = data_facts(panel, np.ones(len(panel), bool), read, panel_digest(panel))
    known = {"features": panel.feature_names, "complete": int(complete.sum()), "parts": panel_parts(panel)}
    write_json(run / "01_vectors.json", {**facts, **known})
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
    panel, complete = run_files.load_panel(config, []), run_files.load_arrays(run / "01_complete.npz")["complete"]
    zones = cut(panel, labels, config.split, hold_bars=config.backtest.hold_bars, complete=complete)
    run_files.save_zones(run / "03_zones.npz", zones)
    write_json(run / "03_zones.json", zones.table())
    current_engine().show_table("zones", zones.table())
    current_engine().say(f"test from {zones.start['test']}Z on")


@task("fit")
def fit_trees(run_name: str) -> None:
    """Grow the trees, and score every row from the zone stop on. It counts as a trial from the first tree on."""
    from trady2.learning.fit import fit
    from trady2.learning.forest import head_scores

    run, engine = Path(run_name), current_engine()
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    facts, labels = read_json(run / "01_vectors.json"), run_files.load_labels(run / "02_labels.npz")
    panel = run_files.load_panel(config, facts["features"])
    begin_fit(run, config, facts, "train-model")
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
    panel, labels = run_files.load_panel(config, []), run_files.load_labels(run / "02_labels.npz")
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
    calibrators = [Calibrator.from_json({key: head[key] for key in ("method", "parameters")}) for head in heads]
    model = run_files.load_model(run / "04_trees").with_calibrator(*calibrators)
    prediction = model.prediction(run_files.load_arrays(run / "04_scores.npz")["raw"])
    panel = run_files.load_panel(config, [])
    earlier = earlier_scores(run, panel, zones.start["calibrate"])
    choice = thresholded(panel, zones, prediction.score, config, stop=zones.start["test"], earlier=earlier)
    run_files.save_model(run / "06_model", model.with_threshold(choice.threshold))
    run_files.save_arrays(run / "06_probability.npz", **prediction._asdict())
    write_json(run / "06_threshold.json", choice.as_json())
    current_engine().say(f"{choice.threshold:.4f}: {choice.reason}")
