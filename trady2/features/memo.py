"""What `update` knew when it last ended, so that the next one looks only at what changed.

A memo, not a record: without it, or when it is wrong about a file, the files themselves are asked.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from trady2.features.stored_bars import Mark, mark_of

__all__ = ["BlockRows", "Memo", "Written"]

_FILE = ".features.json"
_FORMAT = 1


@dataclass(frozen=True)
class BlockRows:
    """How many bars of an asset lie in a block, and their digest."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Written:
    """A block file: its mark, the digest of what it was made from, and its rows."""

    mark: Mark
    made_from: str
    rows: int

    @classmethod
    def of(cls, path: Path, made_from: str, rows: int) -> Written:
        """Take the mark of the file at *path*."""
        return cls(mark_of(path), made_from, rows)

    def still_is(self, path: Path) -> bool:
        """Return whether the file at *path* is the one that was written."""
        return mark_of(path) == self.mark


@dataclass
class Memo:
    """Marks of the bars' files and the rows of each block, by asset; the block files, by name."""

    step: int = 0
    files: dict[str, dict[str, Mark]] = field(default_factory=dict)
    blocks: dict[str, dict[int, BlockRows]] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)

    @classmethod
    def read(cls, place: Path) -> Memo:
        """Return the memo in the folder *place*, an empty one when there is none that can be read."""
        try:
            found = json.loads((place / _FILE).read_bytes())
            if found.pop("format") != _FORMAT:
                return cls()
            return cls(
                step=int(found["step"]),
                files={asset: _marks(files) for asset, files in found["files"].items()},
                blocks={
                    asset: {int(number): BlockRows(**rows) for number, rows in blocks.items()}
                    for asset, blocks in found["blocks"].items()
                },
                written={
                    name: Written(_mark(each["mark"]), each["made_from"], each["rows"])
                    for name, each in found["written"].items()
                },
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self, place: Path) -> None:
        """Replace the memo in the folder *place*. Not flushed: after a power cut an unreadable one is no loss."""
        draft = place / f"{_FILE}.tmp"
        draft.write_text(json.dumps({"format": _FORMAT, **asdict(self)}))
        draft.replace(place / _FILE)


def _marks(files: dict[str, list[int]]) -> dict[str, Mark]:
    return {name: _mark(mark) for name, mark in files.items()}


def _mark(numbers: list[int]) -> Mark:
    inode, written_ns, size = map(int, numbers)
    return inode, written_ns, size
