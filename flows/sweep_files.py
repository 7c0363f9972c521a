"""A sweep as files: its table, its returns, its summary, and the report that shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import run_files
from flows.assessment import assess, version_report, write_assessment
from flows.engine import current_engine, task
from flows.runs import read_json, run_config
from trady2.files import atomic_path, atomic_write

if TYPE_CHECKING:
    from trady2.backtest.sweeping import Sweep

__all__ = ["report_sweep", "write_sweep"]


def write_sweep(prefix: Path, sweep: Sweep, summary: Mapping[str, Any]) -> dict[str, str]:
    """Write ``<prefix>.sweep.parquet``, ``.returns.parquet`` and ``.sweep.json``; return where they are.

    The table has a row per configuration, numbered in the column configuration; the returns have a row per day, its
    start in UTC in the column timestamp, and a column per configuration. The summary is the block sweep of report.json.
    """
    parts = {"table": "sweep.parquet", "returns": "returns.parquet", "summary": "sweep.json"}
    files = {name: prefix.with_name(f"{prefix.name}.{part}") for name, part in parts.items()}
    with atomic_path(files["table"]) as draft:
        sweep.table.reset_index().to_parquet(draft, index=False)
    with atomic_path(files["returns"]) as draft:
        sweep.returns.rename(columns=str).reset_index().to_parquet(draft, index=False)
    atomic_write(files["summary"], (json.dumps(summary, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode())
    return {name: str(file) for name, file in files.items()}


@task("report", retries=2)
def report_sweep(run_name: str, output: str, swept: dict[str, Any]) -> dict[str, Any]:
    """Report the version's own rules on the bars that were swept, with the heat map of the others beside them."""
    from trady2.registry.loading import open_version

    run = Path(run_name)
    config, known = run_config(run), read_json(run / "01_version.json")
    opened, span = open_version(known["name"], known["version"]), known["span"]
    panel = run_files.load_panel(config, [])
    predicted = run_files.load_arrays(run / "02_probability.npz")
    threshold = opened.model.threshold if config.backtest.threshold is None else config.backtest.threshold
    score, ends = predicted["score"] if opened.model.down else None, (span["start"], span["end"])
    found = assess(panel, predicted["probability"], config, threshold, *ends, signal_score=score)
    digest, summary = read_json(run / "02_data.json")["digest"], read_json(run / "04_sweep.json")
    report = version_report(opened, found, panel, config, digest, sweep=summary)
    html, text = write_assessment(output, report, found)
    current_engine().show_link("report", Path(html).absolute().as_uri(), f"Sweep of {known['version']}")
    return {**swept, "report_html": str(html), "report_json": str(text)}
