from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trady2.data.simulation import simulate_bars
from trady2.errors import DataError
from trady2.guards.bar_table import BarTable


@pytest.fixture(scope="module")
def two() -> pd.DataFrame:
    """Return two assets, the second of which begins later and has gaps of its own."""
    first, second = simulate_bars(60, seed=1, asset="A"), simulate_bars(60, seed=2, asset="B")
    return pd.concat([first, second[10:].drop(index=[20, 21])], ignore_index=True)


def test_places_on_the_clock_are_shared(two: pd.DataFrame) -> None:
    """Rows of one time have one place, whatever asset they are of."""
    table = BarTable.of(two)
    assert (table.clock == np.unique(table.time)).all()
    assert (table.clock[table.position] == table.time).all()


def test_a_part_holds_the_bars_of_its_time(two: pd.DataFrame) -> None:
    """A part is what a filter on time gives, for one asset and for several, and keeps its places."""
    for frame in (two, two[two.asset == "A"].drop(columns="asset")):
        table = BarTable.of(frame)
        begin, end = table.clock[15], table.clock[40]
        part = table.between(15, 40)
        times = frame.timestamp.dt.tz_localize(None).to_numpy()
        expected = frame[(times >= begin) & (times < end)].reset_index(drop=True)
        pd.testing.assert_frame_equal(part.frame, expected)
        assert (table.clock[part.position] == part.time).all()


def test_rows_are_found_by_asset_and_time(two: pd.DataFrame) -> None:
    """A frame in the bars' order needs no map; any other is mapped row by row."""
    table = BarTable.of(two)
    assert table.rows_of(two) is None
    shuffled = two.sample(frac=0.6, random_state=0)
    assert (table.rows_of(shuffled) == shuffled.index.to_numpy()).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f: f.assign(timestamp=f.timestamp + pd.Timedelta("30min")),
            "where there is no bar; keep",
        ),
        (lambda f: pd.concat([f, f[:1]]), "it returned two rows for 2020-01-01T00:00:00.000000Z"),
        (lambda f: f.drop(columns="asset"), "no column 'asset' for bars of several assets"),
        (lambda f: f.assign(asset="C"), "it returned the asset 'C'; keep the bars' own names"),
        (lambda f: f.assign(timestamp=f.timestamp.dt.tz_localize(None)), "not a time with a zone"),
    ],
)
def test_rows_without_a_bar_are_refused(two: pd.DataFrame, change: object, message: str) -> None:
    """A row belongs to one bar, and a bar has one row."""
    with pytest.raises(DataError, match=message):
        BarTable.of(two).rows_of(change(two))  # type: ignore[operator]


def test_bars_without_an_asset_are_one_asset(two: pd.DataFrame) -> None:
    """Without the column the bars are of one asset, and so is what is returned, named or not."""
    one = two[two.asset == "A"]
    table = BarTable.of(one.drop(columns="asset"))
    assert (table.assets, table.rows_of(one)) == (("",), None)


def test_broken_bars_are_refused(two: pd.DataFrame) -> None:
    """What is no bar is refused before anything is called."""
    with pytest.raises(DataError, match="high below low"):
        BarTable.of(two.assign(high=two.low * 0.9))
