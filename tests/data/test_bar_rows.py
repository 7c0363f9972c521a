"""Merging bars; `tests/data/test_bars.py` tells what the outcomes mean."""

from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from trady2.data.bar_rows import SCHEMA, BarRows, merge_rows

# A bar: its time, its price, whether it is known to have closed.
BARS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 2), st.booleans()), max_size=12, unique_by=lambda bar: bar[0]
)


def rows(bars: list[tuple[int, int, bool]]) -> BarRows:
    """Make bars whose five numbers are the price."""
    micro, price, closed = zip(*sorted(bars), strict=True) if bars else ((), (), ())
    return BarRows(np.array(micro, np.int64), np.tile(np.array(price, np.float64), (5, 1)), np.array(closed, bool))


def told(found: BarRows) -> list[tuple[int, int, bool]]:
    """Take bars apart again."""
    return list(zip(found.micro.tolist(), found.ohlcv[3].astype(int).tolist(), found.closed.tolist(), strict=True))


def slow_merge(old: list, new: list, *, replace: bool) -> tuple[dict, list, Counter]:
    """Merge bar by bar, by the rules in words."""
    stored, refused, counts = {bar[0]: bar for bar in old}, [], Counter()
    for time, price, closed in sorted(new):
        was = stored.get(time)
        if was is None:
            outcome = "added"
        elif price == was[1]:
            outcome = "closed" if closed and not was[2] else "unchanged"
        elif not was[2]:
            outcome = "superseded"
        elif not closed:
            outcome = "unchanged"
        else:
            outcome = "replaced" if replace else "conflicts"
        counts[outcome] += 1
        if outcome == "conflicts":
            refused.append((time, price, closed))
        elif outcome != "unchanged":
            stored[time] = (time, price, closed)
    return stored, refused, counts


@given(old=BARS, new=BARS, replace=st.booleans())
def test_bars_merge_as_one_by_one(old: list, new: list, replace: bool) -> None:
    """Any two sets of bars give the rows, the refusals and the counts of a slow merge; None when nothing changes."""
    counts: Counter[str] = Counter()
    merged, refused = merge_rows(rows(old), rows(new), counts, replace=replace)
    expected, expected_refused, expected_counts = slow_merge(old, new, replace=replace)
    assert (told(refused), +counts) == (expected_refused, expected_counts)
    assert (merged is None) == (sorted(old) == sorted(expected.values()))
    assert merged is None or told(merged) == sorted(expected.values())


def test_rows_come_back_from_their_table() -> None:
    """The table has the store's schema, and pandas reads it as what it is."""
    bars = rows([(3, 1, True), (5, 2, False)])
    table = bars.table()
    assert table.schema.equals(SCHEMA)
    assert told(BarRows.of_table(table)) == [(3, 1, True), (5, 2, False)]
    assert table.to_pandas()["timestamp"].tolist() == [
        pd.Timestamp(3, unit="us", tz="UTC"),
        pd.Timestamp(5, unit="us", tz="UTC"),
    ]


def test_order_and_repetition_are_mended() -> None:
    """Rows in another order are sorted; of one time the first stays."""
    bars = rows([(1, 1, True), (2, 2, True), (3, 1, True)])
    assert told(bars.take(np.array([2, 0, 1])).ordered()) == told(bars)
    twice = BarRows(np.array([1, 1]), np.array([[1.0, 2.0]] * 5), np.array([True, True]))
    assert told(twice.ordered()) == [(1, 1, True)]
