"""What `update` knew when it last ended, so that the next one looks only at what changed.

A memo, not a record: without it, or when it is wrong about a file, the files themselves are asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from trady2.files import Mark

__all__ = ["BlockRows", "Memo", "Written"]

_FILE = ".features.json"
_FORMAT = 1


class BlockRows(NamedTuple):
    """How many bars of an asset lie in a block, and their digest."""

    rows: int
    digest: str


class Written(NamedTuple):
    """A block file: its mark, the digest of what it was made from, and its rows."""

    mark: Mark
    made_from: str
    rows: int


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
                files={
                    asset: {name: _mark(mark) for name, mark in files.items()}
                    for asset, files in found["files"].items()
                },
                blocks={
                    asset: {number: BlockRows(rows, digest) for number, rows, digest in blocks}
                    for asset, blocks in found["blocks"].items()
                },
                written={
                    name: Written(_mark(mark), made_from, rows) for name, mark, made_from, rows in found["written"]
                },
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self, place: Path) -> None:
        """Replace the memo in the folder *place*. Not flushed: after a power cut an unreadable one is no loss."""
        blocks = {asset: [(number, *rows) for number, rows in blocks.items()] for asset, blocks in self.blocks.items()}
        written = [(name, *each) for name, each in self.written.items()]
        facts = {"format": _FORMAT, "step": self.step, "engine": self.engine, "files": self.files}
        draft = place / f"{_FILE}.tmp"
        draft.write_text(json.dumps(facts | {"blocks": blocks, "written": written}))
        draft.replace(place / _FILE)


def _mark(numbers: list[int]) -> Mark:
    inode, written_ns, size = numbers
    return inode, written_ns, size
