from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.backtest.runs import asset_runs
from trady2.errors import DataError

names = st.sampled_from(["A", "B", "BTC-USDT", "BTC-USDC", "ÅÄ", ""])


@given(
    st.lists(st.tuples(names, st.integers(1, 9)), min_size=1, max_size=6), st.sampled_from(["str", "category", object])
)
def test_runs_are_those_of_a_plain_loop(parts, kind):
    """Runs of any length, names of any length, and names that come back are found as a loop finds them."""
    rows = [name for name, count in parts for _ in range(count)]
    edges = [row for row in range(1, len(rows)) if rows[row] != rows[row - 1]]
    found, starts = asset_runs(pd.Series(rows, dtype=kind))
    assert (list(found), starts.tolist()) == ([rows[row] for row in [0, *edges]], edges)


def test_one_odd_row_inside_a_run_is_seen():
    """A name of the same length in the middle of a long run is no part of it."""
    rows = pd.Series(["AAA"] * 1000, dtype="str")
    rows[500] = "AAB"
    assert asset_runs(rows)[1].tolist() == [500, 501]


def test_a_part_of_a_longer_column_is_read_at_its_place():
    """A slice shares the memory of the whole column and begins somewhere inside."""
    rows = pd.Series(["A"] * 5 + ["BB"] * 5 + ["C"] * 5, dtype="str").iloc[3:12]
    assert [list(asset_runs(rows)[0]), asset_runs(rows)[1].tolist()] == [["A", "BB", "C"], [2, 7]]


def test_columns_in_pieces_are_put_together():
    """Frames that were joined may keep their texts in chunks."""
    parts = [pd.Series([name] * 3, dtype="str") for name in "AB"]
    assert asset_runs(pd.concat(parts))[1].tolist() == [3]


@pytest.mark.parametrize("kind", ["str", "category"])
def test_a_missing_asset_is_refused(kind):
    """Its row is named."""
    with pytest.raises(DataError, match=r"row 2: 'asset' is missing; name it or drop the row"):
        asset_runs(pd.Series(["A", "A", np.nan], dtype=kind))
