"""What runs a flow. The wiring speaks to the current engine only, so it does not know whether Prefect is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, ParamSpec, Protocol, TypeVar

from flows.console import Console
from trady2.errors import RefusedError

__all__ = [
    "RETRY_PAUSES_SECONDS",
    "Approval",
    "Direct",
    "Engine",
    "Flow",
    "Task",
    "current_engine",
    "flow",
    "is_transient",
    "task",
    "using",
]

P = ParamSpec("P")
R = TypeVar("R")
_Row = Mapping[str, object]
RETRY_PAUSES_SECONDS = (0.5, 2.0)


def is_transient(error: BaseException) -> bool:
    """Tell whether trying again may help: a file system or a database that did not answer, never a refusal."""
    from sqlalchemy.exc import OperationalError

    final = FileNotFoundError | PermissionError | IsADirectoryError | NotADirectoryError
    return isinstance(error, OSError | OperationalError) and not isinstance(error, final)


@dataclass(frozen=True)
class Approval:
    """What a person answered who was asked."""

    approve: bool
    approver: str
    reason: str


class Engine(Protocol):
    """What the wiring may ask of whatever runs it."""

    def run(self, task: Task[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one task."""
        ...

    def progress(self, text: str, share: float) -> None:
        """Show how far long work has come; *share* runs from 0 to 1."""
        ...

    def say(self, text: str) -> None:
        """Show a line that a person wants to read."""
        ...

    def show_table(self, key: str, rows: Sequence[_Row]) -> None:
        """Keep a table beside the run."""
        ...

    def show_markdown(self, key: str, text: str) -> None:
        """Keep a text beside the run."""
        ...

    def show_link(self, key: str, url: str, text: str) -> None:
        """Keep a link beside the run."""
        ...

    def ask(self, text: str, patience_seconds: float) -> Approval:
        """Show *text* to a person and wait for the answer; raises RefusedError when none comes in time."""
        ...


class Direct:
    """Runs tasks as plain function calls and shows their progress on the console."""

    def __init__(self, console: Console) -> None:
        """Write to *console*."""
        self.console = console

    def run(self, task: Task[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function, again after a pause where the outside world did not answer."""
        with self.console.stage(task.name):
            pauses = iter(RETRY_PAUSES_SECONDS[: task.retries])
            while True:
                try:
                    return task.function(*args, **kwargs)
                except Exception as error:
                    pause = next(pauses, None)
                    if pause is None or not is_transient(error):
                        raise
                    self.say(f"{error}; trying again in {pause:g} s")
                    time.sleep(pause)

    def progress(self, text: str, share: float) -> None:
        """Redraw the line of the running stage."""
        self.console.progress(text, share)

    def say(self, text: str) -> None:
        """Add to the line of the running stage."""
        self.console.say(text)

    def show_table(self, key: str, rows: Sequence[_Row]) -> None:
        """Do nothing: the files of the run hold the same."""

    def show_markdown(self, key: str, text: str) -> None:
        """Do nothing: the files of the run hold the same."""

    def show_link(self, key: str, url: str, text: str) -> None:
        """Do nothing: the result names the file."""

    def ask(self, text: str, patience_seconds: float) -> Approval:
        """Raise RefusedError: who types the command is the one who decides, and nobody else can be asked here."""
        raise RefusedError(
            f"nobody can be asked here within {patience_seconds:g} s: an approval needs a Prefect server, on whose "
            "pages a person gives it; run it with --prefect while `trady2 up` runs, or decide yourself, without it",
            asked=text,
        )


_engine: ContextVar[Engine | None] = ContextVar("engine", default=None)


def current_engine() -> Engine:
    """Return what runs the current flow; outside a flow, a quiet direct engine."""
    return _engine.get() or Direct(Console(quiet=True))


@contextmanager
def using(engine: Engine) -> Iterator[None]:
    """Let *engine* run everything inside the block."""
    token = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(token)


@dataclass(frozen=True)
class Task(Generic[P, R]):
    """One stage of a flow: a function under a name; *retries* where it touches the outside world."""

    name: str
    function: Callable[P, R]
    retries: int = 0

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it on the current engine."""
        return current_engine().run(self, *args, **kwargs)


@dataclass(frozen=True)
class Flow(Generic[P, R]):
    """A list of task calls under the name of its deployment."""

    name: str
    function: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it on the current engine."""
        return self.function(*args, **kwargs)


def task(name: str, *, retries: int = 0) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a function a task."""

    def wrap(function: Callable[P, R]) -> Task[P, R]:
        return Task(name, function, min(retries, len(RETRY_PAUSES_SECONDS)))

    return wrap


def flow(name: str) -> Callable[[Callable[P, R]], Flow[P, R]]:
    """Make a function a flow."""

    def wrap(function: Callable[P, R]) -> Flow[P, R]:
        return Flow(name, function)

    return wrap
