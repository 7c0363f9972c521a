"""What `update` knew when it last ended, so that the next one looks only at what changed.

A memo, not a record: without it, or when it is wrong about a file, the files themselves are asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from trady2.files import Mark

__all__ = ["BlockRows", "Memo", "Written"]

_FILE = ".features.json"
_FORMAT = 2


class BlockRows(NamedTuple):
    """How many bars of an asset lie in a block, and their digest."""

    rows: int
    digest: str


class Written(NamedTuple):
    """A block file: its mark, the digest of what it was made from, its rows, and the number of its block."""

    mark: Mark
    made_from: str
    rows: int
    number: int | None = None


@dataclass
class Memo:
    """What was known.

    Attributes:
        step: the timeframe in microseconds; 0 when nothing is known.
        engine: the digest of configuration and code.
        files: marks of the bars' files, by asset and name.
        blocks: rows of each block of bars, by asset and number.
        written: the block files of vectors, by name.
    """

    step: int = 0
    engine: str = ""
    files: dict[str, dict[str, Mark]] = field(default_factory=dict)
    blocks: dict[str, dict[int, BlockRows]] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)

    @classmethod
    def read(cls, place: Path) -> Memo:
        """Return the memo in the folder *place*, an empty one when there is none that can be read."""
        try:
            found = json.loads((place / _FILE).read_bytes())
            if found["format"] != _FORMAT:
                return cls()
            return cls(
                step=int(found["step"]),
                engine=str(found["engine"]),
                files={asset: _marked(*columns) for asset, columns in found["files"].items()},
                blocks={
                    asset: dict(zip(numbers, map(BlockRows, *rest), strict=True))
                    for asset, (numbers, *rest) in found["blocks"].items()
                },
                written=_written(*found["written"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self, place: Path) -> None:
        """Replace the memo in the folder *place*. Not flushed: after a power cut an unreadable one is no loss.

        The old one is removed first, for a rename onto a file waits for the disk on ext4.
        """
        facts = {
            "format": _FORMAT,
            "step": self.step,
            "engine": self.engine,
            "files": {a: _columns(((n, *mark) for n, mark in files.items()), 4) for a, files in self.files.items()},
            "blocks": {a: _columns(((n, *rows) for n, rows in blocks.items()), 3) for a, blocks in self.blocks.items()},
            "written": _columns(((n, *each.mark, *each[1:]) for n, each in self.written.items()), 7),
        }
        draft = place / f"{_FILE}.tmp"
        draft.write_text(json.dumps(facts))
        (place / _FILE).unlink(missing_ok=True)
        draft.rename(place / _FILE)


def _columns(rows: Iterable[tuple[object, ...]], width: int) -> list[tuple[object, ...]]:
    """Turn rows into columns: a few long lists are read back in a third of the time of thousands of short ones."""
    return list(zip(*rows, strict=True)) or [()] * width


def _marked(names: list[str], *marks: list[int]) -> dict[str, Mark]:
    inodes, times, sizes = marks
    return dict(zip(names, zip(inodes, times, sizes, strict=True), strict=True))


def _written(
    names: list[str],
    inodes: list[int],
    times: list[int],
    sizes: list[int],
    made_from: list[str],
    rows: list[int],
    numbers: list[int | None],
) -> dict[str, Written]:
    marks = zip(inodes, times, sizes, strict=True)
    return dict(zip(names, map(Written, marks, made_from, rows, numbers), strict=True))
