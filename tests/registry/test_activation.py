"""A person decides which version is active, and says why."""

import shutil

import numpy as np
import pytest

from trady2.errors import IntegrityError, NotFoundError, RefusedError
from trady2.learning.model import Model
from trady2.registry import Ledger, Version, activate, active, open_active, publish, rollback


@pytest.mark.parametrize("spelling", ["version", "folder", "tag"])
def test_activation_takes_any_spelling_and_is_recorded(three: list[Version], spelling: str) -> None:
    """The version becomes active; who, why, from what and which digests are in the ledger."""
    activate("trady2", three[1].version, reason="first", actor="ann")
    now = activate("trady2", getattr(three[0], spelling), reason="better", actor="bob")
    assert (now.version, now.sha256) == (three[0].version, three[0].sha256)
    intent, event = Ledger().events(name="trady2")[-2:]
    assert (intent.kind, event.kind, event.actor, event.reason) == ("activating", "activated", "bob", "better")
    assert (event.payload["from"], event.payload["sha256"]) == (three[1].version, three[0].sha256)
    assert event.payload["intent"] == intent.number


@pytest.mark.parametrize(
    ("reason", "actor", "missing"), [("", "ann", "reason"), (" \n", "ann", "reason"), ("r", " ", "actor")]
)
def test_reason_and_actor_are_needed(three: list[Version], reason: str, actor: str, missing: str) -> None:
    """Without a reason or an actor nothing happens, not even an event."""
    for call in (
        lambda **said: activate("trady2", three[0].version, **said),
        lambda **said: rollback("trady2", **said),
    ):
        with pytest.raises(RefusedError, match=f"{missing} = .*needs both a reason and an actor; say them"):
            call(reason=reason, actor=actor)
    assert (active("trady2"), Ledger().events(kinds=("activating",))) == (None, [])


@pytest.mark.parametrize("spelling", ["1.0.0", "latest", "active", "9.9.9+20251101_120000"])
def test_there_is_no_default_and_no_newest(three: list[Version], spelling: str) -> None:
    """A version is named in full or not activated."""
    with pytest.raises(NotFoundError, match="name one of them in full"):
        activate("trady2", spelling, reason="test", actor="ann")
    assert (active("trady2"), len(three)) == (None, 3)


def test_a_damaged_version_cannot_be_forced(three: list[Version]) -> None:
    """A failed digest refuses activation, force or not, and the active version stays."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    text = three[1].path / "model.txt"
    text.chmod(0o644)
    text.write_bytes(text.read_bytes()[:-1] + b" ")
    with pytest.raises(IntegrityError, match=r"model\.txt does not have the SHA-256"):
        activate("trady2", three[1].version, reason="test", actor="ann", force=True)
    assert active("trady2").version == three[0].version


def audited(model: Model, golden: np.ndarray, **manifest: object) -> Version:
    """Publish a version with what the guards said."""
    return publish("trady2", "1.0.0", model.files(), manifest, golden=golden, actor="ann")


def test_a_failed_audit_needs_force(model: Model, golden: np.ndarray) -> None:
    """A version with a leak is refused until somebody insists, which is recorded."""
    leaky = audited(model, golden, leak_certificate={"passed": False})
    with pytest.raises(RefusedError, match=r"failed its leak audit.*train again without the leak"):
        activate("trady2", leaky.version, reason="test", actor="ann")
    activate("trady2", leaky.version, reason="I know", actor="ann", force=True)
    assert Ledger().events(kinds=("activated",))[-1].payload["force"] is True


@pytest.mark.parametrize("verdict", ["no edge", {"label": "no edge", "reasons": []}])
def test_the_verdict_is_recorded_and_decides_nothing(model: Model, golden: np.ndarray, verdict: object) -> None:
    """A version without an edge may be activated; the ledger keeps what was known."""
    version = audited(model, golden, verdict=verdict, leak_certificate={"passed": True})
    activate("trady2", version.version, reason="to watch it", actor="ann")
    assert Ledger().events(kinds=("activated",))[-1].payload["verdict"] == "no edge"


def test_rollback_goes_one_further_back_each_time(three: list[Version]) -> None:
    """A, B, C: back to B, back to A, and then there is nothing before."""
    for version in three:
        activate("trady2", version.version, reason="test", actor="ann")
    back = [rollback("trady2", reason="worse", actor="bob").version for _ in range(2)]
    assert back == [three[1].version, three[0].version]
    with pytest.raises(NotFoundError, match=r"nothing to roll back to: before 1\.0\.0\+20251101_120000 no version"):
        rollback("trady2", reason="worse", actor="bob")
    assert active("trady2").version == three[0].version
    assert [event.actor for event in Ledger().events(kinds=("rolled_back",))] == ["bob", "bob"]


def test_rollback_before_any_activation(three: list[Version]) -> None:
    """Where nothing ever was active the message says so."""
    with pytest.raises(NotFoundError, match="before now no version was active; activate one by its version"):
        rollback("trady2", reason="test", actor="ann")
    assert len(three) == 3


def test_rollback_finds_what_was_deleted_meanwhile(three: list[Version]) -> None:
    """The previous version was deleted from the store: the alias's folder still has it whole."""
    for version in three[:2]:
        activate("trady2", version.version, reason="test", actor="ann")
    sha256 = three[0].sha256
    shutil.rmtree(three[0].path)
    assert rollback("trady2", reason="worse", actor="ann").version == three[0].version
    assert open_active("trady2").sha256 == sha256


def test_an_alias_that_vanishes_meanwhile_is_told(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """Removed by somebody right after the switch: the activation does not claim to have succeeded."""
    monkeypatch.setattr("trady2.registry.activation.active", lambda _name: None)
    with pytest.raises(NotFoundError, match="trady2:active vanished while it was being switched; activate again"):
        activate("trady2", three[0].version, reason="test", actor="ann")


def test_activating_what_is_active_is_recorded(three: list[Version]) -> None:
    """The same version again changes nothing but the ledger, and since when it is active stays."""
    first = activate("trady2", three[0].version, reason="test", actor="ann")
    again = activate("trady2", three[0].version, reason="still good", actor="bob")
    assert again == first
    assert len(Ledger().events(kinds=("activated",))) == 2
