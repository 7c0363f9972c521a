"""Build feature vectors, and list what they are made of."""

from __future__ import annotations

import typer

from flows import queries, telling
from flows.commands.options import ConfigFile, Json, Prefect, run, show

__all__ = ["app"]

app = typer.Typer(help="Feature vectors: build and look.", no_args_is_help=True)


@app.command("build", epilog="Example: trady2 features build --config configs/ml.example.yaml")
def features_build(config: ConfigFile, as_json: Json = False, prefect: Prefect = False) -> None:
    """Build the feature vectors of what is new since the last time."""
    result = run("build_features", {"config": config}, prefect=prefect)
    show(result, as_json, telling.built(result))


@app.command("list", epilog="Example: trady2 features list")
def features_list(as_json: Json = False) -> None:
    """Show every indicator, its parameters and its formula."""
    indicators = queries.indicator_rows()
    show({"indicators": indicators}, as_json, telling.indicators(indicators))
