"""The leak audit of a configuration's data and features, or of a version."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.audit_telling import audited
from flows.commands.options import Actor, Json, Name, Prefect, me, run, show

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: trady2 audit --config configs/ml.example.yaml")
def audit(
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="Audit what this YAML file would train on.")
    ] = None,
    version: Annotated[str | None, typer.Option("--version", "-v", help="Audit this exact version again.")] = None,
    revision: Annotated[str | None, typer.Option(help="Accept that delivered days changed, and say why.")] = None,
    name: Name = "trady2",
    actor: Actor = None,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Look for leaks: future in features, overlapping zones, changed data. Exit code 1 when one is found."""
    parameters = {"config": config, "version": version, "revision": revision, "name": name, "actor": me(actor)}
    result = run("audit_model", parameters, prefect=prefect)
    show(result, as_json, audited(result))
    if not result["passed"]:
        raise typer.Exit(1)
