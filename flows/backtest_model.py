"""backtest-model: a registered version and a span of bars → trades, scorecard and report."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from flows import run_files
from flows.assessment import assess, version_report, write_assessment
from flows.engine import current_engine, flow, task
from flows.runs import new_run, read_json, run_config, write_json
from flows.spans import backtest_span
from flows.trial_records import record_backtest, version_origin
from trady2.config import Config, load_config
from trady2.home import ledger_url

__all__ = ["backtest_model_flow"]


@task("open", retries=2)
def open_model(name: str, version: str, config: str | None, start: datetime | None, end: datetime | None) -> str:
    """Verify the version, keep its configuration, or another one, and the span in a new run."""
    from trady2.registry.loading import open_version

    opened = open_version(name, version)
    read = load_config(config) if config else Config.read(opened.manifest["config"], source=f"manifest of {version}")
    run = new_run("backtest-model")
    span = backtest_span(opened.manifest["zones"], start, end)
    write_json(run / "00_config.json", read.model_dump(mode="json"))
    write_json(run / "01_version.json", {"name": name, "version": opened.version.version, "span": span})
    if span["in_sample"]:
        current_engine().say("the span begins before the test zone: the model has learned from a part of it")
    current_engine().say(f"{name} {opened.version.version} from {span['start']}Z on")
    return str(run)


@task("predict", retries=2)
def predict(run_name: str) -> None:
    """Give every vector of the span its probability and its score, by the version's own trees and calibrators."""
    from trady2.data.digest import panel_digest
    from trady2.registry.loading import load

    run = Path(run_name)
    config, known = run_config(run), read_json(run / "01_version.json")
    model = load(known["name"], known["version"])
    panel = run_files.load_panel(config, list(model.features))
    run_files.save_arrays(run / "02_probability.npz", **model.predict(panel)._asdict())
    write_json(run / "02_data.json", {"digest": panel_digest(panel)})
    current_engine().say(f"{len(panel):,} vectors of {', '.join(panel.assets)}")


@task("assess", retries=2)
def assess_span(run_name: str, output: str, actor: str) -> dict[str, Any]:
    """Score, trade and report the span. Every read of it is in the ledger."""
    from trady2.registry.ledger import Ledger
    from trady2.registry.loading import open_version

    run, engine = Path(run_name), current_engine()
    config, known = run_config(run), read_json(run / "01_version.json")
    opened, span, digest = open_version(known["name"], known["version"]), known["span"], read_json(run / "02_data.json")
    threshold = opened.model.threshold if config.backtest.threshold is None else config.backtest.threshold
    panel = run_files.load_panel(config, [])
    facts = {"assets": panel.assets, "digest": digest["digest"], "purpose": "backtest", "zone": span["zone"]}
    origin = version_origin(opened, run, config, **facts)
    read = {"run": run.name, "config_sha256": origin.config_sha256, "data_sha256": digest["digest"], "span": span}
    ledger = Ledger(ledger_url())
    ledger.append("tested", name=known["name"], version=known["version"], actor=actor, payload=read)
    predicted = run_files.load_arrays(run / "02_probability.npz")
    score = predicted["score"] if opened.model.down else None
    ends = (span["start"], span["end"])
    found = assess(panel, predicted["probability"], config, threshold, *ends, signal_score=score)
    record_backtest(origin, found.backtest, actor)
    report = version_report(opened, found, panel, config, digest["digest"])
    html, text = write_assessment(output, report, found)
    engine.say(f"total return {report['metrics']['total_return']:+.2%}, {report['metrics']['n_trades']} trades")
    engine.show_link("report", Path(html).absolute().as_uri(), f"Backtest of {known['version']}")
    return {
        "version": known["version"],
        "verdict": {key: report["verdict"][key] for key in ("label", "text", "criteria")},
        "metrics": report["metrics"],
        "test": found.scorecard,
        "in_sample": span["in_sample"],
        "report_html": str(html),
        "report_json": str(text),
        "run": str(run),
    }


@flow("backtest-model")
def backtest_model_flow(
    version: str,
    config: str | None = None,
    output: str = "reports/report",
    start: datetime | None = None,
    end: datetime | None = None,
    name: str = "trady2",
    actor: str = "prefect",
) -> dict[str, Any]:
    """Backtest a registered version, by default on its own test zone and what came after.

    Args:
        version: The exact version, such as 1.0.0+20251101_120000.
        config: Another YAML file than the version's own; a backtest with it is another trial.
        output: Prefix of the report's files.
        start: First decision time.
        end: Decision time before which all trades end.
        name: The model's name.
        actor: Who asks; it goes into the ledger.
    """
    run = open_model(name, version, config, start, end)
    predict(run)
    return assess_span(run, output, actor)
