"""Backtest a version under many rules at once, and tell what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from flows import queries
from flows.commands.options import Actor, Json, Name, Prefect, me, run, show
from flows.telling import table

__all__ = ["app", "swept"]

app = typer.Typer()

_INTERRUPTED = 130
_FIGURES = {"total_return": "{:+.2%}", "max_drawdown": "{:.2%}", "n_trades": "{:,}"}


@app.command(epilog="Example: trady2 sweep --version 1.0.0+20251101_120000 --config configs/mine.yaml")
def sweep(
    version: Annotated[str, typer.Option("--version", "-v", help="The exact version.")],
    config: Annotated[str | None, typer.Option("--config", "-c", help="Another YAML file than the version's.")] = None,
    output: Annotated[str, typer.Option("--output", "-o", help="Prefix of the files.")] = "reports/report",
    zone: Annotated[str | None, typer.Option(help="threshold, or test, which is a read of it.")] = None,
    start: Annotated[str | None, typer.Option(help="First bar, ISO time with zone; else the zone's.")] = None,
    end: Annotated[str | None, typer.Option(help="First bar left out, ISO time with zone; else the zone's.")] = None,
    name: Name = "trady2",
    actor: Actor = None,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Backtest a version under many rules at once; every one of them is counted as a trial."""
    span = {"zone": zone, "start": queries.utc_time(start), "end": queries.utc_time(end)}
    parameters = {"version": version, "config": config, "output": output, "name": name, "actor": me(actor), **span}
    result = run("sweep_backtest", parameters, prefect=prefect)
    show(result, as_json, swept(result))
    if not result["complete"]:
        raise typer.Exit(_INTERRUPTED)


def swept(result: Mapping[str, Any]) -> str:
    """Tell the ten best, that luck has chosen among them too, and what would be a test."""
    block = result["sweep"]
    header = list(block["top"][0])
    rows = [[_cell(name, row[name]) for name in header] for row in block["top"]]
    count = block["n_configurations"]
    lines = [
        f"{result['version']}  {count:,} configurations {block['purpose']}",
        *([] if result["complete"] else ["stopped by an interruption: these were done, and are counted"]),
        "",
        f"the {len(rows)} best by {block['metric']}:",
        table(rows, header),
        "",
        f"The best of {count:,} is chosen by luck too, and looks better than it is. Judge it once on bars that no",
        "sweep has seen: write its values into backtest: and run `trady2 backtest`.",
        f"{result['n_trials']:,} trials of this model, target and assets are in the ledger now.",
        "",
        f"report   {result['report_html']}",
        f"table    {result['table']}",
        f"returns  {result['returns']}",
        f"summary  {result['summary']}",
    ]
    return "\n".join(lines)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    form = _FIGURES.get(name, "{:.4g}" if isinstance(value, float) else "{}")
    return form.format(value)
