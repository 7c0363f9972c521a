from __future__ import annotations

import numpy as np
import pytest

from trady2.guards.estimate import Estimate, estimate


def mean(sums: np.ndarray) -> np.ndarray:
    """Return the mean of a column beside its count."""
    return sums[..., 0] / sums[..., 1]


def test_an_estimate_of_a_mean_agrees_with_the_textbook() -> None:
    """With one row a block, value, standard error and t are those of a one-sample t-test."""
    values = np.random.default_rng(0).normal(0.3, 1.0, 400)
    found = estimate(mean, np.stack([values, np.ones(400)], axis=1), n=400, null=0.1)
    error = values.std(ddof=1) / 20
    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(error, rel=1e-9)
    assert found.t == pytest.approx((values.mean() - 0.1) / error)
    assert found.low_90 == pytest.approx(values.mean() - 1.2845 * error, abs=0.15 * error)
    assert found.low_67 == pytest.approx(values.mean() - 0.4316 * error, abs=0.15 * error)
    assert found.high_95 == pytest.approx(values.mean() + 1.6487 * error, abs=0.15 * error)
    assert (found.n, found.n_blocks) == (400, 400)


def test_what_cannot_be_told_is_null_in_json() -> None:
    """An unknown estimate keeps its counts and has no number."""
    assert Estimate.unknown(7).as_json() == {
        "value": None,
        "standard_error": None,
        "t": None,
        "low_90": None,
        "low_67": None,
        "high_95": None,
        "n": 7,
        "n_blocks": 0,
    }


def test_no_spread_gives_no_bound() -> None:
    """Equal blocks have no standard error, so there is neither bound nor t to pass a criterion with."""
    found = estimate(mean, np.ones((50, 2)), n=50)
    assert np.isnan([found.low_90, found.low_67]).all()
    assert not found.low_67 > 0
