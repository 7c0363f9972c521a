"""What is active now and what was at some time."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from trady2.errors import DataError, IntegrityError, NotFoundError
from trady2.registry import Ledger, Version, activate, active, rollback
from trady2.registry.store import aliases_folder, models_folder


def test_nothing_is_active_at_first() -> None:
    """Without an activation there is no answer, now or at any time."""
    assert (active("trady2"), active("trady2", as_of=datetime.now(UTC))) == (None, None)


def test_each_time_has_its_version(three: list[Version]) -> None:
    """Between two switches the version of the first was active; before the first, none."""
    moments = [datetime.now(UTC)]
    for version in three:
        now = activate("trady2", version.version, reason="test", actor="ann")
        assert moments[-1] - timedelta(milliseconds=20) <= now.since <= datetime.now(UTC)
        moments.append(datetime.now(UTC))
    rollback("trady2", reason="test", actor="ann")
    moments.append(datetime.now(UTC))
    found = [active("trady2", as_of=moment) for moment in moments]
    assert found[0] is None
    assert [one.version for one in found[1:]] == [three[number].version for number in (0, 1, 2, 1)]
    assert [one.sha256 for one in found[1:]] == [three[number].sha256 for number in (0, 1, 2, 1)]
    assert found[-1] == active("trady2")


def test_a_time_before_the_switch_is_exclusive(three: list[Version]) -> None:
    """At the very moment of the switch the new version is active, a microsecond earlier it is not."""
    since = activate("trady2", three[0].version, reason="test", actor="ann").since
    assert active("trady2", as_of=since).version == three[0].version
    assert active("trady2", as_of=since - timedelta(microseconds=1)) is None


def test_a_naive_time_is_refused() -> None:
    """A time without a zone could be any."""
    with pytest.raises(DataError, match="as_of = 2025-11-01T00:00:00 has no time zone; give it in UTC"):
        active("trady2", as_of=datetime(2025, 11, 1))  # noqa: DTZ001 - the fault


def test_the_alias_is_the_truth(three: list[Version]) -> None:
    """Turned by hand, the alias says what is active, and the ledger, which does not know, gives no time."""
    for version in three[:2]:
        activate("trady2", version.version, reason="test", actor="ann")
    link = models_folder("trady2") / "active"
    link.unlink()
    link.symlink_to(f"../../aliases/trady2/{three[0].folder}")
    now = active("trady2")
    assert (now.version, now.sha256, now.since) == (three[0].version, three[0].sha256, None)


def test_a_frozen_copy_tells_its_version(three: list[Version]) -> None:
    """A real folder `active`, as containers have one, tells its version without any ledger."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    link = models_folder("trady2") / "active"
    link.unlink()
    shutil.copytree(aliases_folder("trady2") / three[0].folder, link)
    Ledger()._file.unlink()
    now = active("trady2")
    assert (now.version, now.since) == (three[0].version, None)


def test_a_broken_alias_is_told(three: list[Version]) -> None:
    """A manifest that changed and a folder that is gone are errors, not silence."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    folder = aliases_folder("trady2") / three[0].folder
    (folder / "manifest.json").unlink()
    with pytest.raises(IntegrityError, match=r"manifest\.json is missing"):
        active("trady2")
    shutil.rmtree(folder)
    with pytest.raises(NotFoundError, match="does not exist"):
        active("trady2")


def test_after_the_alias_was_removed_nothing_was_active(three: list[Version]) -> None:
    """A removal by other means ends the run once it is noticed."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    (models_folder("trady2") / "active").unlink()
    activate("trady2", three[1].version, reason="test", actor="ann")
    noticed = Ledger().events(kinds=("alias_changed",))[0]
    assert active("trady2", as_of=noticed.at) is None
    assert active("trady2").version == three[1].version
