"""How a flow runs without Prefect."""

import io
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy.exc import OperationalError

from flows import engine
from flows.console import Console
from flows.engine import Direct, current_engine, flow, is_transient, task, using
from trady2.errors import RefusedError


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a moment instead of seconds between attempts."""
    monkeypatch.setattr(engine, "RETRY_PAUSES_SECONDS", (0.001, 0.001))


def test_a_flow_is_a_list_of_task_calls() -> None:
    """Tasks run in order, under their names, and a flow returns what its body returns."""
    stream = io.StringIO()

    @task("double")
    def double(number: int) -> int:
        current_engine().say(f"{number} twice")
        return 2 * number

    @flow("twice-twice")
    def twice_twice(number: int) -> int:
        return double(double(number))

    with using(Direct(Console(stream))):
        assert twice_twice(3) == 12
    assert [line.split("  (")[0] for line in stream.getvalue().splitlines()] == [
        "double       3 twice",
        "double       6 twice",
    ]


def failing(error: Exception, times: int) -> tuple[engine.Task[[], str], list[int]]:
    """Return a task with two retries that raises *error* the first *times* times, and its calls."""
    calls: list[int] = []

    @task("fragile", retries=2)
    def fragile() -> str:
        calls.append(len(calls))
        if len(calls) <= times:
            raise error
        return "well"

    return fragile, calls


def test_the_outside_world_gets_another_chance() -> None:
    """A file system that fails twice is asked a third time."""
    fragile, calls = failing(OSError("stale handle"), 2)
    assert (fragile(), len(calls)) == ("well", 3)


def test_chances_end() -> None:
    """After the last retry the error comes through."""
    fragile, calls = failing(OSError("stale handle"), 9)
    with pytest.raises(OSError, match="stale handle"):
        fragile()
    assert len(calls) == 3


def test_a_refusal_is_final() -> None:
    """What was refused on purpose is not asked for again."""
    fragile, calls = failing(RefusedError("the audit failed"), 1)
    with pytest.raises(RefusedError, match="the audit failed"):
        fragile()
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(5, "input/output error"), True),
        (OperationalError("select 1", {}, sqlite3.OperationalError("database is locked")), True),
        (FileNotFoundError("bars.csv"), False),
        (PermissionError("bars.csv"), False),
        (ValueError("no"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_worth_another_attempt(error: Exception, expected: bool) -> None:
    """Only what may pass by itself is tried again."""
    assert is_transient(error) is expected


def test_direct_runs_never_import_prefect() -> None:
    """The command and all wirings load without Prefect."""
    modules = "cli import_bars build_features train_model backtest_model sweep_backtest activate_model"
    modules += " queries server running"
    code = "import sys\n" + "\n".join(f"import flows.{name}" for name in modules.split())
    code += "\nprint('prefect' in sys.modules, 'bentoml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


def test_without_prefect_nobody_can_be_asked() -> None:
    """An approval needs pages to be given on: refused at once, with both ways out."""
    with pytest.raises(RefusedError, match=r"within 60 s: an approval needs a Prefect server.*or decide yourself"):
        Direct(Console(quiet=True)).ask("Activate it?", 60.0)
