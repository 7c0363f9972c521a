from __future__ import annotations

import numpy as np
import pytest

from trady2.stats import optimal_block_length


def ar(phi: float, n: int, seed: int = 0) -> np.ndarray:
    """Return *n* steps of an autoregression."""
    steps = np.random.default_rng(seed).standard_normal(n)
    for place in range(1, n):
        steps[place] += phi * steps[place - 1]
    return steps


@pytest.mark.parametrize("phi", [0.3, 0.6, -0.5])
def test_length_follows_the_formula_for_an_autoregression(phi):
    """For an AR(1) G and D are known, and the estimate from many returns is near what they give."""
    n = 20_000
    variance = 1 / (1 - phi**2)
    slope, spectrum = 2 * variance * phi / (1 - phi) ** 2, variance * (1 + phi) / (1 - phi)
    expected = (slope**2 * n / spectrum**2) ** (1 / 3)
    found = np.median([optimal_block_length(ar(phi, n, seed)) for seed in range(7)])
    assert found == pytest.approx(expected, rel=0.25)


def test_more_memory_wants_longer_blocks():
    """Blocks grow with what the returns remember."""
    lengths = [optimal_block_length(ar(phi, 4_000)) for phi in (0.0, 0.4, 0.8, 0.95)]
    assert lengths == sorted(lengths)
    assert lengths[0] < 5 < 20 < lengths[-1]


@pytest.mark.parametrize("returns", [[], [0.1] * 8, [0.0] * 500])
def test_nothing_to_tell_is_one(returns):
    """Too few returns, or ones that do not vary, leave single periods."""
    assert optimal_block_length(returns) == 1


def test_length_is_bounded():
    """A walk of a dozen steps would like longer blocks than a third of itself."""
    walk = np.cumsum(np.random.default_rng(0).standard_normal(12))
    assert optimal_block_length(walk) == 4


def test_long_memory_is_looked_at_to_the_end():
    """Where no lag is quiet, all lags up to the root of the length are used, and the length stays finite."""
    walk = np.cumsum(np.random.default_rng(1).standard_normal(2_000))
    assert 20 < optimal_block_length(walk) < 135
