from __future__ import annotations

import math

import numpy as np
import pytest

from trady2.backtest import BacktestConfig, break_even_cost_bps
from trady2.backtest.costs import costs_of


def test_break_even_of_one_trade_by_hand():
    """Bought at 100 and sold at 102, a cost of c a side leaves nothing when 102 (1 - c) = 100 (1 + c): c = 2 / 202."""
    assert break_even_cost_bps(np.array([100.0]), np.array([102.0])) == pytest.approx(10_000 * 2 / 202)


def test_break_even_is_negative_for_a_loser_and_undefined_without_trades():
    """No edge before costs shows as a negative cost."""
    assert break_even_cost_bps(np.array([100.0]), np.array([98.0])) == pytest.approx(-10_000 * 2 / 198)
    assert math.isnan(break_even_cost_bps(np.empty(0), np.empty(0)))


def test_costs_are_paid_on_both_sides():
    """One basis point is a ten-thousandth; a buy pays more and a sale gets less."""
    costs = costs_of(BacktestConfig(hold_bars=1, fee_bps=10.0, slippage_bps=50.0))
    assert costs == pytest.approx((0.001, 0.005))
    assert (costs.buy, costs.sell) == pytest.approx((1.005 * 1.001, 0.995 * 0.999))


def test_a_round_trip_costs_what_is_missing_after_it():
    """Of 100 that buy at a raw price and sell at the same one, 100 (1 - round trip) come back."""
    costs = costs_of(BacktestConfig(hold_bars=1, fee_bps=10.0, slippage_bps=2.0))
    units = 100 / (50.0 * 1.0002 * 1.001)
    assert units * 50.0 * 0.9998 * 0.999 == pytest.approx(100 * (1 - costs.round_trip))
    assert costs_of(BacktestConfig(hold_bars=1)).round_trip == 0.0
