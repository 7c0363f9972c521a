from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.markets import frame, random_rows
from trady2.backtest.market import market_from_bars
from trady2.backtest.scan import possible, probable
from trady2.data.checks import check_bars
from trady2.errors import DataError

COLUMNS = ["open", "high", "low", "close", "volume"]
ODD = [np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-320, 1e308, 99.0, 100.0, 100.0 * (1 + 2e-9), 101.0]


def accepted(bars):
    """Return whether the slow checks let the bars pass."""
    try:
        check_bars(bars)
    except DataError:
        return False
    return True


@given(st.integers(0, 9), st.sampled_from(COLUMNS), st.sampled_from(ODD))
@settings(max_examples=150, deadline=None)
def test_nothing_impossible_gets_past_the_quick_look(row, column, value):
    """What the quick look lets pass, the slow checks let pass too; and it lets ordinary bars pass."""
    bars = frame([(100, 101, 99, 100)] * 10)
    assert possible(*(bars[name].to_numpy() for name in COLUMNS))
    bars.loc[row, column] = value
    quick = possible(*(bars[name].to_numpy() for name in COLUMNS))
    assert not quick or accepted(bars)


@given(st.lists(st.integers(-2, 6), min_size=2, max_size=12))
@settings(max_examples=100, deadline=None)
def test_a_market_is_accepted_exactly_when_the_slow_checks_accept_it(steps):
    """Times that stand still, go back or miss the grid are refused, holes are not: by the quick way and by the slow."""
    bars = frame(random_rows(np.random.default_rng(1), len(steps) + 1))
    times = np.append(0, np.cumsum(steps)) * 1_800_000_000 + 1_704_067_200_000_000
    bars["timestamp"] = times.astype("datetime64[us]")
    bars["timestamp"] = bars["timestamp"].dt.tz_localize("UTC")
    if accepted(bars):
        market = market_from_bars(bars, "24/7")
        gaps = np.diff(times) > market.step.astype(np.int64)
        assert market.gap_rows.tolist() == (np.flatnonzero(gaps) + 1).tolist()
    else:
        with pytest.raises(DataError, match=r"not later than|off the grid"):
            market_from_bars(bars, "24/7")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, (True, 0)),
        (1.0, (True, 0)),
        (np.nan, (True, 1)),
        (1.01, (False, 0)),
        (-0.1, (False, 0)),
        (np.inf, (False, 0)),
    ],
)
def test_probabilities_are_between_zero_and_one_or_missing(value, expected):
    """Both ends belong to it."""
    assert probable(np.array([0.5, value, 0.5])) == expected
