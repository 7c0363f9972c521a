"""The stored bars of one asset, block by block: how many rows and which digest, read only where files changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trady2.data.periods import EVER
from trady2.features.bar_arrays import BarArrays
from trady2.features.blocks import BLOCK_BARS, blocks_of
from trady2.features.fingerprint import rows_digest
from trady2.features.memo import BlockRows, Memo
from trady2.features.stored_bars import StoredBars

__all__ = ["Inputs"]


@dataclass(frozen=True)
class Inputs:
    """Bars of one asset.

    Attributes:
        stored: its files.
        blocks: rows and digest of every block that holds a bar, by the block's number.
        step: the timeframe in microseconds.
        first_changed: the earliest block that is not as remembered, None when all are.
        loaded: the bars that had to be read, those with loaded_span[0] <= time < loaded_span[1].
    """

    stored: StoredBars
    blocks: dict[int, BlockRows]
    step: int
    first_changed: int | None
    loaded: BarArrays | None
    loaded_span: tuple[int, int]

    @classmethod
    def of(cls, folder: str | Path, asset: str, memo: Memo) -> Inputs:
        """Look at the bars of *asset*, trusting *memo* for files that did not change.

        Raises:
            NotFoundError: the asset is not stored.
        """
        stored = StoredBars.of(folder, asset)
        spans, known = stored.changed(memo.files.get(asset, {})), memo.blocks.get(asset, {})
        if not spans:
            return cls(stored, known, memo.step, None, None, (0, 0))
        length = BLOCK_BARS * memo.step
        if not memo.step or EVER in spans:
            start, stop = EVER
        else:
            start = min(first for first, _ in spans) // length * length
            stop = -(-max(last for _, last in spans) // length) * length
        bars = stored.read(start, stop, step=memo.step or None)
        found = {
            block.number: BlockRows(block.stop - block.start, rows_digest(bars, block))
            for block in blocks_of(bars.time, bars.step)
        }
        kept = dict(known)
        looked_at = range(start // length, stop // length) if (start, stop) != EVER else list(known)
        gone = {number: kept.pop(number) for number in looked_at if number in kept}
        blocks = dict(sorted((kept | found).items()))
        changed = [number for number in gone.keys() | found.keys() if gone.get(number) != found.get(number)]
        return cls(stored, blocks, bars.step, min(changed, default=None), bars, (start, stop))

    def bars(self, start: int, stop: int) -> BarArrays:
        """Return the bars with start <= time < stop, in microseconds, from memory or else from disk."""
        if self.loaded is None or stop > self.loaded_span[1]:
            return self.stored.read(start, stop, step=self.step)
        first, last = np.searchsorted(self.loaded.time, [start, stop])
        late = self.loaded.rows(int(first), int(last))
        if start >= self.loaded_span[0]:
            return late
        return self.stored.read(start, min(stop, self.loaded_span[0]), step=self.step).followed_by(late)
