"""Sharpe ratio, skew and kurtosis of many trials at once."""

import numpy as np
import pandas as pd
import pytest

from trady2.registry.trial_moments import moments


@pytest.mark.parametrize("n", [4, 5, 30, 1_000])
def test_moments_equal_those_of_pandas(n: int) -> None:
    """Unbiased skew and kurtosis are those of pandas, whose kurtosis is the excess over 3."""
    returns = np.random.default_rng(n).standard_t(5, size=(n, 7)) * np.geomspace(1e-6, 10, 7)
    got, frame = moments(returns), pd.DataFrame(returns)
    np.testing.assert_allclose(got.sharpe, frame.mean() / frame.std(), rtol=1e-12)
    np.testing.assert_allclose(got.skew, frame.skew(), rtol=1e-9)
    np.testing.assert_allclose(got.kurtosis, frame.kurt() + 3, rtol=1e-9)


def test_normal_returns_have_a_kurtosis_of_three() -> None:
    """Kurtosis is raw, not the excess."""
    got = moments(np.random.default_rng(0).normal(size=(200_000, 1)))
    assert got.kurtosis[0] == pytest.approx(3, abs=0.05)
    assert got.skew[0] == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_too_few_observations_define_less(n: int) -> None:
    """One return has nothing, two have a Sharpe ratio, three a skew as well."""
    got = moments(np.arange(1.0, n + 1)[:, None])
    assert [bool(np.isnan(values[0])) for values in got] == [n < 2, n < 3, True]


@pytest.mark.parametrize("value", [0.0, 0.01, 1 / 3])
def test_returns_that_do_not_vary_have_no_moments(value: float) -> None:
    """A strategy that never traded, or one that differs by rounding alone, has no Sharpe ratio."""
    assert np.isnan(moments(np.full((50, 1), value))).all()
