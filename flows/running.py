"""Run a flow directly, or under Prefect on the server that is there, or on a private one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from flows.console import Console
from flows.engine import Direct, using
from flows.server import private_server, quiet_environment, running_url

__all__ = ["orchestration_wanted", "prefect_server", "run_flow"]


def orchestration_wanted(asked: bool) -> bool:
    """Tell whether flows run under Prefect: when it was asked for, or a server is named in the environment."""
    return asked or bool(os.environ.get("PREFECT_API_URL"))


@contextmanager
def prefect_server(console: Console) -> Iterator[str]:
    """Point this process at a Prefect server: the named one, the one of `trady2 up`, or a private one."""
    os.environ.update(quiet_environment())
    if (url := running_url()) is not None:
        os.environ["PREFECT_API_URL"] = url
        yield url
        return
    with private_server(console) as url:
        os.environ["PREFECT_API_URL"] = url
        try:
            yield url
        finally:
            _flush_logs()
            del os.environ["PREFECT_API_URL"]


def _flush_logs() -> None:
    """Send what waits in the log queue, for the server is about to end."""
    from prefect.logging.handlers import APILogHandler

    APILogHandler().flush()


def run_flow(name: str, parameters: Mapping[str, Any], *, prefect: bool = False) -> dict[str, Any]:
    """Run the flow of the module ``flows.<name>`` and return its result."""
    console = Console()
    if not orchestration_wanted(prefect):
        module = {"rollback_model": "activate_model"}.get(name, name)
        wiring = getattr(import_module(f"flows.{module}"), f"{name}_flow")
        with using(Direct(console)):
            return dict(wiring(**parameters))
    with prefect_server(console):
        deployments = import_module("flows.deployments")  # only now: Prefect reads its settings when it is imported
        return dict(getattr(deployments, name)(**parameters))
