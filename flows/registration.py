"""The last stage of training: model, manifest and report become one version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows import run_files
from flows.assessment import report_bytes
from flows.auditing import AUDIT_FILE
from flows.engine import current_engine, task
from flows.provenance import provenance
from flows.runs import read_json, run_config, write_json
from trady2.config import Config

__all__ = ["register"]


@task("register", retries=2)
def register(run_name: str, actor: str) -> dict[str, Any]:
    """Publish model, manifest and report as one version, whole or not at all."""
    from trady2.backtest.trades import trades_hash
    from trady2.registry.publishing import publish

    run = Path(run_name)
    config, report = run_config(run), read_json(run / "08_report.json")
    model_files = {file.name: file.read_bytes() for file in (run / "06_model").iterdir()}
    manifest = {
        "run": run.name,
        "config": config.model_dump(mode="json"),
        "provenance": provenance(config),
        "target": config.target.model_dump(mode="json"),
        "seed": config.seed,
        "data": read_json(run / "01_vectors.json"),
        "zones": report["zones"],
        "fit": read_json(run / "04_fit.json"),
        "threshold_choice": read_json(run / "06_threshold.json"),
        "calibration": read_json(run / "05_calibration.json"),
        "walk_forward": read_json(run / "05_walk_forward.json"),
        "scorecard": read_json(run / "07_scorecard.json"),
        "backtest": report["metrics"],
        "trades_sha256": trades_hash(_trades(run)),
        "verdict": report["verdict"],
        "leak_certificate": read_json(run / AUDIT_FILE),
    }
    version = publish(
        config.name,
        config.version,
        model_files,
        manifest,
        golden=run_files.load_arrays(run / "04_golden.npz")["rows"],
        actor=actor,
        reports=lambda version: report_bytes(run / "08_report", version.version),
    )
    result = {
        "name": version.name,
        "version": version.version,
        "sha256": version.sha256,
        "verdict": report["verdict"]["label"],
        "judgement": {key: report["verdict"][key] for key in ("text", "criteria")},
        "signal": _signal(manifest, config),
        "test": manifest["scorecard"],
        "backtest": report["metrics"],
        "audit": {key: manifest["leak_certificate"][key] for key in ("passed", "level", "findings", "sha256")},
        "assets": manifest["data"]["assets"],
        "report_html": str(version.path / "report.html"),
        "report_json": str(version.path / "report.json"),
        "run": str(run),
    }
    write_json(run / "09_version.json", result)
    _show(result)
    return result


def _signal(manifest: dict[str, Any], config: Config) -> dict[str, Any]:
    """Return what is compared with the threshold, and what a trade costs; payoffs are None by a probability alone."""
    from trady2.backtest.costs import costs_of

    return {
        "kind": manifest["fit"]["signal_kind"],
        "threshold": manifest["threshold_choice"]["threshold"],
        "payoffs": manifest["fit"].get("payoffs"),
        "round_trip_cost": costs_of(config.backtest).round_trip,
    }


def _trades(run: Path) -> Any:
    import pandas as pd

    return pd.read_parquet(run / "08_report.trades.parquet")


def _show(result: dict[str, Any]) -> None:
    engine = current_engine()
    engine.say(f"{result['name']} {result['version']}")
    engine.show_markdown("version", f"## {result['name']} {result['version']}\n\nSHA-256 `{result['sha256']}`\n")
    engine.show_link("report", Path(result["report_html"]).as_uri(), f"Report of {result['version']}")
