from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm

from trady2.errors import DataError
from trady2.stats.effective_number import effective_trials, expected_maximum
from trady2.stats.probabilistic_sharpe import deflated_sharpe_ratio, sharpe_moments

FAMILIES = {
    "unrelated": (60, 1, 0.0, 0.0),
    "alike": (1, 60, 0.6, 0.0),
    "nearly one": (1, 60, 0.95, 0.0),
    "six families": (6, 10, 0.9, 0.0),
    "related families": (6, 10, 0.9, 0.4),
}


def trials(families: int, members: int, inside: float, between: float, *, rows: int, seed: int) -> np.ndarray:
    """Return worthless trials that correlate at *inside* within a family and at *between* across."""
    generator = np.random.default_rng(seed)
    common = math.sqrt(between) * generator.standard_normal((rows, 1))
    of_family = math.sqrt(inside - between) * np.repeat(generator.standard_normal((rows, families)), members, axis=1)
    return common + of_family + math.sqrt(1 - inside) * generator.standard_normal((rows, families * members))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 100, 5000])
def test_expected_maximum_is_the_integral(n: int) -> None:
    """The expected maximum equals numerical integration by SciPy, 0 for one variable and 1/sqrt(pi) for two."""
    exact, _ = integrate.quad(lambda x: x * n * norm.pdf(x) * norm.cdf(x) ** (n - 1), -10, 10, limit=200)
    assert expected_maximum(n) == pytest.approx(exact, abs=1e-9)
    known = {1: 0.0, 2: 1 / math.sqrt(math.pi), 3: 1.5 / math.sqrt(math.pi)}
    assert expected_maximum(n) == pytest.approx(known.get(n, exact), abs=1e-9)


@pytest.mark.parametrize("correlation", [0.3, 0.6, 0.95])
def test_equal_correlations_have_a_closed_form(correlation: float) -> None:
    """Of equally correlated trials the best is sqrt(1 - rho) times as lucky as of unrelated ones."""
    found = effective_trials(trials(1, 60, correlation, 0, rows=20_000, seed=1))
    luck = math.sqrt(1 - correlation) * expected_maximum(60)
    assert found.expected_maximum == pytest.approx(luck, rel=0.02)
    assert expected_maximum(found.number) == pytest.approx(luck, rel=0.02)
    assert found.mean_correlation == pytest.approx(correlation, abs=0.02)


def test_copies_are_one_trial_and_unrelated_trials_are_all() -> None:
    """Copies, scaled and lifted, amount to 1, unrelated trials to all, close families to as many as they are."""
    one = np.random.default_rng(0).standard_normal((500, 1))
    copies = effective_trials(one * np.arange(1, 41) + np.arange(40))
    assert copies.number == pytest.approx(1, abs=1e-3)
    assert copies.mean_correlation == pytest.approx(1)
    assert effective_trials(trials(20, 1, 0, 0, rows=5000, seed=2)).number == pytest.approx(20, rel=0.04)
    assert effective_trials(trials(6, 10, 0.999, 0, rows=5000, seed=3)).number == pytest.approx(6, rel=0.15)


def test_opposite_trials_are_two_and_more_lucky_than_unrelated_ones() -> None:
    """A strategy and its reverse: one of them wins for sure, so they count as both."""
    one = np.random.default_rng(0).standard_normal((500, 1))
    found = effective_trials(np.hstack([one, -one]))
    assert found.number == 2
    assert found.expected_maximum == pytest.approx(math.sqrt(2 / math.pi), rel=0.03)


def test_more_trials_than_observations() -> None:
    """Three hundred trials of fifty periods are counted, as more than a hundred."""
    found = effective_trials(np.random.default_rng(4).standard_normal((50, 300)))
    assert 100 < found.number <= 300


def test_trials_that_never_trade() -> None:
    """Flat trials are told and left out; without two that vary there is one trial."""
    one = np.random.default_rng(0).standard_normal((500, 3))
    found = effective_trials(np.hstack([one, np.zeros((500, 5))]))
    assert (found.n_trials, found.n_alike) == (8, 5)
    assert found.number == pytest.approx(3, rel=0.02)
    for matrix in (np.zeros((9, 4)), np.hstack([one[:, :1], np.zeros((500, 2))])):
        found = effective_trials(matrix)
        assert (found.number, found.expected_maximum) == (1.0, 0.0)
        assert math.isnan(found.mean_correlation)


def test_same_trials_same_number() -> None:
    """The number is the same each time, and hardly another with another seed."""
    matrix = trials(6, 10, 0.8, 0.2, rows=800, seed=5)
    assert effective_trials(matrix) == effective_trials(matrix)
    assert effective_trials(matrix).number == pytest.approx(effective_trials(matrix, seed=1).number, rel=0.06)


@pytest.mark.parametrize("family", FAMILIES)
def test_deflation_by_it_lets_no_luck_through(family: str) -> None:
    """The best of 60 worthless trials passes the effective deflation at 95 % in about 5 % of 80 cases at the most."""
    passed = 0
    for seed in range(80):
        returns = trials(*FAMILIES[family], rows=500, seed=seed)
        best = sharpe_moments(returns[:, np.argmax(returns.mean(axis=0) / returns.std(axis=0))])
        number = effective_trials(returns, draws=1000).number
        passed += deflated_sharpe_ratio(*best, number, 1 / 499) > 0.95
    assert passed / 80 <= 0.1


@pytest.mark.parametrize("returns", [np.zeros(5), np.zeros((0, 3)), np.zeros((3, 0))])
def test_no_trials(returns: np.ndarray) -> None:
    """What is no matrix of trials is refused."""
    with pytest.raises(DataError, match=r"hold no trials; give a matrix, time down and trials across"):
        effective_trials(returns)


def test_values_that_are_no_returns() -> None:
    """NaN and infinity are refused."""
    with pytest.raises(DataError, match=r"hold values that are not finite; fill them with what was earned"):
        effective_trials([[0.1, np.nan], [0.2, 0.1]])
