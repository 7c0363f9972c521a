from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.stats.overlap import block_length, clock_of, time_blocks, uniqueness


def minute(numbers: object) -> np.ndarray:
    """Return minutes since 2024 as times."""
    return np.datetime64("2024-01-01", "us") + np.asarray(numbers) * np.timedelta64(1, "m")


@pytest.mark.parametrize("horizon", [1, 4, 12])
def test_interior_uniqueness_of_a_fixed_horizon(horizon: int) -> None:
    """A label of N bars on every bar is exactly 1/N unique, away from both ends."""
    start = np.arange(100)
    share = uniqueness(minute(start), minute(start + horizon), np.zeros(100, int))
    np.testing.assert_allclose(share[horizon:-horizon], 1 / horizon)
    assert share.sum() == pytest.approx(100 / horizon, rel=0.25)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(0, 2)), min_size=1, max_size=25))
def test_uniqueness_equals_counting_every_minute(rows: list[tuple[int, int, int]]) -> None:
    """Random lives, gaps and groups give what counting minute by minute gives."""
    start, length, group = (np.array(column) for column in zip(*rows, strict=True))
    alive = {code: np.zeros(60) for code in range(3)}
    for begin, span, code in rows:
        alive[code][begin : begin + span] += 1
    expected = [np.mean(1 / alive[code][begin : begin + span]) for begin, span, code in rows]
    np.testing.assert_allclose(uniqueness(minute(start), minute(start + length), group), expected)


@pytest.mark.parametrize(
    ("n_times", "horizon", "length"),
    [(4800, 24, 120), (2400, 12, 60), (20_000, 12, 250), (200_000, 12, 2500), (3000, 1, 48), (400, 1, 10), (3, 1, 5)],
)
def test_block_length(n_times: int, horizon: int, length: int) -> None:
    """Blocks hold five horizons, 48 bars where forty of them fit, and are at most eighty."""
    assert block_length(n_times, horizon) == length


numbers = st.lists(st.integers(0, 300), min_size=1, max_size=200)


@given(numbers, st.integers(1, 12), st.booleans())
def test_blocks_hold_whole_times(numbers: list[int], horizon: int, ascending: bool) -> None:
    """Equal times share a block, blocks follow time, and each holds at least the length that was asked for."""
    ordered = np.array(sorted(numbers) if ascending else numbers)
    blocks = time_blocks(minute(ordered), horizon)
    distinct = np.unique(ordered)
    of_time = [set(blocks.code[ordered == number]) for number in distinct]
    assert all(len(found) == 1 for found in of_time)
    sequence = np.array([found.pop() for found in of_time])
    assert np.all(np.diff(sequence) >= 0)
    assert blocks.length == block_length(len(distinct), horizon)
    assert blocks.n_blocks == max(len(distinct) // blocks.length, 1)
    assert set(sequence) == set(range(blocks.n_blocks))
    assert np.bincount(sequence).min() >= min(blocks.length, len(distinct))
    assert np.ptp(np.bincount(sequence)) <= 1
    assert blocks.pieces_per_block == min(blocks.length, 8)
    assert (blocks.piece // blocks.pieces_per_block).tolist() == blocks.code.tolist()
    if len(distinct) >= blocks.length:
        pieces = np.bincount([blocks.piece[ordered == number][0] for number in distinct])
        assert len(pieces) == blocks.n_blocks * blocks.pieces_per_block
        assert pieces.min() >= max(pieces.max() - 1, 1)


@given(st.lists(st.integers(0, 30), max_size=60), st.booleans())
def test_clock_equals_numpy(numbers: list[int], ascending: bool) -> None:
    """Distinct times and places are those of NumPy's unique."""
    times = minute(np.array(sorted(numbers) if ascending else numbers, int))
    clock, place = np.unique(times, return_inverse=True)
    found = clock_of(times)
    assert (found[0].tolist(), found[1].tolist()) == (clock.tolist(), place.tolist())
