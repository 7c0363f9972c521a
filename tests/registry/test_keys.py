"""Keys are made for their owner alone, and only a trusted one makes a signature that counts."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.errors import ConfigError, ConflictError
from trady2.registry.keys import create_keys, ready_to_sign, reason_against, signature_of, signatures_wanted

MANIFEST = b'{"name":"trady2"}'


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pair of keys that the environment names; gives the file of the private one."""
    file = tmp_path / "keys" / "signing.pem"
    monkeypatch.setenv("TRADY2_PUBLIC_KEY", create_keys(file))
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(file))
    return file


def test_the_private_key_is_its_owners_alone(pair: Path) -> None:
    """The private key has mode 600, the public one lies beside it, and neither is ever written over."""
    assert oct(pair.stat().st_mode)[-3:] == "600"
    assert pair.with_name("signing.pem.pub").read_text("utf-8").startswith("ed25519:")
    with pytest.raises(ConflictError, match=r"signing\.pem exists; a key is never written over"):
        create_keys(pair)
    pair.unlink()
    with pytest.raises(ConflictError, match=r"signing\.pem\.pub exists"):
        create_keys(pair)
    assert not pair.exists()


def test_openssl_verifies_the_signature(pair: Path, tmp_path: Path) -> None:
    """The signature is Ed25519 over the purpose and the manifest, as another program checks it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (tmp_path / "said").write_bytes(b"trady2 manifest, version 1\n" + MANIFEST)
    (tmp_path / "signature").write_bytes(base64.b64decode(signature_of(MANIFEST)))
    words = ["-rawin", "-in", str(tmp_path / "said"), "-inkey", str(pair), "-sigfile", str(tmp_path / "signature")]
    done = subprocess.run(["openssl", "pkeyutl", "-verify", *words], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "Signature Verified Successfully", done.stderr


def test_a_signature_counts_for_its_manifest_alone(pair: Path) -> None:
    """One byte more, other bytes, or no signature at all are told apart from the right one."""
    signature = signature_of(MANIFEST)
    assert len(signature) == 89
    assert reason_against(MANIFEST, signature) is None
    assert "by a key that TRADY2_PUBLIC_KEY trusts" in reason_against(MANIFEST + b" ", signature)
    assert reason_against(MANIFEST, b"nonsense!") == "is no signature"
    assert "trusts" in reason_against(MANIFEST, b"")
    assert pair.exists()


@given(place=st.integers(0, 63), bit=st.integers(0, 7))
def test_no_flipped_bit_passes(place: int, bit: int) -> None:
    """A signature with any one bit changed is none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADY2_PUBLIC_KEY", _PUBLIC)
        raw = bytearray(base64.b64decode(_SIGNATURE))
        raw[place] ^= 1 << bit
        assert reason_against(MANIFEST, base64.b64encode(bytes(raw))) is not None
        assert reason_against(MANIFEST, _SIGNATURE) is None


def test_keys_follow_each_other(pair: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several public keys are all trusted, as text or by their file; a key that is named no more is trusted no more."""
    old = signature_of(MANIFEST)
    following = create_keys(tmp_path / "next.pem")
    monkeypatch.setenv("TRADY2_PUBLIC_KEY", f"{following}, {pair}.pub")
    assert reason_against(MANIFEST, old) is None
    monkeypatch.setenv("TRADY2_PUBLIC_KEY", following)
    assert reason_against(MANIFEST, old) is not None
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(tmp_path / "next.pem"))
    assert reason_against(MANIFEST, signature_of(MANIFEST)) is None


def test_without_keys_nothing_is_asked_or_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset or empty, the variables change nothing."""
    for value in (None, "", " "):
        for name in ("TRADY2_PUBLIC_KEY", "TRADY2_PRIVATE_KEY"):
            monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
        assert (signatures_wanted(), signature_of(MANIFEST)) == (False, None)
        ready_to_sign()


def test_a_version_that_could_not_be_used_is_not_begun(
    pair: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where signatures are asked for, a missing or another private key is told before the work."""
    assert pair.exists()
    ready_to_sign()
    create_keys(tmp_path / "other.pem")
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", str(tmp_path / "other.pem"))
    with pytest.raises(ConfigError, match="which TRADY2_PUBLIC_KEY does not name; name the pair"):
        ready_to_sign()
    monkeypatch.delenv("TRADY2_PRIVATE_KEY")
    with pytest.raises(ConfigError, match="TRADY2_PRIVATE_KEY names no key to sign with"):
        ready_to_sign()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda file: file.chmod(0o640), "may be read or written by others, so it is no secret; chmod 600 it"),
        (lambda file: file.write_bytes(b"-----BEGIN"), "is no private key in PEM without a password"),
        (lambda file: file.unlink(), r"cannot be read \(No such file"),
        (lambda file: file.write_bytes(_rsa()), "is no Ed25519 key; make one with `trady2 keys create`"),
    ],
    ids=["open", "damaged", "gone", "rsa"],
)
def test_a_private_key_that_is_none_is_told(pair: Path, spoil, reason: str) -> None:
    """A file that others may read, that is damaged, gone, or another kind of key signs nothing."""
    spoil(pair)
    with pytest.raises(ConfigError, match=reason):
        signature_of(MANIFEST)


@pytest.mark.parametrize("text", ["ed25519:xyz", "ed25519:AAAA", "/nowhere/key.pub"])
def test_a_public_key_that_is_none_lets_nothing_pass(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that cannot be read is an error, never a reason to ask for no signature."""
    monkeypatch.setenv("TRADY2_PUBLIC_KEY", text)
    with pytest.raises(ConfigError, match=r"which is no public key|which cannot be read"):
        reason_against(MANIFEST, _SIGNATURE)


def _rsa() -> bytes:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())


def _fixed() -> tuple[str, bytes]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from trady2.registry.keys import public_text

    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return public_text(key), base64.b64encode(key.sign(b"trady2 manifest, version 1\n" + MANIFEST)) + b"\n"


_PUBLIC, _SIGNATURE = _fixed()
