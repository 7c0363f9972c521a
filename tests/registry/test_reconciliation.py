"""What was left half done is finished or given up, in the ledger's open."""

import shutil
from pathlib import Path

import pytest

from trady2.registry import Ledger, Version, activate, active, reconcile, rollback
from trady2.registry import alias as aliases
from trady2.registry.history import INTENT
from trady2.registry.store import aliases_folder, models_folder


def intend(version: Version, outcome: str = "activated") -> None:
    """Leave the intent of an activation that was killed."""
    Ledger().append(
        INTENT, name="trady2", version=version.version, actor="bob", reason="better", payload={"outcome": outcome}
    )


@pytest.fixture
def live(three: list[Version]) -> list[Version]:
    """Have two versions prepared as aliases and the first one active."""
    for version in (three[1], three[0]):
        activate("trady2", version.version, reason="test", actor="ann")
    return three


def test_what_agrees_needs_nothing(live: list[Version]) -> None:
    """A second reconciliation finds nothing to say."""
    assert (reconcile("trady2"), reconcile("nothing"), len(live)) == ([], [], 3)


def test_an_intent_before_the_switch_is_abandoned(live: list[Version]) -> None:
    """Killed before the switch: the old version is active and the ledger says that the new one is not."""
    intend(live[1])
    (event,) = reconcile("trady2")
    assert (event.kind, event.version, event.actor, event.reason) == ("abandoned", live[1].version, "bob", "better")
    assert (event.payload["still"], active("trady2").version) == (live[0].version, live[0].version)
    assert reconcile("trady2") == []


@pytest.mark.parametrize("outcome", ["activated", "rolled_back"])
def test_an_intent_after_the_switch_is_completed(live: list[Version], outcome: str) -> None:
    """Killed after the switch: the event that was missing is written, with the time that the link itself has."""
    intend(live[1], outcome)
    switched = aliases.switch("trady2", aliases_folder("trady2") / live[1].folder)
    (event,) = reconcile("trady2")
    now = active("trady2")
    assert (event.kind, event.version, event.actor) == (outcome, live[1].version, "bob")
    assert (now.version, now.since) == (live[1].version, switched)


def test_the_next_write_settles_first(live: list[Version]) -> None:
    """Nobody has to call it: a rollback after a killed activation goes back from where that one got to."""
    intend(live[2])
    before = rollback("trady2", reason="test", actor="ann")
    kinds = [event.kind for event in Ledger().events(name="trady2")][-3:]
    assert (before.version, kinds) == (live[1].version, ["abandoned", INTENT, "rolled_back"])


def test_a_version_without_an_event_gets_one(three: list[Version]) -> None:
    """Killed between rename and ledger: the version is recorded with its publisher and digests, as found."""
    Ledger()._file.unlink()
    events = reconcile("trady2")
    assert [(event.kind, event.version, event.actor) for event in events] == [
        ("trained", version.version, "ann") for version in three
    ]
    assert events[0].payload["files"]["model.joblib"] == three[0].sha256
    assert events[0].reason.startswith("found in the store without an event")


def test_a_damaged_version_without_an_event_does_not_stop_the_others(three: list[Version]) -> None:
    """A version whose manifest cannot be believed is recorded as damaged."""
    Ledger()._file.unlink()
    (three[1].path / "manifest.json").unlink()
    events = reconcile("trady2")
    assert [sorted(event.payload) for event in events] == [
        ["created_at", "files"],
        ["damaged"],
        ["created_at", "files"],
    ]
    assert events[1].actor == "trady2 reconcile"


def test_a_version_that_vanished_is_recorded_once_and_welcome_back(three: list[Version], tmp_path: Path) -> None:
    """Deleted by other means: `deleted`, once; brought back: `trained` again."""
    three[1].path.rename(tmp_path / "away")
    assert [(event.kind, event.version) for event in reconcile("trady2")] == [("deleted", three[1].version)]
    assert reconcile("trady2") == []
    (tmp_path / "away").rename(three[1].path)
    assert [(event.kind, event.version) for event in reconcile("trady2")] == [("trained", three[1].version)]


def test_an_alias_that_others_changed_is_recorded(live: list[Version]) -> None:
    """Removed, turned by hand, or led astray: the ledger says what it found, and what was active before."""
    link = models_folder("trady2") / "active"
    link.unlink()
    (event,) = reconcile("trady2")
    assert (event.kind, event.version, event.payload["from"]) == ("alias_changed", None, live[0].version)
    link.symlink_to(f"../../aliases/trady2/{live[1].folder}")
    (event,) = reconcile("trady2")
    assert (event.version, event.payload["from"]) == (live[1].version, None)
    link.unlink()
    link.symlink_to("/etc")
    (event,) = reconcile("trady2")
    assert (event.version, event.payload["from"]) == (None, live[1].version)


def test_an_imported_folder_is_no_change_of_the_alias(live: list[Version]) -> None:
    """A real folder `active` is left for the next activation to move aside."""
    link = models_folder("trady2") / "active"
    link.unlink()
    shutil.copytree(aliases_folder("trady2") / live[0].folder, link)
    assert reconcile("trady2") == []


def test_leftovers_are_swept_and_latest_is_repaired(live: list[Version]) -> None:
    """Drafts of the dead go away and `latest` names the newest version again."""
    draft = aliases_folder("trady2") / ".draft-1"
    draft.mkdir()
    (models_folder("trady2") / "latest").write_text("")
    reconcile("trady2")
    assert (draft.exists(), (models_folder("trady2") / "latest").read_text()) == (False, live[2].folder)
