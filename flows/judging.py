"""The verdict as two stages of a training: what models said along history, and what that proves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from flows import run_files
from flows.auditing import AUDIT_FILE
from flows.engine import current_engine, task
from flows.provenance import rules_digest
from flows.runs import read_json, run_config, write_json
from flows.verdict_telling import verdict_markdown
from trady2.errors import NotEnoughDataError

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.guards.verdict import Verdict

__all__ = ["earlier_scores", "judge_training_run", "walk_history"]

Floats = NDArray[np.float64]
_WALK, _FOLDS, _VERDICT = "05_walk_forward.npz", "05_walk_forward.json", "09_verdict.json"


@task("walk")
def walk_history(run_name: str) -> None:
    """Train again along history, and keep what each model said of the bars after it; too short a history is told."""
    from trady2.learning.walk_forward import walk_forward

    run, engine = Path(run_name), current_engine()
    config, labels = run_config(run), run_files.load_labels(run / "02_labels.npz")
    panel = run_files.load_panel(config, read_json(run / "01_vectors.json")["features"])
    try:
        found = walk_forward(panel, labels, config, progress=engine.progress)
    except NotEnoughDataError as error:
        write_json(run / _FOLDS, {"reason": str(error)})
        engine.say(f"history is too short to be walked: {error}")
        return
    arrays = {name: getattr(found, name) for name in ("raw", "probability", "score", "threshold", "fold")}
    run_files.save_arrays(run / _WALK, signal=found.signal, **arrays)
    folds = [fold.as_json() for fold in found.folds]
    write_json(run / _FOLDS, {"folds": folds})
    engine.show_table("walk-forward", folds)
    engine.say(f"{len(folds)} trainings from {folds[0]['start']} on")


def earlier_scores(run: Path, panel: Panel, before: np.datetime64) -> Floats | None:
    """Return what the models of the walk said out of sample *before* a moment, (n,); None without a walk."""
    if not (run / _WALK).exists():
        return None
    said = run_files.load_arrays(run / _WALK)["score"]
    said[panel.decision_time >= before] = np.nan
    return said if np.isfinite(said).any() else None


@task("judge", retries=2)
def judge_training_run(run_name: str, actor: str) -> None:
    """Judge what the walk and the test zone showed, count it in the ledger, and put the verdict first in the report."""
    from trady2.reports.report_files import read_report, write_report
    from trady2.reports.report_json import with_verdict

    run, engine = Path(run_name), current_engine()
    config = run_config(run)
    verdict = _verdict(run, config, actor)
    write_json(run / _VERDICT, verdict)
    report, trades, equity = read_report(run / "08_report")
    write_report(run / "08_report", with_verdict(report, verdict), trades, equity)
    engine.show_markdown("verdict", verdict_markdown(verdict))
    engine.say(f"{verdict['label']}: {verdict['text']}")


def _verdict(run: Path, config: Config, actor: str) -> dict[str, Any]:
    from trady2.registry.judgements import record_judgement

    if not (run / _WALK).exists():
        reason = read_json(run / _FOLDS)["reason"]
        text = f"There is too little history to train along it, so nothing can be proven: {reason}."
        return {"label": "unproven", "text": text, "criteria": []}
    facts = read_json(run / "01_vectors.json")
    found, sharpe = _judged(run, config, facts)
    verdict = found.as_json()
    record_judgement(
        config.name,
        target=config.target,
        assets=facts["assets"],
        rules_sha256=rules_digest(config),
        sharpe=sharpe,
        actor=actor,
        verdict=verdict,
        facts={"run": run.name, "data_sha256": facts["digest"]},
    )
    return verdict


def _judged(run: Path, config: Config, facts: dict[str, Any]) -> tuple[Verdict, float]:
    """Return the verdict, and the daily Sharpe ratio of the timing excess."""
    from trady2.guards.walk_evidence import walk_evidence
    from trady2.registry.judgements import judged_so_far

    panel, labels = run_files.load_panel(config, []), run_files.load_labels(run / "02_labels.npz")
    walk = run_files.load_arrays(run / _WALK)
    found = walk_evidence(panel, labels, config, raw=walk["raw"], fold=walk["fold"], signal=walk["signal"])
    known = judged_so_far(
        config.name,
        target=config.target,
        assets=facts["assets"],
        rules_sha256=rules_digest(config),
        sharpe=found.excess.sharpe,
    )
    passed = read_json(run / AUDIT_FILE)["passed"]
    verdict = found.verdict(*known, audit_passed=passed, confirmed=_confirmed(run, panel, config))
    return verdict, found.excess.sharpe


def _confirmed(run: Path, panel: Panel, config: Config) -> bool | None:
    """Tell whether the test zone does not contradict: direction or timing, or both, point the right way.

    None where it shows neither. To ask for both signs would refuse a true edge one time in eight; see docs/verdict.md.
    """
    from trady2.guards.timing import timing
    from trady2.guards.walk_evidence import traded

    skill = (read_json(run / "07_scorecard.json") or {}).get("direction_skill")
    start = run_files.load_zones(run / "03_zones.npz").start["test"]
    rows = np.flatnonzero(panel.decision_time >= start)
    threshold = read_json(run / "06_threshold.json")["threshold"]
    said = run_files.load_arrays(run / "06_probability.npz")["score"][rows]
    result = traded(panel, rows, np.where(said > threshold, said, np.nan), config)
    if skill is None and not len(result.trades):
        return None
    excess = timing(panel, rows, result, horizon_steps=config.target.horizon_steps).excess.value
    return bool((skill is not None and skill >= 0.5) or excess > 0)
