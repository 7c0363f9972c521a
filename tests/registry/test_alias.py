"""The link that is switched in one step, and the folder behind it that never changes."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from trady2.errors import IntegrityError
from trady2.registry import Version, open_active, open_version
from trady2.registry import alias as aliases
from trady2.registry.store import aliases_folder, models_folder


def prepared(version: Version) -> Path:
    """Make or reuse the alias folder of a version."""
    opened = open_version("trady2", version.version)
    return aliases.prepare(opened.version, opened.manifest, opened.manifest_sha256)


def rewrite(file: Path, content: bytes) -> None:
    """Change a file that has links of its own, without touching what else it is linked to."""
    file.unlink()
    file.write_bytes(content)
    file.chmod(0o444)


def test_alias_folder_shares_the_bytes_and_has_its_own_card(three: list[Version]) -> None:
    """All files but the card are hard links to the version's; the folder is closed to change."""
    folder = prepared(three[0])
    assert folder == aliases_folder("trady2") / three[0].folder
    shared = {file.name: file.samefile(three[0].path / file.name) for file in folder.iterdir()}
    assert {name for name, same in shared.items() if not same} == {"model.yaml"}
    assert oct(folder.stat().st_mode)[-3:] == "755"
    assert {oct(file.stat().st_mode)[-3:] for file in folder.iterdir()} == {"444"}


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP])
def test_copies_where_links_are_impossible(three: list[Version], monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Another file system, another owner, too many links, or no links at all: the files are copied and checked."""

    def refuse(*_paths: object, **_options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.link", refuse)
    folder = prepared(three[0])
    aliases.switch("trady2", folder)
    assert not (folder / "model.joblib").samefile(three[0].path / "model.joblib")
    assert {oct(file.stat().st_mode)[-3:] for file in folder.iterdir()} == {"444"}
    opened = open_active("trady2")
    assert opened is not None
    assert opened.sha256 == three[0].sha256


def test_a_real_file_system_border_is_crossed_by_copying(three: list[Version], tmp_path: Path) -> None:
    """With aliases/ on another file system than models/ the files are copies; needs /dev/shm to be one."""
    elsewhere = Path("/dev/shm")  # noqa: S108 - a file system of its own on Linux
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("the shared memory folder is no other file system here")
    home = elsewhere / f"trady2-test-{os.getpid()}"
    home.mkdir()
    try:
        aliases_folder("trady2").parent.symlink_to(home)
        folder = prepared(three[0])
        assert folder.stat().st_dev != three[0].path.stat().st_dev
    finally:
        shutil.rmtree(home)


def test_other_errors_of_linking_are_told(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is no reason to copy; no half folder stays."""

    def refuse(*_paths: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.link", refuse)
    with pytest.raises(OSError, match="No space left"):
        prepared(three[0])
    assert list(aliases_folder("trady2").iterdir()) == []


def test_a_whole_alias_folder_is_used_again(three: list[Version]) -> None:
    """Activating a version again changes nothing in its folder."""
    before = prepared(three[0]).stat()
    after = prepared(three[0]).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_damaged_folder_is_made_anew_unless_it_is_active(three: list[Version]) -> None:
    """Nobody reads a folder that is not active, so it may be replaced; the active one must not change."""
    folder = prepared(three[0])
    rewrite(folder / "model.txt", b"damaged")
    assert (prepared(three[0]) / "model.txt").samefile(three[0].path / "model.txt")

    aliases.switch("trady2", folder)
    rewrite(folder / "model.txt", b"damaged")
    with pytest.raises(IntegrityError, match=r"model\.txt .*"):
        prepared(three[0])
    assert (folder / "model.txt").read_bytes() == b"damaged"


def test_a_folder_of_a_namesake_is_made_anew(three: list[Version]) -> None:
    """A folder that a deleted version of the same spelling left is not taken for this one's."""
    folder = prepared(three[0])
    opened = open_version("trady2", three[0].version)
    other = {**opened.manifest, "note": "another version"}
    shutil.rmtree(folder)
    folder.mkdir()
    import hashlib

    from trady2.registry.canonical import canonical_json
    from trady2.registry.card import alias_card

    text = canonical_json(other)
    for name in other["files"]:
        os.link(three[0].path / name, folder / name)
    (folder / "manifest.json").write_bytes(text)
    (folder / "model.yaml").write_bytes(alias_card(other, hashlib.sha256(text).hexdigest()))
    assert (prepared(three[0]) / "manifest.json").samefile(three[0].path / "manifest.json")

    rewrite(folder / "manifest.json", text)
    rewrite(folder / "model.yaml", alias_card(other, hashlib.sha256(text).hexdigest()))
    aliases.switch("trady2", folder)
    with pytest.raises(IntegrityError, match="belongs to another version of this name"):
        prepared(three[0])


def test_the_switch_is_one_step(three: list[Version]) -> None:
    """The link is relative, replaces its predecessor, and nothing but versions and link lies beside it at any time."""
    seen = []
    for version in three:
        aliases.switch("trady2", prepared(version))
        seen.append(os.readlink(models_folder("trady2") / "active"))  # noqa: PTH115 - the text itself is meant
    assert seen == [f"../../aliases/trady2/{version.folder}" for version in three]
    target = aliases.target("trady2")
    assert target is not None
    assert (target.version, aliases.target_folder("trady2")) == (three[2].version, target.path)
    assert {entry.name for entry in models_folder("trady2").iterdir() if entry.is_dir()} == {
        "active",
        *(version.folder for version in three),
    }


def test_a_real_folder_is_foreign(three: list[Version]) -> None:
    """A real folder named `active` is recognised, and moved where nobody lists it."""
    folder = models_folder("trady2") / "active"
    shutil.copytree(three[0].path, folder)
    assert (aliases.is_foreign("trady2"), aliases.target("trady2")) == (True, None)
    place = aliases.aside("trady2")
    aliases.set_aside("trady2", place)
    assert (aliases.is_foreign("trady2"), (place / "model.txt").is_file()) == (False, True)
    assert aliases.target_folder("trady2") is None


def test_what_is_neither_link_nor_folder_is_refused(three: list[Version]) -> None:
    """A file in the alias's place is a fault and not the want of an activation; the next switch replaces it."""
    link, folder = models_folder("trady2") / "active", prepared(three[0])
    link.write_text("1.0.0")
    with pytest.raises(IntegrityError, match="neither a link nor a folder, which no activation wrote; activate again"):
        aliases.target_folder("trady2")
    aliases.switch("trady2", folder)
    assert aliases.target_folder("trady2") == folder
