"""Blocks of the calendar: each is computed from the bars inside it and its own warm-up before it, and nothing else.

That makes a value the same however it was reached: in one go, bar by bar, or after years of updates. Sums and
smoothed means start at the same bar each time, so even their rounding errors agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from trady2.features.bar_arrays import BarArrays
from trady2.features.higher_timeframe import HigherBars, merge, running_return
from trady2.features.kernels import Array, Rows
from trady2.features.plan import RUNNING, Column, Group

__all__ = ["BLOCK_BARS", "Block", "block_numbers", "blocks_of", "fill_block"]

BLOCK_BARS = 2048
"""Length of a block on the clock, in steps of the bars; blocks are counted from 1970.

Measured, default set, processor time of one core: a block of 1024, 2048 or 4096 bars takes 2.4, 3.1 or 5.0 ms, so a
million bars take 2.3, 1.5 or 1.2 s. A new bar costs up to one block, and as much again to write it: 2048 keeps both
short.
"""


@dataclass(frozen=True)
class Block:
    """Rows *start* to *stop* (exclusive) of one asset, which lie in the block *number* of the calendar."""

    number: int
    start: int
    stop: int


def block_numbers(time: Rows, step: int) -> Rows:
    """Return the block of each bar open *time*; both in microseconds."""
    return time // (BLOCK_BARS * step)


def blocks_of(time: Rows, step: int) -> list[Block]:
    """Return the blocks that hold at least one of the sorted *time*s, in order."""
    number = block_numbers(time, step)
    edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(time)]
    return [Block(int(number[start]), start, stop) for start, stop in pairwise(edges) if stop > start]


def fill_block(
    bars: BarArrays,
    block: Block,
    groups: tuple[Group, ...],
    lengths: Mapping[str | None, int],
    out: npt.NDArray[np.float32],
) -> None:
    """Write the features of *block* into *out*, (columns, rows of the block), NaN inside the warm-up.

    Args:
        bars: one asset, oldest first; from its very beginning, or from at least the longest history before the block.
        block: the rows to compute.
        groups: what to compute.
        lengths: the length of each higher timeframe in microseconds.
        out: where to write; rounding to float32 happens here and only here.
    """
    near = max((group.history_bars for group in groups if group.timeframe is None), default=0)
    first = max(0, block.start - near)
    nearby = bars.rows(first, block.stop)
    # Taken now, all slices of them share their logarithms; longer bars have their own.
    _ = nearby.logs
    for group in groups:
        begin = max(0, block.start - group.history_bars)
        part = bars.rows(begin, block.stop) if group.timeframe else nearby.rows(begin - first, block.stop - first)
        lead = block.start - begin
        higher = None if group.timeframe is None else merge(part, lengths[group.timeframe], lead)
        for member in group.members:
            target = out[member.position]
            target[:] = _values(member.column, part, higher)[-len(target) :]
            target[: max(0, member.warmup_bars - lead)] = np.nan


def _values(column: Column, bars: BarArrays, higher: HigherBars | None) -> Array:
    if higher is None:
        return column.indicator.compute(bars, column.windows)
    if column.indicator is RUNNING:
        return running_return(higher)
    return higher.joined(column.indicator.compute(higher.bars, column.windows))
