"""The test zone as a stage: scorecard, backtest and report of what a training gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows import run_files
from flows.assessment import assess, data_facts, report_of, write_assessment
from flows.engine import current_engine, task
from flows.runs import read_json, run_config, write_json
from flows.trial_records import fit_origin, record_backtest

__all__ = ["assess_test_zone"]


@task("assess", retries=2)
def assess_test_zone(run_name: str) -> None:
    """Read the test zone: scorecard, backtest and report. Every read is in the ledger."""
    from trady2.registry.ledger import Ledger

    run, engine = Path(run_name), current_engine()
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    facts, choice = read_json(run / "01_vectors.json"), read_json(run / "06_threshold.json")
    panel, predicted = run_files.load_panel(config, []), run_files.load_arrays(run / "06_probability.npz")
    score = predicted["score"] if config.model.signal == "expected_return" else None
    origin = fit_origin(run, config, facts)
    read = {"run": run.name, "config_sha256": origin.config_sha256, "data_sha256": facts["digest"]}
    Ledger().append("tested", name=config.name, actor="train-model", payload=read)
    found = assess(
        panel, predicted["probability"], config, choice["threshold"], zones.start["test"], signal_score=score
    )
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
