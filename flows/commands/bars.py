"""Import bars."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import queries, telling
from flows.commands.options import Json, Prefect, run, show

__all__ = ["app"]

app = typer.Typer(help="Bars: import and look.", no_args_is_help=True)


@app.command("import", epilog="Example: trady2 bars import downloads/*.zip --timeframe 1h")
def bars_import(
    paths: Annotated[list[str], typer.Argument(help="Files or folders: CSV, ZIP, Parquet, Feather.")],
    asset: Annotated[str | None, typer.Option(help="The asset of all files; else read from them.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="Such as 1h or 15m; else the usual step.")] = None,
    bars: Annotated[str, typer.Option(help="Where the bars are stored.")] = "data/bars",
    fetched_at: Annotated[str | None, typer.Option(help="When the files were fetched, ISO time with zone.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="New bars win over stored ones that differ.")] = False,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Import files of bars: mend what has one honest repair, quarantine the rest, count both."""
    parameters = {"paths": paths, "asset": asset, "timeframe": timeframe, "bars": bars, "replace": replace}
    result = run("import_bars", {**parameters, "fetched_at": queries.utc_time(fetched_at)}, prefect=prefect)
    show(result, as_json, telling.imported(result))
