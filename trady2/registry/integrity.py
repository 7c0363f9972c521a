"""Files are read once, from one open folder, and compared with their digests before anything is parsed.

The chain of trust inside a folder: the card ``model.yaml`` pins the digest of ``manifest.json``, the manifest pins
every other file, and the card itself has to be, byte for byte, the one that follows from the manifest. Where a public
key is configured, ``manifest.sig`` has to be a signature of the manifest, which is checked before it is parsed.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trady2.errors import IntegrityError, NotFoundError
from trady2.registry.canonical import read_json
from trady2.registry.card import (
    CARD_FILE,
    MANIFEST_FILE,
    MANIFEST_SCHEMA,
    SIGNATURE_FILE,
    alias_card,
    pinned_digest,
    version_card,
)
from trady2.registry.keys import reason_against, signatures_wanted

__all__ = ["Sealed", "broken", "read_file", "read_manifest", "read_sealed"]

_SMALL_BYTES = 64 << 20
_SIGNATURE_BYTES = 89
_MISSING = "is missing"
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class Sealed:
    """The bytes of a version's folder after every digest was right; `files` is without card and manifest."""

    manifest: dict[str, Any]
    manifest_sha256: str
    files: dict[str, bytes]


def read_sealed(path: Path, *, name: str, folder: str | None, alias: bool = False, signed: bool = True) -> Sealed:
    """Read every file of the folder at *path* once and check it.

    Args:
        path: a folder that is no link.
        name: the model's name that the manifest has to have.
        folder: the version that it has to have, in BentoML's spelling; None accepts any.
        alias: whether the folder is that of an alias rather than of the version itself.
        signed: whether to ask for a signature where ``TRADY2_PUBLIC_KEY`` does.

    Raises:
        ConfigError: ``TRADY2_PUBLIC_KEY`` is no key.
        IntegrityError: with `.version`, `.file` and `.reason`.
        NotFoundError: there is no such folder.
    """
    with _opened(path, f"{name}:{folder or path.name}") as reader:
        manifest, digest = _manifest(reader, name, folder, alias=alias, signed=signed)
        expected = {CARD_FILE, MANIFEST_FILE, SIGNATURE_FILE, *manifest["files"]}
        present = set(os.listdir(reader.handle))  # noqa: PTH208 - of the open folder, not of a path
        for surplus in sorted(present - expected):
            raise broken(reader.label, surplus, "is not part of the version; remove it", present=sorted(present))
        return Sealed(manifest, digest, {file: reader.checked(file, pin) for file, pin in manifest["files"].items()})


def read_manifest(path: Path, *, name: str, folder: str | None, alias: bool = False) -> tuple[dict[str, Any], str]:
    """Read the manifest of the folder at *path* and its SHA-256, checked against the card but not the other files."""
    with _opened(path, f"{name}:{folder or path.name}") as reader:
        return _manifest(reader, name, folder, alias=alias, signed=True)


def read_file(path: Path, file: str, *, name: str, folder: str, alias: bool = False) -> bytes | None:
    """Read one *file* of the folder at *path* and compare it with the manifest, and that as `read_manifest` does.

    None when the version has no such file.
    """
    with _opened(path, f"{name}:{folder}") as reader:
        pin = _manifest(reader, name, folder, alias=alias, signed=True)[0]["files"].get(file)
        return None if pin is None else reader.checked(file, pin)


def broken(version: str, file: str, reason: str, **values: object) -> IntegrityError:
    """Make the error for a *file* of a *version* that is not what was published."""
    way_out = "" if "; " in reason else "; do not use it: restore the folder from a copy, or train again"
    return IntegrityError(f"{version}: {file} {reason}{way_out}", version=version, file=file, reason=reason, **values)


@dataclass(frozen=True)
class _Reader:
    """An open folder: what is read through its handle comes from that folder, whatever happens to its path."""

    handle: int
    label: str

    def read(self, file: str, limit_bytes: int) -> bytes:
        """Read a regular file once; no link is followed, nobody but its owner may be able to write it."""
        try:
            handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=self.handle)
        except FileNotFoundError:
            raise broken(self.label, file, _MISSING) from None
        except OSError as error:
            reason = "is a link" if error.errno == errno.ELOOP else f"cannot be opened ({error.strerror})"
            raise broken(self.label, file, reason) from error
        try:
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode):
                raise broken(self.label, file, "is no regular file")
            if state.st_mode & _WRITABLE_BY_OTHERS:
                raise broken(self.label, file, f"may be written by others; chmod go-w it: {oct(state.st_mode)}")
            if state.st_size > limit_bytes:
                raise broken(self.label, file, f"has {state.st_size} bytes, allowed are {limit_bytes}")
            with open(handle, "rb", closefd=False) as opened:
                return opened.read(limit_bytes + 1)
        finally:
            os.close(handle)

    def checked(self, file: str, pin: Mapping[str, Any]) -> bytes:
        """Read a file whose size and digest the manifest pins."""
        content = self.read(file, int(pin["bytes"]))
        if not hmac.compare_digest(hashlib.sha256(content).hexdigest(), str(pin["sha256"])):
            raise broken(self.label, file, "does not have the SHA-256 that the manifest holds")
        return content


@contextmanager
def _opened(path: Path, label: str) -> Iterator[_Reader]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFoundError(
            f"{label}: {path} does not exist; `trady2 versions` lists what does", path=str(path)
        ) from None
    except OSError as error:
        raise broken(label, str(path), f"is no folder ({error.strerror})") from error
    try:
        yield _Reader(handle, label)
    finally:
        os.close(handle)


def _manifest(
    reader: _Reader, name: str, folder: str | None, *, alias: bool, signed: bool
) -> tuple[dict[str, Any], str]:
    card = reader.read(CARD_FILE, _SMALL_BYTES)
    content = reader.read(MANIFEST_FILE, _SMALL_BYTES)
    digest = hashlib.sha256(content).hexdigest()
    if not hmac.compare_digest(digest, pinned_digest(card)):
        raise broken(reader.label, MANIFEST_FILE, f"does not have the SHA-256 that {CARD_FILE} holds")
    if signed and signatures_wanted():
        _check_signature(reader, content)
    manifest = read_json(content, source=f"{reader.label}: {MANIFEST_FILE}")
    if manifest.get("schema") != MANIFEST_SCHEMA:
        reason = (
            f"has schema {manifest.get('schema')!r}, this Trady2 reads {MANIFEST_SCHEMA}; use the release that wrote it"
        )
        raise broken(reader.label, MANIFEST_FILE, reason)
    if manifest["name"] != name or folder not in (None, manifest["version"].replace("+", "-")):
        raise broken(reader.label, MANIFEST_FILE, f"belongs to {manifest['name']}:{manifest['version']}")
    if not hmac.compare_digest(card, (alias_card if alias else version_card)(manifest, digest)):
        raise broken(reader.label, CARD_FILE, "is not the one that was published")
    return manifest, digest


def _check_signature(reader: _Reader, manifest: bytes) -> None:
    try:
        signature = reader.read(SIGNATURE_FILE, _SIGNATURE_BYTES)
    except IntegrityError as error:
        if error.values["reason"] != _MISSING:
            raise
        reason = (
            "is missing: the version is unsigned, and TRADY2_PUBLIC_KEY asks for a signature; "
            "sign it with `trady2 keys sign` if it is yours"
        )
        raise broken(reader.label, SIGNATURE_FILE, reason) from None
    wrong = reason_against(manifest, signature)
    if wrong:
        raise broken(reader.label, SIGNATURE_FILE, wrong)
