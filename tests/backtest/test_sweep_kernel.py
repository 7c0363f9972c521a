from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trady2.backtest.sweep_kernel import PeriodSums, TradeSums, add_on_clock, sum_periods, sum_trades

quick = settings(max_examples=60, deadline=None)


def sums_of(equity) -> PeriodSums:
    """Return what the kernel says of an equity curve."""
    return PeriodSums(*sum_periods(np.array(equity, dtype=float), np.empty(len(equity))))


@given(st.integers(0, 2**32 - 1), st.integers(2, 300), st.sampled_from([0.0, 0.5, 0.95]))
@quick
def test_sums_of_periods_equal_the_plain_formulas(seed, n, flat):
    """One pass gives what a formula for each gives, for curves that are flat never, often and nearly always."""
    random = np.random.default_rng(seed)
    steps = random.normal(0, 0.05, n) * (random.random(n) >= flat)
    equity = 1000 * np.exp(np.cumsum(steps))
    returns = equity[1:] / equity[:-1] - 1
    sums = sums_of(equity)
    expected = PeriodSums(
        growth=equity[-1] / equity[0],
        total=math.fsum(returns),
        deviations=math.fsum((returns - returns.mean()) ** 2),
        gains=math.fsum(returns[returns > 0]),
        losses=-math.fsum(returns[returns < 0]),
        losses_squared=math.fsum(returns[returns < 0] ** 2),
        largest=float(np.abs(returns).max()),
        deepest=min(now / equity[: row + 1].max() - 1 for row, now in enumerate(equity)),
        equity=math.fsum(equity),
    )
    np.testing.assert_allclose(sums, expected, rtol=1e-12, atol=1e-14)


@given(st.lists(st.sampled_from([90.0, 95.0, 100.0, 100.0 - 1e-13, 105.0]), min_size=2, max_size=40))
@quick
def test_the_deepest_point_is_exact(equity):
    """Peaks and falls that tie or differ by rounding give the very value that comparing all of them gives."""
    peaks = np.maximum.accumulate(equity)
    assert sums_of(equity).deepest == float((np.array(equity) / peaks - 1).min())


def test_money_that_is_gone_stays_gone():
    """From an equity of 0 on there are no returns, instead of a division by it."""
    sums = sums_of([100, 0, 0])
    assert (sums.growth, sums.total, sums.losses, sums.deepest) == (0.0, -1.0, 1.0, -1.0)


def test_sums_of_trades_by_hand():
    """Bought at 100 and 50, sold at 110 and 45, two units and four, 1 % slippage, no fee."""
    buy, sell = 1.01, 0.99
    sums = TradeSums(
        *sum_trades(np.array([100.0, 50.0]), np.array([110.0, 45.0]), np.array([2.0, 4.0]), buy, sell, 0.01)
    )
    first, second = 2 * (110 * sell - 100 * buy), 4 * (45 * sell - 50 * buy)
    assert sums == pytest.approx(
        TradeSums(
            won=1,
            net_return=first / (2 * 100 * buy) + second / (4 * 50 * buy),
            pnl=first + second,
            pnl_won=first,
            pnl_lost=-second,
            log_gross=math.log(1.1) + math.log(0.9),
            traded=2 * (101 + 108.9) + 4 * (50.5 + 44.55),
            slipped=2 * 210 + 4 * 95,
        )
    )


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
@quick
def test_an_asset_counts_with_its_last_value(n, seed):
    """Before its first bar an asset has its share, and between bars the value of the bar before."""
    random = np.random.default_rng(seed)
    place = np.sort(random.choice(n, random.integers(1, n + 1), replace=False)).astype(np.int32)
    equity, total = random.random(place.size), np.ones(n)
    add_on_clock(equity, place, 7.0, total)
    expected = np.full(n, np.nan)
    expected[place] = equity
    for bar in range(n):
        if np.isnan(expected[bar]):
            expected[bar] = expected[bar - 1] if bar else 7.0
    np.testing.assert_array_equal(total, 1 + expected)
