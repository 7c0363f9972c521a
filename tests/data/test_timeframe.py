"""Names and lengths of timeframes, and the step of given times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.data.timeframe import modal_step, timeframe_delta, timeframe_name
from trady2.errors import DataError, NotEnoughDataError


@pytest.mark.parametrize(
    ("name", "seconds"), [("1s", 1), ("15m", 900), ("1h", 3_600), ("90m", 5_400), ("1d", 86_400), ("1w", 604_800)]
)
def test_a_name_has_a_length_and_back(name: str, seconds: int) -> None:
    """Each name stands for its seconds, and the seconds for the name."""
    assert int(timeframe_delta(name).astype(int)) == seconds * 1_000_000
    assert timeframe_name(np.timedelta64(seconds, "s")) == name


@given(st.integers(1, 9_999), st.sampled_from("smhdw"))
def test_the_name_of_a_length_has_that_length(count: int, unit: str) -> None:
    """Going to the name and back keeps the length."""
    delta = timeframe_delta(f"{count}{unit}")
    assert timeframe_delta(timeframe_name(delta)) == delta


@pytest.mark.parametrize("name", ["", "h", "0h", "1 h", "1M", "-1h", "01h"])
def test_what_is_no_timeframe_is_refused(name: str) -> None:
    """The message holds the value and an example."""
    with pytest.raises(DataError, match=r"is no timeframe.*write 1h or 15m"):
        timeframe_delta(name)


@pytest.mark.parametrize("micro", [0, -3_600_000_000, 1_500_000])
def test_a_step_without_a_name_is_refused(micro: int) -> None:
    """Steps that are not whole positive seconds have no name."""
    with pytest.raises(DataError, match=f"a step of {micro} µs has no name"):
        timeframe_name(np.timedelta64(micro, "us"))


@pytest.mark.parametrize(
    ("minutes", "step"),
    [
        ([0, 5, 10, 60, 65], 5),
        ([0, 5, 60], 5),
        ([0, 60, 0, 60, 120], 60),
        ([0, 1, 1, 1, 2], 1),
        ([0, 5, 15, 20, 30], 5),
    ],
)
def test_the_step_is_the_most_frequent_one(minutes: list[int], step: int) -> None:
    """Gaps, repeated times and the way back to the next asset's start do not count."""
    times = np.datetime64("2024-01-01", "us") + np.array(minutes) * np.timedelta64(1, "m")
    assert modal_step(times) == np.timedelta64(step, "m")


def test_one_bar_has_no_step() -> None:
    """A single row, or the same time twice, tells no timeframe."""
    with pytest.raises(NotEnoughDataError, match=r"2 rows tell no timeframe.*bring more bars"):
        modal_step(np.array(["2024-01-01", "2024-01-01"], "datetime64[us]"))
