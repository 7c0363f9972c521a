"""Which version is active, and which could be."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import queries, telling
from flows.commands.options import Actor, Json, Name, Prefect, Reason, me, run, show

__all__ = ["app"]

app = typer.Typer()

Wait = Annotated[bool, typer.Option("--wait", help="Return when every worker of the service answers with it.")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to wait for them at most.")]


@app.command(epilog="Example: trady2 versions --name trady2")
def versions(name: Name = "trady2", as_json: Json = False) -> None:
    """List the versions of a model, the newest first."""
    rows = queries.version_rows(name)
    show({"name": name, "versions": rows}, as_json, telling.versions(name, rows))


@app.command(epilog="Example: trady2 activate 1.0.0+20251101_120000 --reason 'beats the last one on the test zone'")
def activate(
    version: Annotated[str, typer.Argument(help="The exact version.")],
    reason: Reason,
    name: Name = "trady2",
    actor: Actor = None,
    force: Annotated[bool, typer.Option("--force", help="Overrule a failed audit.")] = False,
    approval: Annotated[
        float | None, typer.Option("--approval", help="Minutes to wait for a person's approval on the run's page.")
    ] = None,
    wait: Wait = False,
    timeout: Timeout = 30.0,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Make a version the one that the service answers with."""
    parameters = {"version": version, "reason": reason, "actor": me(actor), "name": name, "force": force}
    waits = {"wait_seconds": timeout if wait else None, "approval_minutes": approval}
    result = run("activate_model", {**parameters, **waits}, prefect=prefect)
    show(result, as_json, telling.activated(result))


@app.command(epilog="Example: trady2 rollback --reason 'drift since Monday'")
def rollback(
    reason: Reason,
    name: Name = "trady2",
    actor: Actor = None,
    wait: Wait = False,
    timeout: Timeout = 30.0,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Go back to the version that was active before."""
    parameters = {"reason": reason, "actor": me(actor), "name": name, "wait_seconds": timeout if wait else None}
    result = run("rollback_model", parameters, prefect=prefect)
    show(result, as_json, telling.activated(result))


@app.command(epilog="Example: trady2 bake --output baked")
def bake(
    output: Annotated[
        str, typer.Option("--output", "-o", help="The folder; it may hold other names already.")
    ] = "baked",
    name: Name = "trady2",
    as_json: Json = False,
) -> None:
    """Write a store with the active version and nothing else, to go into an image."""
    result = queries.baked(name, output)
    show(result, as_json, telling.baked(result))


@app.command(epilog="Example: trady2 active --as-of 2025-11-01T12:00:00Z")
def active(
    name: Name = "trady2",
    as_of: Annotated[str | None, typer.Option("--as-of", help="Then instead of now, ISO time with zone.")] = None,
    as_json: Json = False,
) -> None:
    """Show the active version and since when."""
    result = queries.active_row(name, as_of)
    show(result, as_json, telling.activated(result))
