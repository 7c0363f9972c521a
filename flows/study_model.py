"""study-model: vectors before the test zone → a model at every step along them → how it ages, how often to retrain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flows import run_files
from flows.engine import current_engine, flow, task
from flows.runs import new_run, read_json, run_config, write_json
from flows.trial_records import record_cadence
from trady2.config import load_config
from trady2.files import atomic_write

__all__ = ["study_model_flow"]


@task("open", retries=2)
def open_history(config: str) -> str:
    """Find where the test zone begins by the clock alone; nothing from there on is read."""
    from trady2.guards.study_walk import starts_of
    from trady2.guards.tune_zone import end_before

    read = load_config(config)
    bars = run_files.load_panel(read, [])
    end = str(end_before(bars, read, "test"))
    run = new_run("study-model")
    write_json(run / "00_config.json", read.model_dump(mode="json"))
    starts = starts_of(run_files.load_panel_before(read, end, []), read)
    write_json(run / "01_study.json", {"end": end, "trainings": len(starts)})
    current_engine().say(f"{len(starts)} trainings from {starts[0]}Z to {end}Z")
    return str(run)


@task("study")
def walk_and_compare(run_name: str, actor: str) -> None:
    """Train at every step, compare ages and cadences, and count each cadence as a trial."""
    from trady2.data.digest import panel_digest
    from trady2.guards.study import study

    run, engine = Path(run_name), current_engine()
    config, end = run_config(run), read_json(run / "01_study.json")["end"]
    panel = run_files.load_panel_before(config, end)
    found = study(panel, config, progress=engine.progress)
    facts = {"assets": list(panel.assets), "digest": panel_digest(panel)}
    for traded in found.traded:
        record_cadence(run, config, facts, traded, found.walk, actor)
    common = {"name": config.name, "assets": facts["assets"], "timeframe": config.bars.timeframe, "end": f"{end}Z"}
    write_json(run / "02_study.json", {**common, **found.as_json(), "run": str(run)})
    engine.say(f"{len(found.walk.starts)} trainings in {found.walk.seconds:.0f} s")


@task("report", retries=2)
def report_study(run_name: str, output: str) -> dict[str, Any]:
    """Write the study as JSON and as one page that opens offline, and show both."""
    from trady2.reports.study_page import study_page

    run, engine, prefix = Path(run_name), current_engine(), Path(output)
    result = read_json(run / "02_study.json")
    page, numbers = prefix.with_name(f"{prefix.name}.html"), prefix.with_name(f"{prefix.name}.json")
    atomic_write(page, study_page(result).encode())
    atomic_write(numbers, (json.dumps(result, indent=1, allow_nan=False) + "\n").encode())
    engine.show_table("study-ages", result["ages"]["ages"])
    engine.show_table("study-cadences", result["cadences"])
    engine.show_markdown("study", result["statement"])
    engine.show_link("study-page", page.absolute().as_uri(), f"Study of {result['name']}")
    return {**result, "report_html": str(page), "report_json": str(numbers)}


@flow("study-model")
def study_model_flow(config: str, output: str = "reports/study", actor: str = "prefect") -> dict[str, Any]:
    """Train again and again along history before the test zone: how fast skill fades, and how often to retrain.

    Args:
        config: The YAML file; its section study says which cadences, and how many trainings at most.
        output: Prefix of the files.
        actor: Who asks; it goes into the ledger.
    """
    run = open_history(config)
    walk_and_compare(run, actor)
    return report_study(run, output)
