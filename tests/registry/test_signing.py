"""Where a public key is configured, only what its owner signed is used."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.registry.test_integrity import rewrite
from trady2.errors import ConfigError, IntegrityError
from trady2.learning.model import Model
from trady2.registry import Ledger, Version, activate, load, open_active, publish, rollback, sign
from trady2.registry.keys import create_keys
from trady2.registry.store import aliases_folder


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ask for signatures of a new key; nobody signs yet."""
    file = tmp_path / "signing.pem"
    monkeypatch.setenv("TRADY2_PUBLIC_KEY", create_keys(file))
    monkeypatch.delenv("TRADY2_PRIVATE_KEY", raising=False)
    return file


def test_an_unsigned_version_is_refused(three: list[Version], private: Path) -> None:
    """By loading, activation (even with force) and listing; the message names version, file and way out."""
    reason = rf"{three[0].tag}: manifest\.sig is missing: the version is unsigned, .* sign it with `trady2 keys sign`"
    with pytest.raises(IntegrityError, match=reason):
        load("trady2", three[0].version)
    with pytest.raises(IntegrityError, match=reason):
        activate("trady2", three[0].version, reason="test", actor="ann", force=True)
    with pytest.raises(IntegrityError, match=reason):
        assert three[0].manifest
    assert private.exists()


def test_registration_signs(
    home: Path, model: Model, golden: np.ndarray, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With both keys named, a version is born signed, and alias and rollback carry the signature on."""
    with pytest.raises(ConfigError, match="TRADY2_PRIVATE_KEY names no key to sign with"):
        publish("trady2", "1.0.0", model.files(), {}, golden=golden, actor="ann")
    assert not (home / "models" / "trady2").exists()
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(private))
    made = [publish("trady2", f"1.0.{n}", model.files(), {}, golden=golden, actor="ann") for n in range(2)]
    monkeypatch.delenv("TRADY2_PRIVATE_KEY")
    for version in made:
        activate("trady2", version.version, reason="test", actor="ann")
    assert open_active("trady2").version.version == made[1].version
    rollback("trady2", reason="test", actor="ann")
    assert open_active("trady2").version.version == made[0].version
    assert oct((made[0].path / "manifest.sig").stat().st_mode)[-3:] == "444"


def test_a_signature_of_another_key_is_refused(
    three: list[Version], private: Path, tmp_path: Path, monkeypatch
) -> None:
    """A forger who writes digests, card and a signature of their own gets nowhere."""
    create_keys(tmp_path / "eve.pem")
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(tmp_path / "eve.pem"))
    sign("trady2", three[0].version, actor="eve")
    with pytest.raises(
        IntegrityError, match=r"manifest\.sig is no signature of manifest\.json by a key that"
    ) as caught:
        load("trady2", three[0].version)
    assert (caught.value.version, caught.value.file) == (three[0].tag, "manifest.sig")
    assert private.exists()


def test_an_old_version_is_signed_where_it_lies(three: list[Version], private: Path, monkeypatch) -> None:
    """Signing verifies first, reaches the active folder too, and is told in the ledger with its reason."""
    with monkeypatch.context() as before:
        before.delenv("TRADY2_PUBLIC_KEY")
        activate("trady2", three[0].version, reason="before there were keys", actor="ann")
    with pytest.raises(IntegrityError, match="the version is unsigned"):
        open_active("trady2")
    with pytest.raises(ConfigError, match="TRADY2_PRIVATE_KEY names no key to sign with"):
        sign("trady2", three[0].version, actor="ann")
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(private))
    sign("trady2", three[0].version, actor="ann", reason="it is ours")
    assert open_active("trady2").sha256 == three[0].sha256
    event = Ledger().events(kinds=["signed"])[-1]
    assert (event.version, event.actor, event.reason) == (three[0].version, "ann", "it is ours")
    rewrite(three[1].path / "model.txt", b"tampered")
    with pytest.raises(IntegrityError, match=r"does not have the SHA-256|allowed are"):
        sign("trady2", three[1].version, actor="ann")
    assert not (three[1].path / "manifest.sig").exists()


@pytest.mark.parametrize("where", ["version", "alias"])
def test_a_signature_is_read_like_any_file(
    three: list[Version], private: Path, where: str, tmp_path, monkeypatch
) -> None:
    """A damaged, long, linked or moved signature is refused, in the version's folder as in the alias's."""
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(private))
    for version in three[:2]:
        sign("trady2", version.version, actor="ann")
    activate("trady2", three[0].version, reason="test", actor="ann")
    folder = three[0].path if where == "version" else aliases_folder("trady2") / three[0].folder
    use = (lambda: load("trady2", three[0].version)) if where == "version" else (lambda: open_active("trady2"))
    file, good = folder / "manifest.sig", (folder / "manifest.sig").read_bytes()
    for content, reason in (
        (good[:-10] + b"\n", "is no signature"),
        (good + b" " * 100, "bytes, allowed are 89"),
        ((three[1].path / "manifest.sig").read_bytes(), "by a key that TRADY2_PUBLIC_KEY trusts"),
    ):
        file.unlink()
        file.write_bytes(content)
        with pytest.raises(IntegrityError, match=reason):
            use()
    shutil.copy(file, tmp_path / "elsewhere")
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError, match=r"manifest\.sig is a link"):
        use()


def test_a_manifest_in_another_spelling_is_not_signed(three: list[Version], private: Path, monkeypatch) -> None:
    """Bytes that Trady2 would write otherwise are not vouched for: the signature is over what was read."""
    import hashlib

    from trady2.registry.card import version_card

    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(private))
    spaced = (three[0].path / "manifest.json").read_bytes().replace(b'":', b'": ', 1)
    with monkeypatch.context() as before:
        before.delenv("TRADY2_PUBLIC_KEY")
        manifest = three[0].manifest
    rewrite(three[0].path / "manifest.json", spaced)
    rewrite(three[0].path / "model.yaml", version_card(manifest, hashlib.sha256(spaced).hexdigest()))
    with pytest.raises(IntegrityError, match=r"manifest\.json is not written in the one way"):
        sign("trady2", three[0].version, actor="ann")


def test_without_a_public_key_a_signature_is_no_hindrance(three: list[Version], private: Path, monkeypatch) -> None:
    """A signed version loads where nobody asks for signatures."""
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(private))
    sign("trady2", three[0].version, actor="ann")
    monkeypatch.delenv("TRADY2_PUBLIC_KEY")
    load("trady2", three[0].version)
