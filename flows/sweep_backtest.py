"""sweep-backtest: a registered version and a grid of rules → every combination backtested, counted and compared."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flows import run_files
from flows.backtest_model import predict
from flows.engine import current_engine, flow, task
from flows.runs import new_run, read_json, run_config, write_json
from flows.spans import sweep_span, zone_start
from flows.sweep_files import report_sweep, write_sweep
from flows.trial_records import version_origin
from trady2.config import Config, load_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from trady2.backtest.sweeping import Sweep, Trial
    from trady2.data.panel import Panel
    from trady2.registry.loading import Opened

__all__ = ["sweep_backtest_flow"]

_BARS = ["timestamp", "asset", "open", "high", "low", "close", "volume"]


@task("open", retries=2)
def open_version(
    name: str, version: str, config: str | None, zone: str | None, start: datetime | None, end: datetime | None
) -> str:
    """Verify the version, and keep its configuration, or another one, and the span in a new run."""
    from trady2.registry.loading import open_version

    opened = open_version(name, version)
    read = load_config(config) if config else Config.read(opened.manifest["config"], source=f"manifest of {version}")
    span = sweep_span(opened.manifest["zones"], zone or read.sweep.zone, start, end)
    run = new_run("sweep-backtest")
    write_json(run / "00_config.json", read.model_dump(mode="json"))
    write_json(run / "01_version.json", {"name": name, "version": opened.version.version, "span": span})
    current_engine().say(f"{name} {opened.version.version} {span['purpose']}")
    return str(run)


@task("sweep", retries=2)
def sweep_grid(run_name: str, output: str, actor: str) -> dict[str, Any]:
    """Backtest every combination, write them all to the ledger, then show them."""
    from trady2.registry.ledger import Ledger
    from trady2.registry.loading import open_version
    from trady2.registry.trial_recording import record_trials
    from trady2.registry.trials import read_trials

    run, ledger = Path(run_name), Ledger()
    config, known = run_config(run), read_json(run / "01_version.json")
    opened, digest, span = open_version(known["name"], known["version"]), read_json(run / "02_data.json"), known["span"]
    panel = run_files.load_panel(config, [])
    origin = version_origin(
        opened, run, config, assets=panel.assets, digest=digest["digest"], purpose="sweep", zone=span["zone"]
    )
    if span["zone"] == "test":
        read = {"run": run.name, "config_sha256": origin.config_sha256, "data_sha256": digest["digest"], "span": span}
        ledger.append("tested", name=origin.name, version=origin.version, actor=actor, payload=read)
    score = run_files.load_arrays(run / "02_probability.npz")["score"]
    inside = _inside(panel, span)
    grid = _grid(config, opened, score, panel)
    write_json(run / "03_grid.json", grid)
    found, trials = _swept(panel, score, inside, grid)
    ends = (panel.timestamp[inside].min(), panel.timestamp[inside].max())
    record_trials(origin, [trial.config for trial in trials], found.returns, span=ends, actor=actor, ledger=ledger)
    counted = read_trials(origin.name, target=origin.target, assets=origin.assets, ledger=ledger)
    told = _told(run, Path(output), found, config, span)
    return {
        **told,
        "version": known["version"],
        "zone": span["zone"],
        "in_sample": span["in_sample"],
        "n_trials": counted.n_trials,
        "run": str(run),
    }


def _inside(panel: Panel, span: Mapping[str, Any]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = panel.decision_time >= np.datetime64(span["start"])
    return inside if span["end"] is None else inside & (panel.decision_time < np.datetime64(span["end"]))


def _grid(config: Config, opened: Opened, score: NDArray[np.float64], panel: Panel) -> dict[str, Any]:
    """Return the grid of the configuration; thresholds come from the threshold zone, whatever is swept."""
    from trady2.backtest.sweep_grid import candidate_thresholds

    hold, chosen = config.backtest.hold_bars, config.sweep.grid
    fixed = config.backtest.model_dump(exclude_defaults=True)
    grid = {**fixed, **({"hold_bars": sorted({max(1, hold // 2), hold, 2 * hold})} if chosen is None else chosen)}
    if "threshold" not in (chosen or {}):
        zones = opened.manifest["zones"]
        own = _inside(panel, {"start": str(zone_start(zones, "threshold")), "end": str(zone_start(zones, "test"))})
        threshold = opened.model.threshold if config.backtest.threshold is None else config.backtest.threshold
        grid["threshold"] = sorted({*candidate_thresholds(score[own], config.sweep.threshold_count), threshold})
    return grid


def _swept(
    panel: Panel, score: NDArray[np.float64], inside: NDArray[np.bool_], grid: dict[str, Any]
) -> tuple[Sweep, list[Trial]]:
    """Return the sweep, cut short where Ctrl-C came, and its trials."""
    from trady2.backtest.sweeping import SweepInterrupted, sweep

    bars = panel.frame().loc[inside, _BARS].reset_index(drop=True)
    engine = current_engine()
    trials: list[Trial] = []
    try:
        found = sweep(bars, score[inside], grid, on_trial=trials.append, progress=engine.progress)
    except SweepInterrupted as interruption:
        found = interruption.done
    return found, trials[: len(found.table)]


def _told(run: Path, prefix: Path, found: Sweep, config: Config, span: Mapping[str, Any]) -> dict[str, Any]:
    """Write the files, show the best, and return both."""
    from trady2.backtest.sweep_summary import sweep_summary

    metric, engine = config.sweep.metric, current_engine()
    summary, values = sweep_summary(found, purpose=span["purpose"], metric=metric), found.table[metric]
    write_json(run / "04_sweep.json", summary)
    engine.show_table("sweep", summary["top"])
    engine.say(f"{len(values):,} configurations" + ("" if found.complete else f" of {found.wanted:,}, then stopped"))
    engine.say(f"{metric} {values.max():.2f} at best, {values.median():.2f} in the middle")
    return {"sweep": summary, "complete": found.complete, **write_sweep(prefix, found, summary)}


@flow("sweep-backtest")
def sweep_backtest_flow(
    version: str,
    config: str | None = None,
    output: str = "reports/report",
    zone: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    name: str = "trady2",
    actor: str = "prefect",
) -> dict[str, Any]:
    """Try many ways to trade a registered version, by default on its threshold zone; each one is counted as a trial.

    Args:
        version: The exact version, such as 1.0.0+20251101_120000.
        config: Another YAML file than the version's own, whose section sweep names the grid.
        output: Prefix of the files.
        zone: threshold, or test, which is a read of the test zone; by default what the section sweep says.
        start: First decision time instead of the zone's.
        end: Decision time before which all trades end, instead of the zone's end.
        name: The model's name.
        actor: Who asks; it goes into the ledger.
    """
    run = open_version(name, version, config, zone, start, end)
    predict(run)
    return report_sweep(run, output, sweep_grid(run, output, actor))
