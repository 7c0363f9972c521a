"""API keys: who may ask, by hashes that the environment or a file holds; the keys themselves are nowhere.

``TRADY2_API_KEYS`` or the file ``TRADY2_API_KEYS_FILE`` lists entries ``scope:SHA-256`` between blanks or lines, ``#``
begins a comment. The scope ``predict`` may ask, ``admin`` may do everything. For a rotation both keys are listed
until the last client has the new one; a changed file counts within a second. A key is 256 random bits, so its plain
SHA-256 tells nothing that could be guessed.

    python -m service.api_keys predict       # makes a key and its entry
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

from service.faults import HttpError
from service.loopback import refuse_strangers
from trady2.errors import ConfigError
from trady2.files import Mark, mark_of

__all__ = ["ApiKeys", "Scope", "fingerprint", "new_key", "read_keys"]

Scope = Literal["predict", "admin"]

_log = logging.getLogger("trady2.service")
_ENTRY: Final = re.compile(r"(predict|admin):([0-9a-f]{64})")
_MOST_KEYS: Final = 16
_LOOK_EVERY_SECONDS: Final = 1.0
_GRANTS: Final = {"predict": ("predict",), "admin": ("predict", "admin")}


def read_keys(text: str) -> tuple[tuple[str, bytes], ...]:
    """Return scope and digest of each entry in *text*.

    Raises:
        ConfigError: something is no entry, or there are more than 16, each of which costs every request.
    """
    words = " ".join(line.partition("#")[0] for line in text.splitlines()).split()
    found = []
    for number, word in enumerate(words, start=1):
        entry = _ENTRY.fullmatch(word)
        if entry is None:
            # The word itself is not shown: it may be a key that somebody forgot to hash.
            raise ConfigError(
                f"entry {number} of the API keys is not 'predict:' or 'admin:' and a SHA-256 of 64 hex digits; "
                "make one with `python -m service.api_keys predict`",
                entry=number,
            )
        found.append((entry[1], bytes.fromhex(entry[2])))
    if len(found) > _MOST_KEYS:
        raise ConfigError(f"{len(found)} API keys are more than {_MOST_KEYS}; remove those of finished rotations")
    return tuple(found)


def new_key(scope: Scope) -> tuple[str, str]:
    """Return a new random key and the entry that lets it in."""
    key = secrets.token_urlsafe(32)
    return key, f"{scope}:{hashlib.sha256(key.encode()).hexdigest()}"


class ApiKeys:
    """The keys that count now. Without a source nobody needs one, and only loopback is answered.

    Attributes:
        problem: why the file cannot be read; the keys before it go on counting, and without any nobody is let in.
    """

    def __init__(self, text: str | None = None, file: str | Path | None = None) -> None:
        """Read the entries of *text* and of *file*; raises ConfigError for *text*, for a file see `problem`."""
        self._file = Path(file) if file else None
        self._fixed = read_keys(text or "")
        self._keys: tuple[tuple[str, bytes], ...] | None = None if self._file else self._fixed
        self._mark: Mark | None = None
        self._look_at = 0.0
        self.problem: str | None = None
        self._look_again()

    @classmethod
    def from_environment(cls) -> ApiKeys:
        """Read what ``TRADY2_API_KEYS`` and ``TRADY2_API_KEYS_FILE`` name; raises like the constructor."""
        return cls(os.environ.get("TRADY2_API_KEYS"), os.environ.get("TRADY2_API_KEYS_FILE"))

    def admit(
        self, headers: Iterable[tuple[bytes, bytes]], server: tuple[str, int | None] | None, needed: Scope
    ) -> bytes | None:
        """Let a request pass that brings a key for *needed*, or that needs none; return the key's SHA-256.

        Args:
            headers: of the request; the key stands in ``Authorization: Bearer KEY`` or ``X-API-Key: KEY``.
            server: the address that the client has connected to.
            needed: the scope of what it asks for.

        Raises:
            HttpError: 401 without a key that counts, 403 for one of another scope, or where keys are needed and none is
                configured; 503 while the file of keys has never been readable.
        """
        keys = self._current()
        if not keys:
            refuse_strangers(headers, server)
            return None
        granted, digest = self._granted(keys, _presented(headers))
        if granted is None:
            raise HttpError(
                401,
                "unauthorized",
                "this needs an API key; send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
                www_authenticate="Bearer",
            )
        if needed not in granted:
            raise HttpError(403, "forbidden", f"this needs a key of the scope {needed!r}; ask for one")
        return digest

    @property
    def needed(self) -> bool:
        """Whether anybody needs a key; raises HttpError 503 as `admit` does."""
        return bool(self._current())

    def who(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Return the `fingerprint` of the key that an admitted request has brought, None where none is needed."""
        key = _presented(headers) if self.needed else None
        return None if key is None else fingerprint(hashlib.sha256(key).digest())

    def scopes_of(self, mark: str) -> tuple[str, ...] | None:
        """Return what the key with the `fingerprint` *mark* may do now; None once it is not listed any more."""
        found = [scope for scope, known in self._current() if fingerprint(known) == mark]
        return _GRANTS["admin" if "admin" in found else found[0]] if found else None

    def _current(self) -> tuple[tuple[str, bytes], ...]:
        if self._file is not None and time.monotonic() >= self._look_at:
            self._look_again()
        if self._keys is None:
            raise HttpError(503, "no_api_keys", "the API keys cannot be read, so nobody is let in; the log tells more")
        return self._keys

    @staticmethod
    def _granted(keys: tuple[tuple[str, bytes], ...], key: bytes | None) -> tuple[tuple[str, ...] | None, bytes | None]:
        if key is None:
            return None, None
        digest, scope = hashlib.sha256(key).digest(), ""
        # Every entry is compared, so that the time tells nothing about which one fits.
        for known_scope, known in keys:
            if hmac.compare_digest(digest, known) and scope != "admin":
                scope = known_scope
        return _GRANTS.get(scope), digest

    def _look_again(self) -> None:
        if self._file is None:
            return
        self._look_at = time.monotonic() + _LOOK_EVERY_SECONDS
        try:
            mark = mark_of(self._file)
            if mark == self._mark:
                return
            listed = read_keys(self._file.read_text("utf-8"))
            if not listed:
                raise ConfigError("it lists no API key, so that nobody could ask; add one, or unset the variable")
        except (OSError, ValueError) as error:  # ConfigError and UnicodeDecodeError are ValueErrors
            if self.problem != str(error):
                _log.error("%s gives no API keys, those before it go on counting: %s", self._file, error)
            self.problem = str(error)
        else:
            self._keys, self._mark, self.problem = self._fixed + listed, mark, None


def fingerprint(digest: bytes) -> str:
    """Name a key by the first 12 hex digits of its entry: enough to find it in the list, useless to ask with."""
    return digest[:6].hex()


def _presented(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return value[7:].strip()
        if name == b"x-api-key":
            return value.strip()
    return None


if __name__ == "__main__":
    if sys.argv[1:] not in (["predict"], ["admin"]):
        sys.exit("name the scope: python -m service.api_keys predict|admin")
    made, entry = new_key("admin" if sys.argv[1] == "admin" else "predict")
    sys.stdout.write(f"key    {made}\nentry  {entry}\n")
