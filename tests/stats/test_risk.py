from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from trady2 import stats

RETURNS = np.random.default_rng(5).standard_t(4, 400) * 0.01


def test_variance_skewness_by_hand():
    """Gains of 3 % and 4 % against a loss of 5 %: 9 + 16 over 25."""
    assert stats.variance_skewness([0.03, -0.05, 0.04, 0.0]) == pytest.approx(1)


def test_downside_volatility_by_hand():
    """A loss of 2 % in four periods, four periods a year."""
    assert stats.downside_volatility([0.01, -0.02, 0.0, 0.03], 4) == pytest.approx(0.02)


def test_normal_value_at_risk_follows_scipy():
    """The quantile is that of the fitted normal; the mean below it is that of the truncated normal."""
    fitted = scipy_stats.norm(RETURNS.mean(), RETURNS.std(ddof=1))
    assert stats.normal_value_at_risk(RETURNS) == pytest.approx(fitted.ppf(0.05))
    assert stats.normal_conditional_value_at_risk(RETURNS, tail=0.1) == pytest.approx(
        fitted.expect(lambda x: x, ub=fitted.ppf(0.1), conditional=True)
    )


def test_conditional_drawdown_at_risk_by_hand():
    """Of twenty depths the deepest two are at or below the 5 % quantile."""
    depth = -np.r_[np.zeros(18), 0.1, 0.3]
    assert stats.conditional_drawdown_at_risk(depth) == pytest.approx(-0.3)
    assert stats.conditional_drawdown_at_risk(depth, tail=0.1) == pytest.approx(-0.2)


def test_ratios_to_falls_by_hand():
    """20 % a year, an ulcer index of 5 %, the worst falls 10 % deep, 40 % volatility."""
    assert stats.martin_ratio(0.2, 0.05) == pytest.approx(4)
    assert stats.serenity_ratio(0.2, 0.05, -0.1, 0.4) == pytest.approx(0.2 / (0.05 * 0.25))


@pytest.mark.parametrize(
    "figure",
    [
        lambda: stats.downside_volatility([], 4),
        lambda: stats.variance_skewness([0.1, 0.0]),
        lambda: stats.normal_value_at_risk([]),
        lambda: stats.normal_conditional_value_at_risk([]),
        lambda: stats.conditional_drawdown_at_risk(np.empty(0)),
        lambda: stats.martin_ratio(0.1, 0.0),
        lambda: stats.serenity_ratio(0.1, 0.0, 0.0, 0.2),
    ],
)
def test_undefined_is_nan(figure):
    """What cannot be computed is NaN."""
    assert math.isnan(figure())
