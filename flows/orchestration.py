"""The same wiring under Prefect: each task a task run, its tables and links artifacts. Imports Prefect."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import prefect
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import State, TaskRun
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from prefect.logging import get_run_logger
from pydantic import Field

from flows.engine import RETRY_PAUSES_SECONDS, Approval, Flow, Task, is_transient, using
from trady2.errors import RefusedError

__all__ = ["Orchestrated", "orchestrated"]

P = ParamSpec("P")
R = TypeVar("R")
_LOG_PROGRESS_SECONDS = 10.0  # each progress line is a call to the server's API


def _may_help(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """Let Prefect try again only where the outside world did not answer."""
    result = state.result(raise_on_failure=False)
    return isinstance(result, BaseException) and is_transient(result)


class Decision(RunInput):
    """The form on the run's page; nothing in it has a default, or a bare resume would count as a yes."""

    approve: bool = Field(description="Whether this version is to answer from now on.")
    approver: str = Field(min_length=1, description="Who decides; it goes into the ledger as the actor.")
    reason: str = Field(min_length=1, description="Why; it goes into the ledger.")


class Orchestrated:
    """Runs tasks as Prefect task runs; nothing is cached: the run folder and the registry hold the truth."""

    def __init__(self) -> None:
        """Begin with no progress told."""
        self._told = time.monotonic()

    def run(self, task: Task[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one task as a task run under its own name."""
        wrapped = prefect.task(
            name=task.name,
            retries=task.retries,
            retry_delay_seconds=list(RETRY_PAUSES_SECONDS[: task.retries]) or None,
            retry_condition_fn=_may_help,
            cache_policy=NO_CACHE,
            persist_result=False,
        )(task.function)
        return wrapped(*args, **kwargs)

    def progress(self, text: str, share: float) -> None:
        """Log it, at most once in ten seconds."""
        if time.monotonic() - self._told >= _LOG_PROGRESS_SECONDS:
            self._told = time.monotonic()
            self.say(f"{share:.0%} {text}")

    def say(self, text: str) -> None:
        """Log it where the run's page shows it."""
        get_run_logger().info(text)

    def show_table(self, key: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Keep it as a table artifact; the history of a key is a timeline of versions."""
        create_table_artifact(table=[dict(row) for row in rows], key=_key(key))

    def show_markdown(self, key: str, text: str) -> None:
        """Keep it as a markdown artifact."""
        create_markdown_artifact(markdown=text, key=_key(key))

    def show_link(self, key: str, url: str, text: str) -> None:
        """Keep it as a link artifact."""
        create_link_artifact(link=url, link_text=text, key=_key(key))

    def ask(self, text: str, patience_seconds: float) -> Approval:
        """Pause the run and wait for the form on its page, below *text*; raises RefusedError when nobody comes."""
        form = Decision.with_initial_data(description=text)
        try:
            decision = pause_flow_run(form, timeout=int(patience_seconds), poll_interval=2, key="approve")
        except FlowPauseTimeout:
            raise RefusedError(
                f"nobody answered within {patience_seconds:g} s, so nothing was activated; start the run again",
                asked=text,
            ) from None
        return Approval(decision.approve, decision.approver.strip(), decision.reason.strip())


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def orchestrated(wiring: Flow[P, R]) -> prefect.Flow[P, R]:
    """Return the Prefect flow of a wiring: same name, same parameters, same list of tasks."""

    @wraps(wiring.function)
    def body(*args: P.args, **kwargs: P.kwargs) -> R:
        with using(Orchestrated()):
            return wiring.function(*args, **kwargs)

    # Prefect reads the parameters' types in this module, where the names of the wiring's annotations mean nothing.
    body.__signature__ = inspect.signature(wiring.function, eval_str=True)  # type: ignore[attr-defined]
    body.__annotations__ = inspect.get_annotations(wiring.function, eval_str=True)
    flow = prefect.flow(name=wiring.name, persist_result=False, validate_parameters=True)
    return cast("prefect.Flow[P, R]", cast("Callable[..., Any]", flow)(body))
