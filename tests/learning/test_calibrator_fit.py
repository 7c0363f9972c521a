from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from tests.learning.conftest import drawn
from trady2.learning.calibrator import sigmoid
from trady2.learning.calibrator_fit import fit_calibrator, log_losses


def test_losses_equal_scikit_learn() -> None:
    """The mean of the losses is scikit-learn's log loss."""
    raw, positive = drawn(500)
    assert log_losses(sigmoid(raw), positive).mean() == pytest.approx(log_loss(positive, sigmoid(raw)))


def test_certainty_that_was_wrong_is_finite() -> None:
    """A probability of 0 for what happened costs much, but not infinitely much."""
    assert log_losses(np.array([0.0, 1.0]), np.array([True, True])) == pytest.approx([15 * np.log(10), 0])


@pytest.mark.parametrize("slope", [0.4, 1.0, 2.5])
def test_platt_equals_scikit_learn(slope: float) -> None:
    """Platt's two numbers are those of an unpenalised logistic regression."""
    raw, positive = drawn(2000, slope=slope, shift=-0.5)
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(raw[:, None], positive)
    expected = (oracle.coef_[0, 0], oracle.intercept_[0])
    assert fit_calibrator("platt", raw, positive).parameters == pytest.approx(expected, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(slope=st.floats(-1, 3), seed=st.integers(0, 99))
def test_beta_equals_a_bounded_optimiser(slope: float, seed: int) -> None:
    """Beta's log loss is the least that SciPy's bounded optimiser finds, and its slopes are not negative."""
    raw, positive = drawn(400, slope=slope, shift=0.2, seed=seed)
    columns = np.stack([np.log(sigmoid(raw)), -np.log(sigmoid(-raw)), np.ones(400)])

    def loss(weights: np.ndarray) -> float:
        return float(log_losses(sigmoid(weights @ columns), positive).mean())

    bounds = [(0, None), (0, None), (None, None)]
    best = minimize(loss, [0.5, 0.5, 0.0], bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9})
    calibrator = fit_calibrator("beta", raw, positive)
    if calibrator.method == "identity":
        assert best.x[0] + best.x[1] == pytest.approx(0, abs=1e-3)
    else:
        assert min(calibrator.parameters[:2]) >= 0
        assert log_losses(calibrator(raw), positive).mean() == pytest.approx(best.fun, abs=2e-5)


def test_isotonic_equals_scikit_learn() -> None:
    """The isotonic values are scikit-learn's, half a row away from certainty."""
    raw, positive = drawn(1000)
    raw = np.round(raw, 1)
    oracle = IsotonicRegression(y_min=1 / 2000, y_max=1 - 1 / 2000, out_of_bounds="clip").fit(raw, positive)
    grid = np.linspace(-5, 4, 300)
    np.testing.assert_allclose(fit_calibrator("isotonic", raw, positive)(grid), oracle.predict(grid), atol=1e-9)


@pytest.mark.parametrize("method", ["platt", "beta"])
def test_a_score_that_ranks_backwards(method: str) -> None:
    """A map that would turn the order round is replaced by the plain sigmoid, or has a weight of zero at least."""
    raw, positive = drawn(500, slope=-1.0)
    probability = fit_calibrator(method, raw, positive)(np.sort(raw))  # type: ignore[arg-type]
    assert np.all(np.diff(probability) >= 0)


def test_one_score_for_all_rows() -> None:
    """Equal scores leave nothing to interpolate between."""
    raw, positive = drawn(100)
    assert fit_calibrator("isotonic", raw * 0, positive).method == "identity"


def test_classes_that_a_cut_separates() -> None:
    """Perfectly separated classes give a steep, finite map."""
    raw = np.linspace(-1, 1, 100)
    slope, _ = fit_calibrator("platt", raw, raw > 0).parameters
    assert 10 < slope < np.inf
