from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.unpacking import unpacked
from trady2.reports.traces import line, milliseconds, packed, packed_times, panel, zone_spans

HOUR = 3_600_000
moments = st.lists(st.integers(0, 2**43), max_size=50).map(sorted)


def test_times_are_counted_in_milliseconds() -> None:
    """UTC times of an index and of a column become whole milliseconds since 1970."""
    index = pd.DatetimeIndex(["1970-01-01 00:00:01", "2024-01-01"], tz="UTC").as_unit("us")
    expected = [1000, 1_704_067_200_000]
    assert milliseconds(index).tolist() == milliseconds(index.to_series()).tolist() == expected


@settings(deadline=None)
@given(moments)
def test_times_come_out_exact(times: list[int]) -> None:
    """Whatever the times, regular or not, few or none, counting them out gives the very same ones."""
    np.testing.assert_array_equal(unpacked(packed_times(np.array(times, dtype=np.int64))), times)


def test_regular_times_take_half_the_room() -> None:
    """An hour's steps are small numbers of four bytes each."""
    times = HOUR * np.arange(10_000, dtype=np.int64)
    found = packed_times(times)
    assert (found["start"], found["step"]) == (0, HOUR)
    assert len(found["steps"]) == pytest.approx(len(packed(times)["bdata"]) / 2, rel=0.01)


def test_times_too_far_apart_stay_doubles() -> None:
    """Two odd moments that are more than 2**32 milliseconds apart need the full width."""
    times = np.array([0, 1, 2**40], dtype=np.int64)
    assert list(packed_times(times)) == ["dtype", "bdata"]


def test_a_line_of_few_points_is_whole() -> None:
    """Values are drawn to the bit; NaN is a gap."""
    values = np.array([1.0, np.nan, 1 / 3])
    drawn = line(HOUR * np.arange(3), values, "a", "--ink", 1.0)
    np.testing.assert_array_equal(unpacked(drawn["y"]), values)
    np.testing.assert_array_equal(unpacked(drawn["x"]), [0, HOUR, 2 * HOUR])


def test_a_line_of_many_points_keeps_its_extremes() -> None:
    """Few buckets leave few points, the highest and the lowest among them."""
    values = np.random.default_rng(0).standard_normal(10_000).cumsum()
    drawn = unpacked(line(np.arange(10_000), values, "a", "--ink", 1.0, buckets=10)["y"])
    assert len(drawn) <= 40
    assert (drawn.min(), drawn.max()) == (values.min(), values.max())


def test_a_panel_has_its_heading_above_it() -> None:
    """The text stands on the upper edge, in the colour of remarks."""
    assert (panel("trades", 0.3)["y"], panel("trades", 0.3)["yanchor"]) == (0.3, "bottom")


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01T02:00:00Z", (HOUR, 2 * HOUR)),
        ("1970-01-01T02:00:00Z", "1970-01-02T00:00:00Z", (2 * HOUR, 5 * HOUR)),
        ("1969-01-01T00:00:00Z", "1971-01-01T00:00:00Z", (HOUR, 5 * HOUR)),
        ("1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z", None),
        ("1970-01-01T06:00:00Z", "1970-01-02T00:00:00Z", None),
        (None, None, None),
    ],
    ids=["begins before", "ends after", "around", "just before", "after", "empty"],
)
def test_zones_are_cut_to_what_is_shown(start: str | None, end: str | None, span: tuple[int, int] | None) -> None:
    """A zone is drawn where it touches the hours from one to five, and left out where it does not."""
    found = zone_spans([{"zone": "train", "start": start, "end": end}], HOUR * np.arange(1, 6))
    assert [(zone["start"], zone["end"]) for zone in found] == ([span] if span else [])
