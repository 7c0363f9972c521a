"""Where versions lie, what there is, and which is the latest."""

import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from tests.registry.conftest import BORN
from trady2.errors import ConfigError, ConflictError, NotFoundError
from trady2.registry import Version, activate, find, names, versions
from trady2.registry.store import (
    aliases_folder,
    drafted,
    held,
    models_folder,
    next_version,
    refresh_latest,
    seal_folder,
    staging_folder,
    sweep,
)


def test_an_empty_store_is_no_error() -> None:
    """Without any publication there are no names and no versions."""
    assert (names(), versions("trady2")) == ([], [])
    refresh_latest("trady2")
    sweep("trady2")


def test_versions_are_listed_oldest_first(three: list[Version]) -> None:
    """Versions come in order of birth; alias, stray files and folders of other makers are passed over."""
    activate("trady2", three[1].version, reason="test", actor="ann")
    (models_folder("trady2") / "handmade").mkdir()
    (models_folder("trady2") / "1.0.9-20250101_000000").write_text("a file")
    assert versions("trady2") == three
    assert names() == ["trady2"]


@pytest.mark.parametrize("spelling", ["version", "folder", "tag"])
def test_find_takes_every_spelling(three: list[Version], spelling: str) -> None:
    """Plus, hyphen and BentoML's tag find the same version."""
    assert find("trady2", getattr(three[1], spelling)) == three[1]


@pytest.mark.parametrize(
    ("spelling", "message"),
    [
        ("1.0.1", r"near are 1\.0\.1\+20251101_130000; name one of them in full"),
        ("1.0.1-20251101_13000", r"near are 1\.0\.1\+20251101_130000"),
        ("1.0.1+20251101_130001", r"near are .*1\.0\.1\+20251101_130000"),
        ("zzz", r"known are 1\.0\.2\+20251101_140000, 1\.0\.1"),
        ("active", "known are"),
        ("latest", "known are"),
        ("1.0.1+20251101_130000\n", "near are"),
        ("", r"near are 1\.0\.2"),
    ],
)
def test_find_wants_the_whole_version(three: list[Version], spelling: str, message: str) -> None:
    """A beginning, a slip of the pen, BentoML's special words and nothing at all are not found; near ones are named."""
    with pytest.raises(NotFoundError, match=f"trady2 has no version .*{message}"):
        find("trady2", spelling)
    assert len(three) == 3


def test_find_in_an_empty_store() -> None:
    """Where there is no version at all, the message says so."""
    with pytest.raises(NotFoundError, match="known are none"):
        find("trady2", "1.0.0")


def test_latest_is_the_newest_real_version(three: list[Version]) -> None:
    """Missing, empty, stale or naming the alias: `latest` is written anew; without a version it goes away."""
    latest = models_folder("trady2") / "latest"
    activate("trady2", three[0].version, reason="test", actor="ann")
    for content in (None, "", "active", three[0].folder):
        latest.unlink() if content is None else latest.write_text(content)
        refresh_latest("trady2")
        assert latest.read_text() == three[2].folder
    for version in three:
        version.path.rename(version.path.parents[2] / version.folder)
    refresh_latest("trady2")
    assert not latest.exists()


def test_latest_sees_other_makers_by_their_card(three: list[Version]) -> None:
    """A folder of another maker counts with its creation time; one without a readable card does not."""
    home = models_folder("trady2")
    for name, card in (
        ("later", "creation_time: '2030-01-01T00:00:00+00:00'"),
        ("odd", "creation_time: soon"),
        ("bad", "a: ["),
    ):
        (home / name).mkdir()
        (home / name / "model.yaml").write_text(card)
    (home / "empty").mkdir()
    refresh_latest("trady2")
    assert (home / "latest").read_text() == "later"
    assert versions("trady2") == three


def test_a_taken_second_gives_way_to_the_next_free_one(three: list[Version]) -> None:
    """Whatever its three numbers, a version gets a second of its own; what the alias keeps counts as taken."""
    assert next_version("trady2", "2.0.0", BORN).version == "2.0.0+20251101_120001"
    activate("trady2", three[0].version, reason="test", actor="ann")
    three[0].path.rename(three[0].path.parents[2] / "away")
    assert next_version("trady2", "2.0.0", BORN).born == BORN + timedelta(seconds=1)
    (models_folder("trady2") / "3.0.0-20251101_120001").mkdir()
    assert next_version("trady2", "2.0.0", BORN).born == BORN + timedelta(seconds=2)


def test_the_lock_is_a_file_that_one_holds(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock lies directly in models/, one per name, and whoever comes second waits."""
    monkeypatch.setattr("trady2.files.time.monotonic", itertools.count(0, 100).__next__)
    with held("trady2"), pytest.raises(ConflictError, match=r"\.trady2\.lock has been locked"), held("trady2"):
        pass
    assert (home / "models" / ".trady2.lock").is_file()


@pytest.mark.parametrize("folder", [models_folder, aliases_folder, staging_folder])
def test_a_name_is_never_a_path(folder) -> None:
    """A name with a separator does not reach the file system."""
    with pytest.raises(ConfigError, match=r"'\.\./x' is no model name"):
        folder("../x")


def test_a_sealed_folder_is_readable_and_fixed(tmp_path: Path) -> None:
    """Files become read-only for everybody, the folder open to other users of a shared volume."""
    folder = tmp_path / "version"
    folder.mkdir(mode=0o700)
    (folder / "x").write_text("x")
    seal_folder(folder)
    assert [oct(path.stat().st_mode)[-3:] for path in (folder, folder / "x")] == ["755", "444"]


def test_drafts_go_away(tmp_path: Path, three: list[Version]) -> None:
    """A draft is removed at the end of its block, and those of the dead when the next one sweeps."""
    with drafted(tmp_path) as draft:
        (draft / "x").mkdir()
    assert list(tmp_path.glob(".draft*")) == []
    dead = [staging_folder("trady2") / ".draft-1", aliases_folder("trady2") / ".draft-2"]
    for folder in dead:
        (folder / "1.0.0").mkdir(parents=True)
    (models_folder("trady2") / ".latest.abc.tmp").write_text("half")
    sweep("trady2")
    assert [folder.exists() for folder in dead] == [False, False]
    assert sorted(entry.name for entry in models_folder("trady2").iterdir()) == [
        *(version.folder for version in three),
        "latest",
    ]
