"""How sure a Sharpe ratio is: probabilistic and deflated Sharpe ratio, and how long a record has to be.

Every Sharpe ratio here is per observation and never annualised (an annual one beside a daily count inflates all),
kurtosis is raw (normal = 3), and the moments are those of the observed returns: the formulas of Bailey and López de
Prado of 2012 and 2014. A later version (López de Prado, Lipton and Zoonekynd 2025) takes the variance under the null
hypothesis and gives other numbers on short and skewed records; it is not used.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from trady2.errors import DataError
from trady2.stats.returns import kurtosis, ratio, skewness, spread
from trady2.stats.unbiased_moments import unbiased_kurtosis, unbiased_skewness

__all__ = [
    "SharpeMoments",
    "deflated_sharpe_ratio",
    "expected_maximum_sharpe",
    "minimum_backtest_length",
    "minimum_track_record_length",
    "probabilistic_sharpe_ratio",
    "sharpe_moments",
]

_EULER_MASCHERONI = 0.5772156649015329
_NORMAL = NormalDist()


class SharpeMoments(NamedTuple):
    """What the formulas need to know of n returns."""

    sharpe: float
    """Mean / standard deviation (ddof 1), per observation."""
    n_observations: int
    skew: float
    """Unbiased under normality (adjusted Fisher-Pearson, G1)."""
    kurtosis: float
    """Raw, normal = 3; its excess unbiased under normality (G2)."""


def sharpe_moments(returns: ArrayLike) -> SharpeMoments:
    """Return the moments of (n,) per-period returns.

    NaN for what is not defined: no spread, fewer than 3 returns for the skew, 4 for the kurtosis, a NaN among them.
    The estimators of skew and kurtosis are those of Joanes and Gill (1998), as in pandas.
    """
    values = np.asarray(returns, np.float64)
    n = values.size
    sharpe = ratio(float(values.mean()), spread(values)) if n > 1 else math.nan
    skew, tails = unbiased_skewness(skewness(values), n), unbiased_kurtosis(kurtosis(values), n)
    return SharpeMoments(sharpe, n, skew, tails)


def _variance_factor(sharpe: float, skew: float, kurtosis: float) -> float:
    """Return n - 1 times the variance of an estimated Sharpe ratio (Mertens 2002), NaN where it is not positive."""
    factor = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
    return factor if factor > 0 else math.nan


def probabilistic_sharpe_ratio(
    sharpe: float, n_observations: float, skew: float, kurtosis: float, benchmark: float = 0.0
) -> float:
    """Return the probability that the true Sharpe ratio exceeds *benchmark* (Bailey and López de Prado 2012, eq. 7).

    Φ((SR - SR*) sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR²)). NaN below two observations, for NaN arguments, and
    for moments that no returns have together.
    """
    factor = _variance_factor(sharpe, skew, kurtosis)
    if not n_observations > 1 or math.isnan(factor):
        return math.nan
    return _cumulative((sharpe - benchmark) * math.sqrt((n_observations - 1) / factor))


def _cumulative(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def expected_maximum_sharpe(n_trials: float, trials_variance: float) -> float:
    """Return the Sharpe ratio that the best of *n_trials* reaches by luck alone, 0 for a single one.

    sqrt(V) ((1 - g) Φ⁻¹(1 - 1/N) + g Φ⁻¹(1 - 1/(N e))) with g the Euler-Mascheroni constant (Bailey and López de Prado
    2014, eq. 1): an approximation of the expected maximum of N normal draws, 8 % low for two and up to 3 % high from
    three on.

    Args:
        n_trials: how many independent trials, 1 or more; an effective number need not be whole, and what the
            formula makes negative between 1 and 2 is 0.
        trials_variance: of the Sharpe ratios of all trials (ddof 1), in the unit squared that the result has.

    Raises:
        DataError: fewer than one trial, or a negative variance.
    """
    if n_trials < 1:
        raise DataError(f"n_trials={n_trials} is less than the one strategy itself; count it", n_trials=n_trials)
    if n_trials == 1:
        return 0.0
    if trials_variance < 0:
        raise DataError(f"trials_variance={trials_variance} is negative; give the variance of the Sharpe ratios")
    return max(_expected_maximum(n_trials), 0.0) * math.sqrt(trials_variance)


def _expected_maximum(n_trials: float) -> float:
    upper, far = _NORMAL.inv_cdf(1 / n_trials), _NORMAL.inv_cdf(1 / (n_trials * math.e))
    return -((1 - _EULER_MASCHERONI) * upper + _EULER_MASCHERONI * far)


def deflated_sharpe_ratio(
    sharpe: float, n_observations: float, skew: float, kurtosis: float, n_trials: float, trials_variance: float
) -> float:
    """Return the probability that the true Sharpe ratio exceeds what the best of *n_trials* reaches by luck.

    The probabilistic Sharpe ratio against `expected_maximum_sharpe` (Bailey and López de Prado 2014, eq. 2); for one
    trial the probabilistic Sharpe ratio against 0. *trials_variance* is that of per-observation Sharpe ratios.
    """
    luck = expected_maximum_sharpe(n_trials, trials_variance)
    return probabilistic_sharpe_ratio(sharpe, n_observations, skew, kurtosis, luck)


def minimum_track_record_length(
    sharpe: float, skew: float, kurtosis: float, benchmark: float = 0.0, confidence: float = 0.95
) -> float:
    """Return how many observations it takes until the probabilistic Sharpe ratio reaches *confidence*.

    1 + (1 - g3 SR + (g4 - 1) / 4 SR²) (z / (SR - SR*))² (Bailey and López de Prado 2012, eq. 11), not rounded; infinity
    for a Sharpe ratio that is not above *benchmark*, NaN as in `probabilistic_sharpe_ratio`.

    Raises:
        DataError: a confidence outside 0.5 to 1.
    """
    if not 0.5 <= confidence < 1:
        raise DataError(f"confidence={confidence} proves nothing or never; choose one from 0.5 to below 1")
    factor = _variance_factor(sharpe, skew, kurtosis)
    if math.isnan(factor) or math.isnan(benchmark):
        return math.nan
    if sharpe <= benchmark:
        return math.inf
    needed = _NORMAL.inv_cdf(confidence) / (sharpe - benchmark)
    return 1 + factor * needed * needed


def minimum_backtest_length(n_trials: float, target_sharpe: float = 1.0) -> float:
    """Return how many years of history make *target_sharpe* more than the best of *n_trials* reaches by luck.

    (E[max of N] / target)², for an annual target, because in y years a worthless strategy has an annual Sharpe ratio of
    variance 1 / y (Bailey, Borwein, López de Prado and Zhu 2014, theorem 1); below 2 ln N / target². 0 for one trial.

    Raises:
        DataError: fewer than one trial, or a target that is not positive.
    """
    if not target_sharpe > 0:
        raise DataError(f"target_sharpe={target_sharpe} is no target; give an annual Sharpe ratio above 0")
    root = expected_maximum_sharpe(n_trials, 1.0) / target_sharpe
    return root * root
