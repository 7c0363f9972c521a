"""Kill -9 at any moment, and two processes at once: the store is before or after, and the next run succeeds.

``TRADY2_KILL_MOMENTS`` sets the number of moments, by default 10. Half of them are a touch of the file system or the
database, the other half a time, both at random.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.registry.conftest import Forks
from trady2.registry import Ledger, Version, activate, active, open_active, open_version, versions
from trady2.registry.card import CARD_FILE
from trady2.registry.store import aliases_folder, models_folder, staging_folder

pytestmark = pytest.mark.slow

MOMENTS = int(os.environ.get("TRADY2_KILL_MOMENTS", "10"))
NEVER = 1_000_000


class Killer:
    """Runs one verb again and again and kills it somewhere in its course."""

    def __init__(self, children: Forks, command: Callable[[int], dict[str, Any]]) -> None:
        """Measure one undisturbed run of the *command* that belongs to a number."""
        self._children, self._command = children, command
        began = time.monotonic()
        assert children.wait(children.start({**command(0), "kill_at": NEVER})) == 0, children.said()[1]
        self._seconds, self._touches = time.monotonic() - began, int(children.said()[0])
        self._random = random.Random(20251101)  # noqa: S311 - moments, not secrets

    def strike(self, number: int) -> int:
        """Run once and kill: at a touch when *number* is even, else at a time; returns the exit code."""
        if number % 2 == 0:
            moment = self._random.randint(1, self._touches)
            return self._children.wait(self._children.start({**self._command(number), "kill_at": moment}))
        process = self._children.start(self._command(number))
        time.sleep(self._random.uniform(0, 1.1 * self._seconds))
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        return self._children.wait(process)


def readable_by_bentoml() -> bool:
    """Tell whether each folder that BentoML takes for a version has a card."""
    entries = [entry for entry in models_folder("trady2").iterdir() if entry.is_dir()]
    return all((entry / CARD_FILE).is_file() for entry in entries)


def test_a_killed_publication_is_there_or_not(three: list[Version], children: Forks, prepared: dict[str, str]) -> None:
    """After each kill there is one whole version more or none, the alias is untouched, the next publication works."""
    activate("trady2", three[0].version, reason="before", actor="ann")
    killer = Killer(children, lambda number: {"verb": "publish", "options": {**prepared, "semver": f"2.0.{number}"}})
    killed = 0
    for number in range(MOMENTS):
        before = [version.version for version in versions("trady2")]
        code = killer.strike(number)
        assert code in (0, -signal.SIGKILL), children.said()[1]
        killed += code != 0
        after = [version.version for version in versions("trady2")]
        born = after[len(before) :]
        assert (after[: len(before)], len(born) <= 1) == (before, True)
        for version in born:
            open_version("trady2", version)
        opened = open_active("trady2")
        assert opened is not None
        assert (opened.version.version, readable_by_bentoml()) == (three[0].version, True)
        Ledger().verify()

        again = children.start({"verb": "publish", "options": {**prepared, "semver": "3.0.0"}})
        assert children.wait(again) == 0, children.said()[1]
        newest = versions("trady2")[-1]
        assert (newest.semver, (models_folder("trady2") / "latest").read_text()) == ("3.0.0", newest.folder)
        recorded = {event.version for event in Ledger().events(name="trady2", kinds=("trained",))}
        assert recorded == {version.version for version in versions("trady2")}
        assert list(staging_folder("trady2").glob(".draft-*")) == []
    assert killed > 0
    assert [file.name for file in models_folder("trady2").glob(".*")] == []


def test_a_killed_activation_is_before_or_after(three: list[Version], children: Forks) -> None:
    """After each kill the alias stands for the old or the new version, whole; the next one settles the ledger."""
    activate("trady2", three[0].version, reason="before", actor="ann")
    wanted = [version.version for version in three]
    killer = Killer(children, lambda number: {"verb": "activate", "options": {"version": wanted[number % 2 + 1]}})
    for number in range(MOMENTS):
        activate("trady2", wanted[0], reason="again", actor="ann")
        code = killer.strike(number)
        assert code in (0, -signal.SIGKILL), children.said()[1]
        opened = open_active("trady2")
        assert opened is not None
        assert opened.version.version in (wanted[0], wanted[number % 2 + 1])
        assert readable_by_bentoml()
        Ledger().verify()
        live = opened.version.version

        now = activate("trady2", wanted[2 - number % 2], reason="next", actor="ann")
        assert now.version == wanted[2 - number % 2]
        told = Ledger().events(name="trady2", kinds=("activating", "activated", "abandoned", "alias_changed"))
        intents = [event.number for event in told if event.kind == "activating"]
        assert [event.payload["intent"] for event in told if event.kind != "activating"] == intents
        assert [event.version for event in told if event.kind == "activated"][-2] == live
        assert list(aliases_folder("trady2").glob(".draft-*")) == []
    Ledger().verify()


def test_two_publishers_are_both_recorded(three: list[Version], children: Forks, prepared: dict[str, str]) -> None:
    """Six publications of one version number by processes at once: six whole versions, each with its event."""
    command = {"verb": "publish", "options": {**prepared, "semver": "2.0.0"}}
    processes = [children.start(command) for _ in range(6)]
    assert [children.wait(process) for process in processes] == [0] * 6
    born = [version.version for version in versions("trady2") if version.semver == "2.0.0"]
    events = [event.version for event in Ledger().events(name="trady2", kinds=("trained",))]
    assert sorted(events) == sorted([*(version.version for version in three), *born])
    assert len(set(born)) == 6
    for version in born:
        open_version("trady2", version)
    assert Ledger().verify() == 9


def test_two_activators_are_both_recorded(three: list[Version], children: Forks) -> None:
    """Activations of two versions at once all succeed; the last one recorded is the one that is active."""
    commands = [{"verb": "activate", "options": {"version": three[number % 2].version}} for number in range(6)]
    processes = [children.start(command) for command in commands]
    assert [children.wait(process) for process in processes] == [0] * 6
    told = Ledger().events(name="trady2", kinds=("activating", "activated"))
    now = active("trady2")
    assert now is not None
    assert [event.kind for event in told] == ["activating", "activated"] * 6
    assert sorted(str(event.version) for event in told[1::2]) == sorted(three[n % 2].version for n in range(6))
    assert now.version == told[-1].version
    Ledger().verify()


def test_publisher_and_activator_do_not_disturb_each_other(
    three: list[Version], children: Forks, prepared: dict[str, str]
) -> None:
    """A publication during activations leaves both whole and the chain unbroken."""
    publication = {"verb": "publish", "options": {**prepared, "semver": "2.0.0"}}
    activation = {"verb": "activate", "options": {"version": three[1].version}}
    processes = [children.start(command) for command in (activation, publication) * 2]
    assert [children.wait(process) for process in processes] == [0] * 4
    now = active("trady2")
    assert now is not None
    assert (now.version, len(versions("trady2"))) == (three[1].version, 5)
    assert Ledger().verify() == 3 + 2 + 2 * 2


def test_a_killed_batch_is_there_or_not(home: Path, children: Forks) -> None:
    """After each kill the ledger is whole, holds all of the batch or none, and takes the next event."""
    options = {"url": f"sqlite:///{home / 'ledger.db'}", "count": 1, "batch": 1_000, "actor": "child"}
    killer = Killer(children, lambda _: {"verb": "append", "options": options})
    ledger, killed = Ledger(options["url"]), 0
    for number in range(MOMENTS):
        before = ledger.verify()
        code = killer.strike(number)
        killed += code != 0
        assert ledger.verify() - before in ((1_000,) if code == 0 else (0, 1_000))
        assert ledger.append("trained", name="trady2", actor="ann").number == ledger.verify()
    assert killed
