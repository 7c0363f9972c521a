from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from trady2.learning.calibration import calibrate, fit_calibrator, log_losses
from trady2.learning.calibrator import sigmoid
from trady2.learning.target import Labels


def drawn(rows: int, *, slope: float = 1.0, shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return raw scores and labels whose true log odds are slope x raw + shift."""
    generator = np.random.default_rng(seed)
    raw = generator.normal(-1.0, 1.0, rows)
    return raw, generator.random(rows) < sigmoid(slope * raw + shift)


def labelled(positive: np.ndarray, horizon: int = 1) -> tuple[Labels, np.ndarray, np.ndarray]:
    """Return labels on an hourly clock, the decision times and the asset codes."""
    times = np.datetime64("2024-01-01", "us") + np.arange(len(positive)) * np.timedelta64(1, "h")
    nothing = np.zeros(len(positive))
    labels = Labels(positive.astype(np.int8), times + np.timedelta64(horizon, "h"), nothing, nothing.astype(np.int8))
    return labels, times, nothing.astype(np.int32)


def chosen(raw: np.ndarray, positive: np.ndarray, method: str = "auto", horizon: int = 1) -> object:
    """Return the calibration of the rows."""
    return calibrate(raw, *labelled(positive, horizon), method=method, horizon_steps=horizon)  # type: ignore[arg-type]


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


@settings(max_examples=15, deadline=None)
@given(slope=st.floats(-1, 3), seed=st.integers(0, 99))
def test_beta_equals_a_bounded_optimiser(slope: float, seed: int) -> None:
    """Beta's log loss is the least that SciPy's bounded optimiser finds, and its slopes are not negative."""
    raw, positive = drawn(400, slope=slope, shift=0.2, seed=seed)
    columns = np.stack([np.log(sigmoid(raw)), -np.log(sigmoid(-raw)), np.ones(400)])

    def loss(weights: np.ndarray) -> float:
        return float(log_losses(sigmoid(weights @ columns), positive).mean())

    best = minimize(loss, [0.5, 0.5, 0.0], bounds=[(0, None), (0, None), (None, None)], method="L-BFGS-B")
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


@pytest.mark.parametrize("seed", range(6))
def test_identity_wins_ties(seed: int) -> None:
    """Where the raw score is right already, it is left as it is."""
    found = chosen(*drawn(3000, seed=seed))
    assert found.calibrator.method == "identity"
    assert found.gains["platt"].low <= 0
    assert found.reason == "no candidate is proven better than the plain sigmoid"


@pytest.mark.parametrize(("slope", "shift"), [(0.3, 0.0), (1.0, -1.0)])
def test_a_proven_gain_wins(slope: float, shift: float) -> None:
    """Where the raw score is too sure or off the base rate, a map is found that is right on fresh rows."""
    found = chosen(*drawn(4000, slope=slope, shift=shift))
    assert found.calibrator.method in ("platt", "beta")
    fresh = np.linspace(-3, 1, 9)
    np.testing.assert_allclose(found.calibrator(fresh), sigmoid(slope * fresh + shift), atol=0.05)
    assert "of log loss a row, at least" in found.reason


def test_gain_is_judged_on_rows_not_learned_from() -> None:
    """On noise the fitted maps lose out of sample, though they gain in sample."""
    raw, positive = drawn(300)
    found = chosen(raw, positive)
    in_sample = log_losses(sigmoid(raw), positive) - log_losses(fit_calibrator("beta", raw, positive)(raw), positive)
    assert in_sample.mean() > 0
    assert found.gains["beta"].value < in_sample.mean()


def test_isotonic_needs_a_large_sample() -> None:
    """A staircase is learned from 12,000 independent labels, and not tried with overlapping ones."""
    generator = np.random.default_rng(3)
    raw = generator.uniform(-3, 3, 12_000)
    positive = generator.random(12_000) < np.where(raw > 0, 0.7, np.where(raw > -1.5, 0.35, 0.3))
    found = chosen(raw, positive)
    assert found.calibrator.method == "isotonic"
    assert "on a later slice" in found.reason
    assert "isotonic" not in chosen(raw, positive, horizon=12).gains
    assert chosen(raw, positive, horizon=12).n_eff == pytest.approx(1000, rel=0.01)


@pytest.mark.parametrize("method", ["identity", "platt", "beta", "isotonic"])
def test_a_given_method_is_taken(method: str) -> None:
    """A method in the configuration is fitted without a contest."""
    found = chosen(*drawn(400, slope=0.5), method=method)
    assert (found.calibrator.method, found.reason, found.gains) == (method, "given by the configuration", {})


def test_too_few_rows_for_a_contest() -> None:
    """Where the purge leaves nothing to compare on, the raw score stays as it is."""
    found = chosen(*drawn(60), horizon=50)
    assert (found.calibrator.method, found.reason) == ("identity", "too few rows to prove a gain")


def test_report_is_plain() -> None:
    """The report survives strict JSON."""
    report = json.loads(json.dumps(chosen(*drawn(3000)).as_json(), allow_nan=False))
    assert report["method"] == "identity"
    assert len(report["gains"]["platt"]) == 3
