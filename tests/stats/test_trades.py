from __future__ import annotations

import math
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.stats import (
    cpc_index,
    edge_ratio,
    expectancy,
    kelly_criterion,
    longest_run,
    outlier_loss_ratio,
    outlier_win_ratio,
    payoff_ratio,
    profit_factor,
    risk_of_ruin,
    sqn,
    win_rate,
)

RETURNS = np.array([0.04, -0.01, 0.02, -0.02, 0.0])
PNL = 1000 * RETURNS


def test_trade_figures_by_hand():
    """Two winners of 60 in all, two losers of 30 in all, one draw."""
    assert win_rate(RETURNS) == pytest.approx(0.4)
    assert profit_factor(PNL) == pytest.approx(2)
    assert expectancy(PNL) == pytest.approx(6)
    assert payoff_ratio(RETURNS) == pytest.approx(0.03 / 0.015)
    assert kelly_criterion(RETURNS) == pytest.approx(0.4 - 0.6 / 2)
    assert sqn(PNL) == pytest.approx(math.sqrt(5) * 6 / np.std(PNL, ddof=1))
    assert cpc_index(PNL, RETURNS) == pytest.approx(2 * 0.4 * 2)
    assert outlier_win_ratio(RETURNS) == pytest.approx((0.02 + 0.96 * 0.02) / 0.03)
    assert outlier_loss_ratio(RETURNS) == pytest.approx((-0.02 + 0.04 * 0.01) / -0.015)


def test_profit_factor_is_about_money():
    """One large winner outweighs two small losers whose returns were larger."""
    assert profit_factor(np.array([100.0, -10.0, -40.0])) == pytest.approx(2)


@pytest.mark.parametrize(
    "figure",
    [
        win_rate,
        profit_factor,
        expectancy,
        payoff_ratio,
        kelly_criterion,
        sqn,
        risk_of_ruin,
        outlier_win_ratio,
        outlier_loss_ratio,
    ],
)
def test_no_trades_no_figure(figure):
    """Without trades every figure is NaN."""
    assert math.isnan(figure(np.empty(0)))


@pytest.mark.parametrize("figure", [profit_factor, payoff_ratio, kelly_criterion])
def test_without_a_loser_there_is_no_ratio(figure):
    """Winners alone give no ratio instead of an infinite one."""
    assert math.isnan(figure(np.array([0.1, 0.2])))


@given(st.lists(st.booleans(), max_size=40))
def test_longest_run_equals_a_walk(flags):
    """The longest run of True is the longest group of True."""
    expected = max((len(list(group)) for wanted, group in groupby(flags) if wanted), default=0)
    assert longest_run(np.array(flags, dtype=bool)) == expected


@pytest.mark.parametrize("wins", [51, 53, 55])
def test_risk_of_ruin_is_near_the_gamblers(wins):
    """Bets of 2 % at even odds ruin a gambler with probability ((1 - p) / p) ** 50, which needs no Brownian motion."""
    bets = np.repeat([0.02, -0.02], [wins, 100 - wins])
    exact = ((100 - wins) / wins) ** 50
    assert risk_of_ruin(np.tile(bets, 100)) == pytest.approx(exact, rel=0.1)


def test_risk_of_ruin_at_its_ends():
    """Trades that lose on average ruin for certain, and trades without spread tell nothing."""
    assert risk_of_ruin(np.array([0.01, -0.03, 0.01])) == 1
    assert math.isnan(risk_of_ruin(np.full(9, 0.1)))


def test_edge_ratio_by_hand():
    """Twice the usual range in favour, half of it against; a trade without a range does not count."""
    mae, mfe, usual = np.array([-0.01, -0.5]), np.array([0.04, 0.1]), np.array([0.02, np.nan])
    assert edge_ratio(mae, mfe, usual) == pytest.approx(4)
    assert math.isnan(edge_ratio(mae * 0, mfe, usual))
    assert math.isnan(edge_ratio(mae[:0], mfe[:0], usual[:0]))
