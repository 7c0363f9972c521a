"""The options that several commands share, and how a command runs a flow and prints its result."""

from __future__ import annotations

import getpass
import json
import sys
from typing import Annotated, Any

import typer

__all__ = ["Actor", "ConfigFile", "Json", "Name", "Prefect", "Reason", "me", "print_result", "run"]

Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")]
Prefect = Annotated[bool, typer.Option("--prefect", help="Run as a Prefect flow (also when PREFECT_API_URL is set).")]
ConfigFile = Annotated[str, typer.Option("--config", "-c", help="The YAML file, such as configs/ml.example.yaml.")]
Name = Annotated[str, typer.Option("--name", help="The model's name.")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; it goes into the ledger.")]
Actor = Annotated[str | None, typer.Option("--actor", help="Who decides; by default you.")]


def run(name: str, parameters: dict[str, Any], *, prefect: bool) -> dict[str, Any]:
    """Run the flow *name* and return its result."""
    from flows.running import run_flow

    return run_flow(name, parameters, prefect=prefect)


def print_result(result: Any, as_json: bool, text: str) -> None:
    """Write a result to standard output, as one JSON object or as *text*."""
    sys.stdout.write((json.dumps(result, default=str, allow_nan=False) if as_json else text) + "\n")


def me(actor: str | None) -> str:
    """Return who decides: the one who was named, else the user of this machine."""
    return actor or getpass.getuser()
