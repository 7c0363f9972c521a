"""Repeat the training of a version, and tell what moved."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.options import Json, Name, Prefect, run, show
from flows.reproduction_telling import reproduced
from trady2.errors import ConfigError

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: trady2 reproduce 1.0.0+20251101_120000 --threads 1,2")
def reproduce(
    version: Annotated[str, typer.Argument(help="The exact version.")],
    threads: Annotated[str, typer.Option(help="How many threads to train with; once for each.")] = "1,2",
    name: Name = "trady2",
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Repeat a version's training in fresh processes and compare everything. Exit code 1 where anything moved."""
    result = run("reproduce_version", {"version": version, "name": name, "threads": _counts(threads)}, prefect=prefect)
    show(result, as_json, reproduced(result))
    if not result["equal"]:
        raise typer.Exit(1)


def _counts(text: str) -> list[int]:
    parts = text.replace(" ", "").split(",")
    if not all(part.isdecimal() for part in parts):
        raise ConfigError(f"--threads {text!r} is no list of numbers; write such as --threads 1,2", threads=text)
    return [int(part) for part in parts]
