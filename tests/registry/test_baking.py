import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.registry.conftest import BentoML
from trady2.errors import IntegrityError, NotFoundError, RefusedError
from trady2.registry import Version, activate, active, bake, create_keys, open_active, open_version, sign, versions
from trady2.registry.store import aliases_folder, models_folder


def go_live(version: Version) -> None:
    """Activate a version."""
    activate("trady2", version.version, reason="test", actor="ann")


@pytest.fixture
def baked(three: list[Version], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Bake the second version, then take the store and the ledger that it came from away."""
    go_live(three[1])
    assert bake("trady2", tmp_path / "baked").version.version == three[1].version
    shutil.rmtree(os.environ["BENTOML_HOME"])
    monkeypatch.setenv("TRADY2_STORE", str(tmp_path / "baked"))
    return tmp_path / "baked"


def test_a_baked_store_holds_the_active_version_alone(baked: Path, three: list[Version]) -> None:
    """It is a store like any other, with one version, which is active and verifies; nobody knows since when."""
    assert [version.version for version in versions("trady2")] == [three[1].version]
    opened, now = open_active("trady2"), active("trady2")
    assert opened is not None
    assert now is not None
    assert (opened.version.version, now.version, now.since) == (three[1].version, three[1].version, None)
    assert open_version("trady2", three[1].version).sha256 == opened.sha256
    assert sorted(path.name for path in baked.iterdir()) == ["models"]
    assert sorted(path.name for path in (baked / "models/trady2").iterdir()) == [
        "1.0.1-20251101_130000",
        "active",
        "latest",
    ]


def test_bentoml_itself_reads_it(baked: Path, bentoml: BentoML) -> None:
    """With BENTOML_HOME on a copy of it, plain `bentoml models list` shows the version and the alias."""
    shutil.copytree(baked, os.environ["BENTOML_HOME"])
    told = bentoml("models", "list").stdout
    assert "trady2:1.0.1-20251101_130000" in told
    assert "trady2:active" in told


def test_it_is_for_reading(baked: Path) -> None:
    """Every file is read-only and every folder open to other users, such as that of a container."""
    for path in baked.rglob("*"):
        assert not path.is_symlink()
        if path.name != "latest":
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode & 0o555 == 0o555 if path.is_dir() else mode == 0o444, path


def test_what_is_activated_later_is_not_in_it(
    three: list[Version], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Baked is baked: another activation changes nothing there, and nothing in it can be overwritten."""
    go_live(three[0])
    bake("trady2", tmp_path / "baked")
    go_live(three[2])
    with pytest.raises(RefusedError, match=r"exists, and what is baked is not changed; remove"):
        bake("trady2", tmp_path / "baked")
    monkeypatch.setenv("TRADY2_STORE", str(tmp_path / "baked"))
    now = active("trady2")
    assert now is not None
    assert now.version == three[0].version


def test_a_version_that_was_deleted_can_be_baked(
    three: list[Version], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the alias keeps of it is enough to write the version again, byte for byte."""
    before = {file.name: file.read_bytes() for file in three[0].path.iterdir()}
    go_live(three[0])
    shutil.rmtree(three[0].path)
    bake("trady2", tmp_path / "baked")
    monkeypatch.setenv("TRADY2_STORE", str(tmp_path / "baked"))
    after = {file.name: file.read_bytes() for file in versions("trady2")[0].path.iterdir()}
    assert before == after


@pytest.mark.usefixtures("baked")
@pytest.mark.parametrize("folder", ["1.0.1-20251101_130000", "active"])
def test_one_changed_byte_is_refused(folder: str) -> None:
    """A baked version is checked like any other."""
    file = models_folder("trady2") / folder / "model.txt"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.unlink()
    file.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"model\.txt does not have the SHA-256"):
        open_active("trady2") if folder == "active" else open_version("trady2", folder)


def test_a_signature_is_baked_and_asked_for(
    three: list[Version], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a public key set, the signed version is baked and verifies, and an unsigned one is refused."""
    public = create_keys(tmp_path / "key.pem")
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(tmp_path / "key.pem"))
    go_live(three[1])
    bake("trady2", tmp_path / "unsigned")
    sign("trady2", three[0].version, reason="test", actor="ann")
    go_live(three[0])
    monkeypatch.setenv("TRADY2_PUBLIC_KEY", public)
    bake("trady2", tmp_path / "signed")
    monkeypatch.setenv("TRADY2_STORE", str(tmp_path / "signed"))
    assert open_active("trady2") is not None
    monkeypatch.setenv("TRADY2_STORE", str(tmp_path / "unsigned"))
    with pytest.raises(IntegrityError, match=r"manifest\.sig is missing: the version is unsigned"):
        open_active("trady2")


def test_without_an_active_version_there_is_nothing_to_bake(tmp_path: Path) -> None:
    """The way out is named, and nothing is written."""
    with pytest.raises(NotFoundError, match="no version of 'trady2' is active, so there is nothing to bake"):
        bake("trady2", tmp_path / "baked")
    assert not (tmp_path / "baked").exists()


def test_a_damaged_version_is_not_baked(three: list[Version], tmp_path: Path) -> None:
    """What does not verify does not get into an image."""
    go_live(three[0])
    file = aliases_folder("trady2") / three[0].folder / "model.txt"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match=r"model\.txt"):
        bake("trady2", tmp_path / "baked")
