from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from tests.serving.tiny_version import NOON, publish_tiny, tiny_model
from trady2.registry import alias
from trady2.registry.activation import activate
from trady2.registry.loading import active_key, open_active
from trady2.registry.version import Version
from trady2.serving.last_good import LastGood
from trady2.serving.predictor import Predictor

FILE = "store/trady2/last_good/trady2.json"


def started(home: Path) -> Predictor:
    """Return a predictor as a worker that has just started has it."""
    predictor = Predictor("trady2", home / "vectors", now=lambda: NOON, memory=LastGood)
    predictor.refresh()
    return predictor


def spoil(file: Path) -> None:
    """Flip a bit; other names of the same bytes keep theirs."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()
    file.write_bytes(bytes(content))
    file.chmod(0o444)


@pytest.fixture
def bad(home: Path, version: Version) -> Version:
    """A second version, active and then damaged, after a worker has answered with the first one."""
    published = publish_tiny(tiny_model(seed=2), "2.0.0")
    assert started(home).answering().version == version.version
    activate("trady2", published.version, reason="a test", actor="tester")
    spoil(home / "store/aliases/trady2" / published.folder / "model.txt")
    return published


def test_a_restart_beside_a_damaged_version_answers_as_before(
    home: Path, version: Version, bad: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """The version that answered last answers, and the refusal stands; a good activation ends it."""
    with caplog.at_level(logging.ERROR):
        predictor = started(home)
    assert predictor.answering().version == version.version
    assert predictor.refusal is not None
    assert predictor.refusal.reason.startswith(f"{bad.tag}: model.txt does not have the SHA-256")
    assert predictor.first.seen == active_key("trady2")
    assert f"the active version is refused, {version.version} answers on" in caplog.text
    good = publish_tiny(tiny_model(seed=3), "3.0.0")
    activate("trady2", good.version, reason="a test", actor="tester")
    predictor.refresh()
    assert (predictor.answering().version, predictor.refusal) == (good.version, None)
    assert json.loads((home / FILE).read_text())["version"] == good.version


def test_the_version_that_answered_may_be_the_damaged_one(home: Path, version: Version) -> None:
    """When the alias's copy rots, the version's own folder still has what answered, to the digest."""
    before = started(home).answering()
    spoil(home / "store/aliases/trady2" / version.folder / "model.txt")
    after = started(home)
    assert after.answering().sha256 == before.sha256
    assert after.refusal is not None


def test_what_is_damaged_too_does_not_come_back(
    home: Path, version: Version, bad: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing answers that does not verify, whatever answered last."""
    assert bad.folder != version.folder
    spoil(version.path / "model.txt")
    predictor = started(home)
    assert predictor.snapshot is None
    assert f"{version.version}, which answered last, is refused too" in caplog.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", None),
        (b"{", "does not tell what answered last"),
        (b"[1]", "does not tell what answered last"),
        (b'{"version": "VERSION"}', "does not tell what answered last"),
        (b'{"version": "VERSION", "manifest_sha256": "0"}', "is not the one that answered last"),
        (b'{"version": "../../etc", "manifest_sha256": "0"}', "is refused too"),
        (b'{"version": "9.9.9+20300101_000000", "manifest_sha256": "0"}', "is refused too"),
    ],
)
def test_a_memory_that_is_no_good_brings_nothing_back(
    content: bytes, says: str | None, home: Path, version: Version, bad: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """A torn, forged or foreign note leads to a refusal, never to another version or a crash."""
    assert bad.folder != version.folder
    (home / FILE).write_bytes(content.replace(b"VERSION", version.version.encode()))
    assert started(home).snapshot is None
    if says:
        assert says in caplog.text


def test_nothing_comes_back_once_nothing_is_active(home: Path, version: Version) -> None:
    """Where the alias was taken away, the note goes too, so that a later fault does not undo somebody's will."""
    assert started(home).answering().version == version.version
    link = alias.target_folder("trady2")
    assert link is not None
    (home / "store/models/trady2/active").unlink()
    assert started(home).snapshot is None
    assert not (home / FILE).exists()


def test_a_home_that_cannot_be_written_costs_the_memory_alone(
    home: Path, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """The version answers, and the log warns."""
    (home / FILE).parent.parent.mkdir(exist_ok=True)
    (home / FILE).parent.write_text("no folder")
    assert started(home).answering().version == version.version
    assert "a restart will not know what answers now" in caplog.text


def test_the_same_note_is_not_written_twice(home: Path, version: Version) -> None:
    """Refreshing with what answers already leaves the file alone."""
    assert started(home).answering().version == version.version
    before = (home / FILE).stat().st_mtime_ns
    shutil.copy(home / FILE, home / "kept")
    opened = open_active("trady2")
    LastGood("trady2").remember(opened)
    assert (home / FILE).stat().st_mtime_ns == before
    assert (home / FILE).read_bytes() == (home / "kept").read_bytes()
