"""Ed25519 keys: who may make versions, and whose versions are used.

    TRADY2_PRIVATE_KEY=/safe/place/trady2.pem     the file of the key that signs; where versions are made
    TRADY2_PUBLIC_KEY=ed25519:MCow…               the key whose signature is asked for; wherever versions are used

A digest beside a model tells an accident, but whoever can replace the one can replace the other. A signature tells a
forger, as long as the public key comes from the environment and the private one lies elsewhere: never in the store.
Several public keys, with commas between them, are all trusted, so that a key can be followed by another one.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from trady2.errors import ConfigError, ConflictError
from trady2.files import sync_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = [
    "create_keys",
    "public_text",
    "ready_to_sign",
    "reason_against",
    "required_signature",
    "signature_of",
    "signatures_wanted",
]

_SCHEME = "ed25519:"
# A signature made for something else with the same key is none of a manifest.
_PURPOSE = b"trady2 manifest, version 1\n"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def create_keys(file: Path) -> str:
    """Write a new private key to *file* (PEM, for its owner alone) and the public one beside it (``.pub``).

    Returns the public key as ``TRADY2_PUBLIC_KEY`` takes it. Raises ConflictError when either file exists.
    """
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    text = public_text(key)
    public = file.with_name(file.name + ".pub")
    for path in (file, public):
        if path.exists():
            raise ConflictError(f"{path} exists; a key is never written over: choose another file", path=str(path))
    file.parent.mkdir(parents=True, exist_ok=True)
    _write_new(file, pem, 0o600)
    _write_new(public, f"{text}\n".encode(), 0o644)
    sync_folder(file.parent)
    return text


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public half of *key* as text: ``ed25519:`` and 44 characters of base64."""
    return _SCHEME + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def signatures_wanted() -> bool:
    """Tell whether only signed versions are used here: whether ``TRADY2_PUBLIC_KEY`` says anything."""
    return bool(os.environ.get("TRADY2_PUBLIC_KEY", "").strip())


def ready_to_sign() -> None:
    """Raise ConfigError when a version that is made here would not be used here; costs milliseconds.

    That is so when ``TRADY2_PUBLIC_KEY`` asks for signatures, and ``TRADY2_PRIVATE_KEY`` names no key, or another's.
    """
    key = _private_key()
    if not signatures_wanted():
        return
    if key is None:
        raise ConfigError(
            "TRADY2_PUBLIC_KEY asks for signed versions, but TRADY2_PRIVATE_KEY names no key to sign with; "
            "name the file that `trady2 keys create` wrote",
            key="TRADY2_PRIVATE_KEY",
        )
    if public_text(key) not in _public_words():
        raise ConfigError(
            f"TRADY2_PRIVATE_KEY is the key {public_text(key)}, which TRADY2_PUBLIC_KEY does not name; "
            "name the pair of one `trady2 keys create`",
            key="TRADY2_PRIVATE_KEY",
        )


def signature_of(manifest: bytes) -> bytes | None:
    """Sign the bytes of a *manifest* with the key that ``TRADY2_PRIVATE_KEY`` names; None when it names none.

    Returns a line of base64. Raises ConfigError for a file that is no such key, or that others may read.
    """
    key = _private_key()
    return None if key is None else base64.b64encode(key.sign(_PURPOSE + manifest)) + b"\n"


def required_signature(manifest: bytes) -> bytes:
    """Sign as `signature_of`; raises ConfigError as well when ``TRADY2_PRIVATE_KEY`` names no key."""
    signature = signature_of(manifest)
    if signature is None:
        raise ConfigError(
            "TRADY2_PRIVATE_KEY names no key to sign with; name the file that `trady2 keys create` wrote",
            key="TRADY2_PRIVATE_KEY",
        )
    return signature


def reason_against(manifest: bytes, signature: bytes) -> str | None:
    """Return why *signature* is none of a trusted key over the bytes of *manifest*, None when it is one.

    Raises ConfigError when ``TRADY2_PUBLIC_KEY`` holds something that is no key.
    """
    from cryptography.exceptions import InvalidSignature

    keys = [_public_key(word) for word in _public_words()]
    try:
        raw = base64.b64decode(signature.removesuffix(b"\n"), validate=True)
    except binascii.Error:
        return "is no signature"
    for key in keys:
        try:
            key.verify(raw, _PURPOSE + manifest)
        except InvalidSignature:
            continue
        return None
    return "is no signature of manifest.json by a key that TRADY2_PUBLIC_KEY trusts"


def _public_words() -> list[str]:
    words = [word.strip() for word in os.environ.get("TRADY2_PUBLIC_KEY", "").split(",") if word.strip()]
    return [word if word.startswith(_SCHEME) else _of_file(Path(word)) for word in words]


def _of_file(file: Path) -> str:
    return _read(file.expanduser(), "TRADY2_PUBLIC_KEY").decode("utf-8", "replace").strip()


def _public_key(text: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.removeprefix(_SCHEME), validate=True))
    except ValueError as error:
        raise ConfigError(
            f"TRADY2_PUBLIC_KEY holds {text[:60]!r}, which is no public key: {error}; give ed25519:… or "
            "its file, as `trady2 keys create` makes them",
            key="TRADY2_PUBLIC_KEY",
        ) from None


def _private_key() -> Ed25519PrivateKey | None:
    named = os.environ.get("TRADY2_PRIVATE_KEY", "").strip()
    if not named:
        return None
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    file = Path(named).expanduser()
    content = _read(file, "TRADY2_PRIVATE_KEY")
    if file.stat().st_mode & _OTHERS:
        raise ConfigError(f"{file} may be read or written by others, so it is no secret; chmod 600 it", path=str(file))
    try:
        key = load_pem_private_key(content, None)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{file} is no private key in PEM without a password: {error}", path=str(file)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{file} is no Ed25519 key; make one with `trady2 keys create`", path=str(file))
    return key


def _read(file: Path, variable: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{variable} names {file}, which cannot be read ({error.strerror}); `trady2 keys create` makes a pair",
            path=str(file),
        ) from None


def _write_new(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(handle)
