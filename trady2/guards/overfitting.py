"""What is left of a result when one knows how many were tried: every statistic of overfitting, from the same trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trady2.errors import DataError, NotFoundError
from trady2.guards.overfitting_result import Overfitting
from trady2.stats.backtest_overfitting import PBO, probability_of_backtest_overfitting
from trady2.stats.effective_number import effective_trials
from trady2.stats.probabilistic_sharpe import (
    SharpeMoments,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_moments,
)
from trady2.stats.superior_ability import superior_predictive_ability

__all__ = ["measure_overfitting"]

Floats = NDArray[np.float64]

_ONE_TRIAL = "a single trial was tried, so nothing was selected"
_FEWEST_PERIODS = 10


def measure_overfitting(
    returns: ArrayLike,
    names: Sequence[str],
    chosen: str,
    *,
    periods_per_year: float,
    block_length: float,
    market: ArrayLike | None = None,
    n_trials: int | None = None,
    trials_variance: float | None = None,
    target_sharpe: float = 1.0,
    n_blocks: int = 16,
    replicates: int = 1000,
    seed: int = 0,
) -> Overfitting:
    """Measure what the trials leave of the *chosen* one.

    Periods without a return of the chosen trial are left out. Of the other trials, only those with a return in all that
    stay are compared with it; the rest counts as tried, and as independent of everything.

    Args:
        returns: (T, N) net per-period returns of all trials that have any, time down; 0 where flat, NaN if not tried.
        names: of the N trials.
        chosen: which of them is judged.
        periods_per_year: of the rows, such as 365 for days around the clock.
        block_length: of the bootstrap, in periods; at least the holding time.
        market: (T,) returns of buying and holding; None for excess returns, which have no such benchmark.
        n_trials: how many the ledger counts, trials without returns included; None for N.
        trials_variance: of the per-period Sharpe ratios as the ledger has them; None for those of *returns*.
        target_sharpe: annual, for the minimum length of a backtest.
        n_blocks: of the combinations for the probability of backtest overfitting.
        replicates: of the bootstrap.
        seed: of every simulation.

    Raises:
        DataError: shapes that do not fit, an infinite return, or fewer trials counted than there are returns.
        NotFoundError: *chosen* is none of *names*.
    """
    matrix, column, counted = _checked(returns, names, chosen, n_trials)
    held = np.isfinite(matrix[:, column])
    compared = np.flatnonzero(np.isfinite(matrix[held]).all(axis=0))
    rivals, missing = matrix[np.ix_(held, compared)], dict[str, str]()
    spa = {
        name: superior_predictive_ability(rivals - other, block_length=block_length, replicates=replicates, seed=seed)
        for name, other in _benchmarks(market, held, missing).items()
    }
    variance = (_variance_of(matrix) if trials_variance is None else trials_variance) if counted > 1 else 0.0
    effective = effective_trials(rivals, seed=seed).number + counted - len(compared) if counted > 1 else 1.0
    own = sharpe_moments(matrix[held, column])
    return Overfitting(
        chosen=chosen,
        n_trials=counted,
        n_compared=len(compared),
        target_sharpe=target_sharpe,
        pbo=_pbo(rivals, counted, n_blocks, missing),
        spa=spa,
        best={name: names[compared[test.best]] if test.best >= 0 else None for name, test in spa.items()},
        not_applicable=missing,
        **_sharpe_statistics(own, (counted, variance), effective, periods_per_year, target_sharpe),
    )


def _checked(returns: ArrayLike, names: Sequence[str], chosen: str, n_trials: int | None) -> tuple[Floats, int, int]:
    matrix = np.asarray(returns, np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != len(names):
        raise DataError(f"returns of shape {matrix.shape} do not belong to {len(names)} names; give a column for each")
    if np.isinf(matrix).any():
        raise DataError("returns hold an infinite value; look at the prices of that trial")
    if chosen not in names:
        raise NotFoundError(f"{chosen!r} is none of the {len(names)} trials; choose one of them", chosen=chosen)
    counted = len(names) if n_trials is None else n_trials
    if counted < len(names):
        raise DataError(f"n_trials={counted} are fewer than the {len(names)} with returns; count every trial")
    return matrix, list(names).index(chosen), counted


def _variance_of(matrix: Floats) -> float:
    """Return the variance (ddof 1) of the Sharpe ratios that are defined, 0 for fewer than two."""
    ratios = np.array([sharpe_moments(column[np.isfinite(column)]).sharpe for column in matrix.T])
    known = ratios[np.isfinite(ratios)]
    return float(known.var(ddof=1)) if len(known) > 1 else 0.0


def _benchmarks(market: ArrayLike | None, held: NDArray[np.bool_], missing: dict[str, str]) -> dict[str, Floats]:
    """Return the (periods, 1) returns of the benchmarks that can be tested against; why not goes into *missing*."""
    count = int(held.sum())
    if count < _FEWEST_PERIODS:
        missing["spa"] = f"{count} periods are too few"
        return {}
    flat = {"flat": np.zeros((count, 1))}
    if market is None:
        missing["spa.buy_and_hold"] = "no returns of the market were given"
        return flat
    others = np.asarray(market, np.float64)
    if others.shape != held.shape or not np.isfinite(others[held]).all():
        raise DataError(f"market of shape {others.shape} needs a finite return for each of {len(held)} periods")
    return {**flat, "buy_and_hold": others[held][:, None]}


def _pbo(rivals: Floats, counted: int, n_blocks: int, missing: dict[str, str]) -> PBO | None:
    if rivals.shape[1] < 2:
        missing["pbo"] = _ONE_TRIAL if counted == 1 else "no other trial has returns over the same periods"
        return None
    if len(rivals) < 2 * n_blocks:
        missing["pbo"] = f"{len(rivals)} periods are too few for {n_blocks} blocks"
        return None
    return probability_of_backtest_overfitting(rivals, n_blocks)


class _SharpeStatistics(TypedDict):
    """The fields of `Overfitting` that follow from moments and counts alone."""

    n_observations: int
    years: float
    sharpe: float
    skew: float
    kurtosis: float
    n_effective: float
    trials_variance: float
    luck: float
    luck_effective: float
    psr_2012: float
    dsr_2014: float
    dsr_2014_effective: float
    minimum_track_record_years: float
    minimum_backtest_years: float
    minimum_backtest_years_effective: float


def _sharpe_statistics(
    own: SharpeMoments, trials: tuple[int, float], n_effective: float, periods_per_year: float, target_sharpe: float
) -> _SharpeStatistics:
    """Return the figures of one trial among *trials*, their number and the variance of their Sharpe ratios.

    Independent trials that are all worthless have Sharpe ratios of variance 1 / (n - 1), which goes with the effective
    number; the variance among correlated ones is smaller, and goes with their plain number.
    """
    annual = math.sqrt(periods_per_year)
    effective = n_effective, 1 / max(own.n_observations - 1, 1)
    record = minimum_track_record_length(own.sharpe, own.skew, own.kurtosis)
    return {
        "n_observations": own.n_observations,
        "years": own.n_observations / periods_per_year,
        "sharpe": own.sharpe * annual,
        "skew": own.skew,
        "kurtosis": own.kurtosis,
        "n_effective": n_effective,
        "trials_variance": trials[1],
        "luck": expected_maximum_sharpe(*trials) * annual,
        "luck_effective": expected_maximum_sharpe(*effective) * annual,
        "psr_2012": probabilistic_sharpe_ratio(*own),
        "dsr_2014": deflated_sharpe_ratio(*own, *trials),
        "dsr_2014_effective": deflated_sharpe_ratio(*own, *effective),
        "minimum_track_record_years": record / periods_per_year,
        "minimum_backtest_years": minimum_backtest_length(trials[0], target_sharpe),
        "minimum_backtest_years_effective": minimum_backtest_length(n_effective, target_sharpe),
    }
