"""Tell which features a version lives by."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.options import Actor, Json, Name, Prefect, me, run, show
from flows.explanation_telling import explained_version

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: trady2 explain 1.0.0+20251101_120000")
def explain(
    version: Annotated[str, typer.Argument(help="The exact version.")],
    repeats: Annotated[int, typer.Option(min=1, max=100, help="How often each feature is shuffled.")] = 5,
    name: Name = "trady2",
    actor: Actor = None,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Measure each feature's importance: gain, SHAP values, and what the test zone loses where it is shuffled."""
    parameters = {"version": version, "name": name, "repeats": repeats, "actor": me(actor)}
    result = run("explain_version", parameters, prefect=prefect)
    show(result, as_json, explained_version(result))
