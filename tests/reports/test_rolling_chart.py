from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.unpacking import by_name, unpacked
from trady2.reports.rolling_chart import rolling_chart, rolling_mean, rolling_sharpe, window_bars
from trady2.stats.sharpe import sharpe_ratio


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(10, 40))
def test_the_ratio_is_that_of_each_window(seed: int, window: int) -> None:
    """Every value is the Sharpe ratio of the returns before it, as the metric of that name defines it."""
    returns = np.random.default_rng(seed).standard_normal(60) * 0.01 + 0.001
    equity = 10_000 * np.cumprod(np.concatenate([[1.0], 1 + returns]))
    found = rolling_sharpe(equity, window, 8766)
    windows = [equity[end - window : end + 1] for end in range(window, 61)]
    expected = [sharpe_ratio(np.diff(part) / part[:-1], 8766) for part in windows]
    np.testing.assert_allclose(found[window:], expected, rtol=1e-9)
    assert np.isnan(found[:window]).all()


def test_a_drifting_million_loses_no_digits() -> None:
    """Sums over a million small returns still agree with a window taken alone."""
    returns = np.random.default_rng(0).standard_normal(1_000_000) * 1e-4
    equity = np.cumprod(np.concatenate([[1e4], 1 + returns]))
    alone = np.diff(equity[-1001:]) / equity[-1001:-1]
    assert rolling_sharpe(equity, 1000, 525_960)[-1] == pytest.approx(sharpe_ratio(alone, 525_960), rel=1e-7)


def test_a_flat_window_has_no_ratio() -> None:
    """Money that does not move has no Sharpe ratio, whatever moved before it."""
    equity = np.concatenate([[100.0, 110.0, 95.0], np.full(9, 97.0)])
    found = rolling_sharpe(equity, 4, 365)
    assert np.isfinite(found[4:7]).all()
    assert np.isnan(found[7:]).all()


def test_less_than_a_window_has_no_ratio() -> None:
    """Money of fewer bars than the window gives NaN throughout."""
    assert np.isnan(rolling_sharpe(np.array([1.0, 2.0, 3.0]), 5, 365)).all()


def test_the_mean_is_that_of_each_window() -> None:
    """The rolling mean agrees with that of pandas."""
    values = np.random.default_rng(1).uniform(size=50)
    expected = pd.Series(values).rolling(7).mean().to_numpy()
    np.testing.assert_allclose(rolling_mean(values, 7)[7:], expected[7:])


@pytest.mark.parametrize(
    ("bars", "yearly", "window"),
    [(30_000, 8766, 2192), (1500, 8766, 500), (89, 8766, 0), (90, 8766, 30), (5000, 12, 0)],
)
def test_the_window_fits_the_history(bars: int, yearly: float, window: int) -> None:
    """A quarter of a year, at most a third of the bars, and nothing below thirty bars."""
    assert window_bars(bars, yearly) == window


def test_the_chart_shows_both_and_the_exposure(case: SimpleNamespace) -> None:
    """Strategy and benchmark above, below them the share of the money that was in positions."""
    chart = rolling_chart(case.report, case.frame)
    drawn = by_name(chart)
    assert list(drawn) == ["buy and hold", "strategy", "in positions"]
    held = unpacked(drawn["in positions"]["y"])
    assert held[-1] == pytest.approx(case.frame["exposure"].iloc[-500:].mean())
    ratio = unpacked(drawn["strategy"]["y"])
    assert f"above 0 in {np.mean(ratio[500:] > 0) * 100:.0f}" in chart["alt"]
    assert "Over stretches of 21 days" in chart["alt"]


def test_equity_alone_will_do(case: SimpleNamespace) -> None:
    """Without benchmark and exposure there is one line and one panel."""
    chart = rolling_chart(case.report, case.frame[["equity"]])
    assert list(by_name(chart)) == ["strategy"]
    assert "yaxis2" not in chart["layout"]


def test_the_years_stand_in_for_the_calendar(case: SimpleNamespace) -> None:
    """Without the periods of a year among the metrics, bars and years give them."""
    bare = case.report | {"metrics": {}}
    found = rolling_chart(bare, case.frame)["alt"]
    assert found.startswith("Over stretches of 21 days")


def test_too_little_is_no_chart(case: SimpleNamespace) -> None:
    """A short history, one of no length, or one without a trade has nothing to roll over."""
    assert rolling_chart(case.report, case.frame.iloc[:80]) is None
    assert rolling_chart(case.report, case.frame.assign(equity=10_000.0)) is None
    nowhere = case.report | {"metrics": {}, "data": case.report["data"] | {"years": 0.0}}
    assert rolling_chart(nowhere, case.frame) is None
