from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.comparison import assert_same
from tests.backtest.markets import configs, frame, markets, random_rows
from trady2.backtest import mark, simulate
from trady2.backtest.kernel import walk

NOWHERE, NOTHING = np.empty(0, np.int64), np.empty(0)


@given(markets(), configs())
@settings(max_examples=60, deadline=None)
def test_one_asset_equals_the_reference(market, config):
    """Any market under any configuration gives the trades and the equity of the event-by-event replay."""
    rows, probability = market
    assert_same(frame(rows), probability, config)


@given(
    st.lists(markets(max_bars=15), min_size=2, max_size=4),
    st.lists(st.integers(0, 12), min_size=4, max_size=4),
    configs(),
)
@settings(max_examples=20, deadline=None)
def test_several_assets_equal_the_reference(parts, starts, config):
    """Assets that begin and end at different times trade their own shares, and the equity is their sum."""
    frames = [
        frame(rows, asset=name, start=f"2024-01-01T{start:02d}:00")
        for name, start, (rows, _) in zip("ABCD", starts, parts, strict=False)
    ]
    assert_same(pd.concat(frames, ignore_index=True), np.concatenate([p for _, p in parts]), config)


@pytest.mark.parametrize("seed", [1, 2])
def test_interpreted_core_equals_compiled_core(seed):
    """The machine code does what the Python source says, to the last bit."""
    rng = np.random.default_rng(seed)
    open_, high, low, close = (np.ascontiguousarray(column) for column in np.array(random_rows(rng, 300)).T)
    arguments = ((open_, high, low, close), (NOWHERE,) * 2, (NOTHING,) * 3, rng.random(300) > 0.6, 6, 0)
    levels = (0.98, 1.02, 0.97)
    compiled, interpreted = walk(*arguments, levels), walk.py_func(*arguments, levels)
    for left, right in zip(compiled, interpreted, strict=True):
        np.testing.assert_array_equal(left, right)
    priced = (close, *compiled[:4], 1.001, 0.999, 0.7, 5_000.0)
    for left, right in zip(mark(*priced), mark.py_func(*priced), strict=True):
        np.testing.assert_array_equal(left, right)


def test_one_compiled_form_serves_writable_and_read_only_arrays():
    """Read-only columns, as pandas hands them out, need no second compilation."""
    rows = np.array(random_rows(np.random.default_rng(0), 30)).T
    writable = [np.ascontiguousarray(column) for column in rows]
    frozen = [np.ascontiguousarray(column) for column in rows]
    for column in frozen:
        column.flags.writeable = False
    signal = np.ones(30, bool)
    first = simulate(*writable, signal, 3, 0.98, 1.02, -np.inf)
    second = simulate(*frozen, signal, 3, 0.98, 1.02, -np.inf)
    assert first.entry_bar.tolist() == second.entry_bar.tolist()
    assert len(walk.code.signatures) == 1
