from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trady2.reports.return_charts import daily_returns, day_chart, edges_of, trade_chart

returns_of_any_kind = arrays(np.float64, st.integers(1, 200), elements=st.floats(-0.99, 5))


@settings(deadline=None)
@given(returns_of_any_kind)
def test_bins_hold_everything_and_split_at_zero(values: np.ndarray) -> None:
    """All values lie inside, the bins are few and equal, and 0 is an edge where both sides are there."""
    edges = edges_of(values)
    assert np.histogram(values, edges)[0].sum() == len(values)
    assert len(edges) <= 125
    np.testing.assert_allclose(np.diff(edges), edges[1] - edges[0], rtol=1e-6)
    if values.min() < 0 < values.max():
        assert np.abs(edges).min() < 1e-9


def test_the_histogram_counts_every_trade(case: SimpleNamespace) -> None:
    """The bars hold all trades, and none spans zero: what is coloured as a loss is one."""
    net = case.backtest.trades["net_return"].to_numpy()
    (bars,) = trade_chart(net)["data"]
    middle, counts = np.array(bars["x"]), np.array(bars["y"])
    assert counts.sum() == len(net)
    assert counts[middle < 0].sum() == (net < 0).sum()
    assert [colour == "--loss" for colour in bars["marker"]["color"]] == (middle < 0).tolist()


def test_equal_trades_fit_one_bar() -> None:
    """A single value has no range, and still a histogram."""
    (bars,) = trade_chart(np.zeros(7))["data"]
    assert max(bars["y"]) == 7


def test_the_words_have_the_extremes() -> None:
    """Worst, best, middle and mean of the trades are said exactly, whatever the bins are."""
    alt = trade_chart(np.array([-0.0312, 0.01, 0.05]))["alt"]
    assert alt.startswith("3 trades from \u22123.12\u202f% to +5.00\u202f%, half of them above +1.00\u202f%")
    assert alt.endswith("the mean is +0.96\u202f%.")


def test_days_run_from_close_to_close() -> None:
    """A day's return is that of its last close on the last close before it."""
    index = pd.DatetimeIndex(["2024-01-01 10:00", "2024-01-01 20:00", "2024-01-02 01:00", "2024-01-04"], tz="UTC")
    frame = pd.DataFrame({"equity": [100.0, 110.0, 121.0, 60.5]}, index=index)
    np.testing.assert_allclose(daily_returns(frame, "equity"), [0.1, 0.1, -0.5])
    assert daily_returns(frame.iloc[:0], "equity").size == 0


def test_days_compound_to_the_whole(case: SimpleNamespace) -> None:
    """The product of the days is what became of the money."""
    growth = np.prod(1 + daily_returns(case.frame, "equity"))
    assert growth == pytest.approx(case.frame["equity"].iloc[-1] / case.frame["equity"].iloc[0])


def test_days_without_a_change_are_left_out() -> None:
    """Only days on which the money moved are counted, as shares that add up to one, and the rest is told."""
    index = pd.date_range("2024-01-01", periods=100, freq="D", tz="UTC", unit="us")
    money = np.where(np.arange(100) < 60, 100.0, 100.0 * 1.01 ** (np.arange(100) - 59))
    chart = day_chart(pd.DataFrame({"equity": money}, index=index))
    (bars,) = chart["data"]
    assert sum(bars["y"]) == pytest.approx(1)
    assert chart["alt"].startswith("40 days from +1.00")
    assert chart["alt"].endswith("60 days without a change are left out.")


def test_buy_and_hold_stands_beside_the_days(case: SimpleNamespace) -> None:
    """The outline holds shares of all days that lie within the range drawn."""
    bars, outline = day_chart(case.frame)["data"]
    held = daily_returns(case.frame, "benchmark")
    low, high = bars["x"][0] - bars["width"][0] / 2, bars["x"][-1] + bars["width"][0] / 2
    assert sum(outline["y"]) == pytest.approx(((held >= low) & (held <= high)).mean(), abs=0.02)


def test_money_that_never_moved_is_no_chart(case: SimpleNamespace) -> None:
    """Without a change there is nothing to count."""
    assert day_chart(case.frame.assign(equity=5.0)) is None
