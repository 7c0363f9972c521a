"""Whatever is not what was published is noticed before anything is parsed."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from trady2.errors import IntegrityError, NotFoundError
from trady2.registry import Version, activate, load, open_active, verify
from trady2.registry.integrity import read_manifest, read_sealed
from trady2.registry.store import aliases_folder

FILES = ["calibrator.json", "manifest.json", "model.joblib", "model.txt", "model.yaml", "report.html", "model_down.txt"]


def rewrite(file: Path, content: bytes) -> None:
    """Change a file as somebody with the rights would."""
    file.chmod(0o644)
    file.write_bytes(content)
    file.chmod(0o444)


def flip(file: Path, place: float) -> None:
    """Flip one bit at a relative place."""
    content = bytearray(file.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    rewrite(file, bytes(content))


@pytest.mark.parametrize("place", [0.0, 0.37, 1.0], ids=["first", "inside", "last"])
@pytest.mark.parametrize("file", FILES)
def test_one_flipped_bit_is_found(three: list[Version], file: str, place: float) -> None:
    """One bit in any file, the card included, makes loading fail with version, file, reason and way out."""
    flip(three[0].path / file, place)
    with pytest.raises(IntegrityError, match="do not use it: restore the folder from a copy") as caught:
        load("trady2", three[0].version)
    named = {"model.yaml", "manifest.json"} if file == "model.yaml" else {file}
    assert caught.value.file in named
    assert caught.value.version == three[0].tag
    assert str(caught.value.reason) in str(caught.value)
    load("trady2", three[1].version)


@pytest.mark.parametrize("file", FILES)
def test_a_flipped_bit_reaches_the_alias(three: list[Version], file: str) -> None:
    """What is active is checked in its own folder, card included."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    flip(aliases_folder("trady2") / three[0].folder / file, 0.5)
    with pytest.raises(IntegrityError, match=f"{three[0].folder}.*(model.yaml|manifest.json|{file})"):
        open_active("trady2")


@pytest.mark.parametrize("file", FILES)
def test_a_truncated_file_is_found(three: list[Version], file: str) -> None:
    """A file that lost its end makes loading fail."""
    content = (three[0].path / file).read_bytes()
    rewrite(three[0].path / file, content[: len(content) // 2])
    with pytest.raises(IntegrityError, match="SHA-256"):
        load("trady2", three[0].version)


@pytest.mark.parametrize("file", FILES)
def test_a_longer_file_is_found(three: list[Version], file: str) -> None:
    """A file that grew makes loading fail, before all of it is read."""
    rewrite(three[0].path / file, (three[0].path / file).read_bytes() + b" ")
    with pytest.raises(IntegrityError, match=r"SHA-256|bytes, allowed are|is not the one that was published"):
        load("trady2", three[0].version)


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_found(three: list[Version], file: str) -> None:
    """A file that is gone is named."""
    (three[0].path / file).unlink()
    with pytest.raises(IntegrityError, match=f"{file} is missing; do not use it"):
        load("trady2", three[0].version)


@pytest.mark.parametrize("file", FILES)
def test_a_link_is_not_followed(three: list[Version], tmp_path: Path, file: str) -> None:
    """A file that was replaced by a link to the very same bytes is refused."""
    shutil.copy(three[0].path / file, tmp_path / file)
    (three[0].path / file).unlink()
    (three[0].path / file).symlink_to(tmp_path / file)
    with pytest.raises(IntegrityError, match=f"{file} is a link"):
        load("trady2", three[0].version)


def test_an_extra_file_is_found(three: list[Version]) -> None:
    """A file that nobody published is refused, most of all the one that BentoML would unpickle."""
    (three[0].path / "custom_objects.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(IntegrityError, match=r"custom_objects\.pkl is not part of the version; remove it"):
        load("trady2", three[0].version)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda file: file.mkdir(), "is no regular file"),
        (os.mkfifo, "is no regular file"),
        (lambda file: (file.touch(), file.chmod(0o646)), "may be written by others; chmod go-w"),
    ],
    ids=["folder", "pipe", "writable"],
)
def test_only_regular_files_of_one_owner_are_read(
    three: list[Version], make: Callable[[Path], object], reason: str
) -> None:
    """A folder, a pipe (without waiting for its writer) and a file that others may write are refused."""
    (three[0].path / "model.txt").unlink()
    make(three[0].path / "model.txt")
    with pytest.raises(IntegrityError, match=f"model.txt {reason}"):
        load("trady2", three[0].version)


def test_a_file_larger_than_its_size_is_not_read(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest beyond the cap is refused by its size."""
    monkeypatch.setattr("trady2.registry.integrity._SMALL_BYTES", 100)
    with pytest.raises(IntegrityError, match=r"has [0-9]+ bytes, allowed are 100"):
        load("trady2", three[0].version)


def test_swapped_versions_are_found(three: list[Version]) -> None:
    """A whole version in the place of another, all digests right, is refused by its name."""
    aside = three[0].path.with_name("9.9.9-20250101_000000")
    three[0].path.rename(aside)
    three[1].path.rename(three[0].path)
    aside.rename(three[1].path)
    with pytest.raises(IntegrityError, match=r"manifest\.json belongs to trady2:1\.0\.1\+20251101_130000"):
        load("trady2", three[0].version)


def test_another_name_is_found(three: list[Version], home: Path) -> None:
    """A version copied under another model's name is refused."""
    shutil.copytree(three[0].path, home / "models" / "other" / three[0].folder)
    with pytest.raises(IntegrityError, match="belongs to trady2"):
        load("other", three[0].version)


def test_a_folder_that_is_a_link_is_refused(three: list[Version]) -> None:
    """The folder itself may not be a link either."""
    link = three[0].path.with_name("1.0.9-20251101_120000")
    link.symlink_to(three[0].path)
    with pytest.raises(IntegrityError, match="is no folder"):
        read_sealed(link, name="trady2", folder=link.name)
    with pytest.raises(NotFoundError, match="does not exist; `trady2 versions` lists what does"):
        read_manifest(three[0].path / "nothing", name="trady2", folder=None)


def test_reading_is_from_one_open_folder(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """When the folder is replaced between two reads, the rest still comes from the first one: no mix."""
    import trady2.registry.integrity as integrity

    real, calls = integrity.version_card, []

    def swap(manifest: dict[str, object], digest: str) -> bytes:
        calls.append(1)
        three[0].path.rename(three[0].path.with_name("moved"))
        shutil.copytree(three[1].path, three[0].path)
        return real(manifest, digest)

    monkeypatch.setattr(integrity, "version_card", swap)
    sealed = read_sealed(three[0].path, name="trady2", folder=three[0].folder)
    assert (len(calls), sealed.manifest["version"]) == (1, three[0].version)


def test_an_unknown_schema_is_named(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest of another schema says which release reads it, rather than failing somewhere inside."""
    monkeypatch.setattr("trady2.registry.integrity.MANIFEST_SCHEMA", 2)
    with pytest.raises(IntegrityError, match="has schema 1, this Trady2 reads 2; use the release that wrote it"):
        verify("trady2", three[0].version)
