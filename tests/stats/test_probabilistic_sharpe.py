from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import integrate
from scipy.stats import norm

from trady2.errors import DataError
from trady2.stats.probabilistic_sharpe import (
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_moments,
)

sharpes = st.floats(-1.5, 1.5)
skews = st.floats(-4, 4)
kurtoses = st.floats(1.5, 60)


def sixty_returns() -> np.ndarray:
    """Return sixty returns that need no generator: skew -0.36, raw kurtosis 1.92."""
    t = np.arange(1, 61)
    return 0.004 + 0.02 * np.sin(t * t / 7) + 0.015 * np.cos(t * 1.7) ** 3


def test_paper_of_2012_on_a_skewed_record() -> None:
    """Two years of a fund with monthly Sharpe ratio 0.458: 0.982 if normal, 0.913 with its skew and kurtosis."""
    assert probabilistic_sharpe_ratio(0.458, 24, 0, 3) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic_sharpe_ratio(0.458, 24, -2.448, 10.164) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(
    ("periods", "skew", "kurtosis", "years"),
    [(252, 0, 3, 2.73), (52, 0, 3, 2.83), (12, 0, 3, 3.24), (12, -0.72, 5.78, 4.99)],
    ids=["daily", "weekly", "monthly", "monthly, hedge funds"],
)
def test_paper_of_2012_on_the_length_of_a_record(periods: int, skew: float, kurtosis: float, years: float) -> None:
    """So many years prove at 95 % that an annual Sharpe ratio of 2 is more than 1."""
    root = math.sqrt(periods)
    length = minimum_track_record_length(2 / root, skew, kurtosis, benchmark=1 / root)
    assert length / periods == pytest.approx(years, abs=5e-3)


def test_paper_of_2014_on_deflation() -> None:
    """An annual 2.5 in five years of days, best of 100 of variance 1/2: 0.900; of 46, or of 88 normal ones, 0.951."""
    daily, variance = 2.5 / math.sqrt(250), 0.5 / 250
    assert expected_maximum_sharpe(100, variance) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe_ratio(daily, 1250, -3, 10, 100, variance) == pytest.approx(0.9004, abs=5e-5)
    assert deflated_sharpe_ratio(daily, 1250, -3, 10, 46, variance) == pytest.approx(0.9505, abs=5e-5)
    assert deflated_sharpe_ratio(daily, 1250, 0, 3, 88, variance) == pytest.approx(0.9505, abs=5e-5)


def test_paper_of_2014_on_the_length_of_a_backtest() -> None:
    """The best of ten has 1.57 after a year, and five years allow no more than 45 trials."""
    assert expected_maximum_sharpe(10, 1.0) == pytest.approx(1.57, abs=5e-3)
    assert minimum_backtest_length(45) == pytest.approx(5, abs=5e-3)


def test_quantstats_and_purgedcv() -> None:
    """The package quantstats 0.0.86 shares our conventions; purgedcv 0.1.11 has a standard deviation with ddof 0."""
    found = sharpe_moments(sixty_returns())
    assert probabilistic_sharpe_ratio(*found) == pytest.approx(0.9959231903071124, abs=1e-12)
    theirs = found._replace(sharpe=found.sharpe * math.sqrt(60 / 59))
    assert probabilistic_sharpe_ratio(*theirs, benchmark=0.05) == pytest.approx(0.9895740502581293, abs=1e-12)
    deflated = deflated_sharpe_ratio(*theirs, n_trials=20, trials_variance=0.01)
    assert deflated == pytest.approx(0.9057492771871161, abs=1e-12)
    assert minimum_backtest_length(10, 1.5) == pytest.approx(1.1019376936004097, abs=1e-12)
    assert math.ceil(minimum_track_record_length(0.3, -0.5, 6.0, benchmark=0.1)) == 87


def test_moments_are_those_of_pandas() -> None:
    """Sharpe ratio, skew and raw kurtosis equal those of pandas, ddof 1 and unbiased."""
    returns = pd.Series(sixty_returns())
    expected = (returns.mean() / returns.std(), 60, returns.skew(), returns.kurt() + 3)
    assert sharpe_moments(returns) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("returns", [[], [0.1], [0.1] * 50, [0.1, np.nan, 0.2, 0.3, 0.1]])
def test_moments_that_are_not_defined(returns: list[float]) -> None:
    """Without spread, without returns, or with a NaN there is no Sharpe ratio, and so no probability."""
    found = sharpe_moments(returns)
    assert math.isnan(found.sharpe)
    assert math.isnan(probabilistic_sharpe_ratio(*found))


def test_skew_and_kurtosis_need_three_and_four_returns() -> None:
    """Two returns have a Sharpe ratio alone, three a skew, four a kurtosis."""
    known = [[not math.isnan(x) for x in sharpe_moments([0.1, 0.3, 0.2, 0.5][:n])] for n in (2, 3, 4)]
    assert known == [[True, True, False, False], [True, True, True, False], [True] * 4]


@pytest.mark.parametrize(
    "arguments",
    [(0.1, 1, 0, 3), (math.nan, 50, 0, 3), (0.1, 50, math.nan, 3), (1.0, 50, 4.0, 3.0), (0.1, math.nan, 0, 3)],
    ids=["one observation", "no Sharpe ratio", "no skew", "impossible moments", "no count"],
)
def test_probabilities_that_are_not_defined(arguments: tuple[float, ...]) -> None:
    """What is not defined stays NaN, through deflation as well."""
    assert math.isnan(probabilistic_sharpe_ratio(*arguments))
    assert math.isnan(deflated_sharpe_ratio(*arguments, n_trials=5, trials_variance=0.1))


@pytest.mark.parametrize("n_trials", [2, 3, 5, 10, 100, 1000])
def test_expected_maximum_is_near_the_integral(n_trials: int) -> None:
    """The closed form is within 8 % of the exact expected maximum for two trials, and up to 3 % above it from three."""
    exact, _ = integrate.quad(lambda x: x * n_trials * norm.pdf(x) * norm.cdf(x) ** (n_trials - 1), -12, 12)
    ratio = expected_maximum_sharpe(n_trials, 4.0) / (2 * exact)
    assert ratio == pytest.approx(0.921, abs=1e-3) if n_trials == 2 else 1 < ratio < 1.03


def test_one_trial_needs_no_deflation() -> None:
    """One trial has an expected maximum of 0 whatever the variance, and no minimum length."""
    assert expected_maximum_sharpe(1, math.nan) == 0
    assert minimum_backtest_length(1) == 0
    plain = probabilistic_sharpe_ratio(0.1, 500, -0.5, 5)
    assert deflated_sharpe_ratio(0.1, 500, -0.5, 5, 1, math.nan) == plain


@given(st.floats(1, 3), st.floats(0, 3))
def test_between_one_and_two_trials(n_trials: float, more: float) -> None:
    """An effective number of trials that is not whole never lowers the bar below 0, and more trials raise it."""
    assert 0 <= expected_maximum_sharpe(n_trials, 1.0) <= expected_maximum_sharpe(n_trials + more, 1.0)


@given(sharpes, skews, kurtoses, st.floats(-0.5, 0.5), st.floats(0.5, 0.999))
def test_length_and_probability_are_inverse(
    sharpe: float, skew: float, kurtosis: float, benchmark: float, confidence: float
) -> None:
    """After the minimum length of a record the probability is exactly the confidence."""
    length = minimum_track_record_length(sharpe, skew, kurtosis, benchmark, confidence)
    assume(sharpe - benchmark > 1e-3 and length > 1 + 1e-9)
    assert probabilistic_sharpe_ratio(sharpe, length, skew, kurtosis, benchmark) == pytest.approx(confidence)


@given(sharpes, skews, kurtoses, st.integers(2, 10_000), st.integers(1, 500), st.floats(0, 1))
def test_probabilities_and_their_order(
    sharpe: float, skew: float, kurtosis: float, n: int, n_trials: int, variance: float
) -> None:
    """Probabilities lie in [0, 1], and deflation never raises one."""
    plain = probabilistic_sharpe_ratio(sharpe, n, skew, kurtosis)
    deflated = deflated_sharpe_ratio(sharpe, n, skew, kurtosis, n_trials, variance)
    assert math.isnan(plain) == math.isnan(deflated)
    assert math.isnan(plain) or 0 <= deflated <= plain <= 1


@given(st.integers(2, 10**9), st.floats(0.1, 5))
def test_length_of_a_backtest_has_a_bound(n_trials: int, target: float) -> None:
    """The minimum length stays below 2 ln N / target², the bound of the paper."""
    assert 0 < minimum_backtest_length(n_trials, target) < 2 * math.log(n_trials) / target**2


@pytest.mark.parametrize("sharpe", [0.1, -0.3])
def test_no_record_proves_what_is_not_there(sharpe: float) -> None:
    """A Sharpe ratio at or below the benchmark needs an infinite record; NaN stays NaN."""
    assert minimum_track_record_length(sharpe, 0, 3, benchmark=0.1) == math.inf
    assert math.isnan(minimum_track_record_length(math.nan, 0, 3))
    assert math.isnan(minimum_track_record_length(sharpe, 0, 3, benchmark=math.nan))


def test_arguments_that_mean_nothing() -> None:
    """No trial at all, a negative variance, a confidence without meaning and a target of 0 are refused."""
    with pytest.raises(DataError, match=r"n_trials=0 is less than the one strategy itself; count it"):
        expected_maximum_sharpe(0, 1.0)
    with pytest.raises(DataError, match=r"trials_variance=-1.0 is negative"):
        expected_maximum_sharpe(3, -1.0)
    with pytest.raises(DataError, match=r"confidence=1 proves nothing or never"):
        minimum_track_record_length(0.1, 0, 3, confidence=1)
    with pytest.raises(DataError, match=r"target_sharpe=0 is no target"):
        minimum_backtest_length(5, 0)


def test_best_of_many_worthless_strategies() -> None:
    """The best of N worthless strategies of a year has PSR > 0.95 in 1 - 0.95^N of 300 cases, and hardly ever DSR."""
    accepted = {}
    for n_trials in (1, 10, 100):
        plain = deflated = 0
        for seed in range(300):
            returns = np.random.default_rng([n_trials, seed]).standard_normal((252, n_trials))
            ratios = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
            best = sharpe_moments(returns[:, ratios.argmax()])
            plain += probabilistic_sharpe_ratio(*best) > 0.95
            variance = float(ratios.var(ddof=1)) if n_trials > 1 else 0.0
            deflated += n_trials > 1 and deflated_sharpe_ratio(*best, n_trials, variance) > 0.95
        accepted[n_trials] = (plain / 300, deflated / 300)
    assert {n: plain for n, (plain, _) in accepted.items()} == pytest.approx(
        {n: 1 - 0.95**n for n in accepted}, abs=0.06
    )
    assert max(share for _, share in accepted.values()) <= 0.01


def test_deflation_is_severe() -> None:
    """A true annual Sharpe ratio of 2 among 100 worthless trials seldom passes after a year, sometimes after three."""
    passed = {}
    for years in (1, 3):
        count = 0
        for seed in range(200):
            returns = np.random.default_rng([years, seed]).standard_normal((252 * years, 100))
            returns[:, 0] += 2 / math.sqrt(252)
            ratios = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
            real = sharpe_moments(returns[:, 0])
            count += deflated_sharpe_ratio(*real, 100, float(ratios.var(ddof=1))) > 0.95
        passed[years] = count / 200
    assert passed[1] <= 0.06
    assert 0.1 <= passed[3] <= 0.4
