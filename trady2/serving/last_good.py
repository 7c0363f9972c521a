"""Which version answered last, so that the restart of a worker changes nothing in what answers.

A worker that runs goes on with the version in its memory when another one is refused. One that starts in that moment
has none in memory; it finds here which one that was, and opens it by the same protocol: every byte compared, the
signature, the golden predictions.

$TRADY2_HOME/last_good/<name>.json    {"version": "1.0.0+20251101_120000", "manifest_sha256": "…"}
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from trady2.errors import Trady2Error
from trady2.files import atomic_write
from trady2.home import trady2_home
from trady2.registry.loading import Opened, open_version
from trady2.registry.version import check_name

__all__ = ["LastGood"]

_log = logging.getLogger(__name__)
_MOST_BYTES = 1_000


class LastGood:
    """The memory of the model *name*, which all workers with the same ``TRADY2_HOME`` share."""

    def __init__(self, name: str) -> None:
        """Touch nothing yet."""
        self.name = name
        self._file = trady2_home() / "last_good" / f"{check_name(name)}.json"

    def remember(self, opened: Opened | None) -> None:
        """Note that *opened* answers now; None: nothing is active any more, so nothing may come back.

        A home that cannot be written is logged, and costs the memory alone.
        """
        try:
            if opened is None:
                self._file.unlink(missing_ok=True)
                return
            told = {"version": opened.version.version, "manifest_sha256": opened.manifest_sha256}
            content = json.dumps(told).encode()
            if _content(self._file) != content:
                atomic_write(self._file, content)
        except OSError as error:
            _log.warning("%s cannot be written (%s): a restart will not know what answers now", self._file, error)

    def recall(self) -> Opened | None:
        """Open and verify what answered last; None where nothing did, or where it is damaged too. Never raises."""
        try:
            told = json.loads(_content(self._file) or b"null")
            version, digest = (str(told["version"]), told["manifest_sha256"]) if told else ("", None)
        except (OSError, ValueError, TypeError, KeyError) as error:
            _log.error("%s does not tell what answered last: %s", self._file, error)
            return None
        if not version:
            return None
        try:
            opened = open_version(self.name, version)
        except (Trady2Error, OSError) as error:
            _log.error("%s: %s, which answered last, is refused too: %s", self.name, version, error)
            return None
        if opened.manifest_sha256 != digest:
            _log.error("%s: %s is not the one that answered last: its manifest is another", self.name, version)
            return None
        return opened


def _content(file: Path) -> bytes | None:
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_BYTES)
    except FileNotFoundError:
        return None
