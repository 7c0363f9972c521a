"""Run everything once, and start or stop a local Prefect server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import telling
from flows.commands.options import Json, show

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: trady2 demo --bars downloads/")
def demo(
    bars: Annotated[list[str] | None, typer.Option("--bars", help="Files or folders of bars; else simulated.")] = None,
    folder: Annotated[str, typer.Option(help="Where everything of the demo lies.")] = ".demo",
    as_json: Json = False,
) -> None:
    """Run everything once: bars, features, training, activation, backtest and a served prediction."""
    from flows.demo import run_demo

    result = run_demo(Path(folder), bars or [])
    show(result, as_json, telling.demonstrated(result))


@app.command(epilog="Example: trady2 up --port 4200")
def up(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 4200, as_json: Json = False) -> None:
    """Start a Prefect server and a worker in the background and deploy every flow."""
    from flows.console import Console
    from flows.server import up as start

    result = start(Console(), port=port)
    show(result, as_json, telling.is_up(result))


@app.command(epilog="Example: trady2 down")
def down(as_json: Json = False) -> None:
    """Stop what `trady2 up` started."""
    from flows.server import down as stop

    result = stop()
    show(result, as_json, f"stopped the worker and the Prefect server at {result['url']}")
