from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from trady2.config import FeaturesConfig
from trady2.features.bar_arrays import BarArrays
from trady2.features.blocks import BLOCK_BARS, Block, block_numbers, blocks_of
from trady2.features.engine import Engine


@settings(max_examples=50, deadline=None)
@given(opens=st.lists(st.integers(-3 * BLOCK_BARS, 3 * BLOCK_BARS), min_size=1, max_size=50, unique=True))
def test_blocks_tile_the_rows(opens: list[int]) -> None:
    """Blocks cover every row once and in order, each row in the block of its time, before 1970 too."""
    time = np.sort(np.array(opens, np.int64)) * 60
    blocks = blocks_of(time, 60)
    assert [row for block in blocks for row in range(block.start, block.stop)] == list(range(len(opens)))
    assert len({block.number for block in blocks}) == len(blocks)
    for block in blocks:
        assert set(block_numbers(time[block.start : block.stop], 60)) == {block.number}
        assert block.number * BLOCK_BARS * 60 <= time[block.start]
        assert time[block.stop - 1] < (block.number + 1) * BLOCK_BARS * 60


def test_no_rows_make_no_block() -> None:
    """An asset without bars has no blocks."""
    assert blocks_of(np.array([], np.int64), 60) == []


def test_a_block_depends_on_its_own_history_alone(
    bars: pd.DataFrame, to_arrays: Callable[[pd.DataFrame], BarArrays]
) -> None:
    """A block computed from all bars, and from just its declared history, has the same bits."""
    given, engine = to_arrays(bars), Engine.of(FeaturesConfig(), 3_600_000_000, market=False)
    block = blocks_of(given.time, given.step)[1]
    begin = block.start - engine.history_bars
    assert begin > 0
    whole = np.empty((len(engine.names), block.stop - block.start), np.float32)
    part = whole.copy()
    engine.fill(given, "AAA", block, whole)
    engine.fill(
        given.rows(begin, block.stop), "AAA", Block(block.number, engine.history_bars, block.stop - begin), part
    )
    assert_array_equal(part.view(np.int32), whole.view(np.int32))
