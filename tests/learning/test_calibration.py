from __future__ import annotations

import json

import numpy as np
import pytest

from tests.learning.conftest import drawn
from trady2.learning.calibration import calibrate
from trady2.learning.calibrator import sigmoid
from trady2.learning.calibrator_fit import fit_calibrator, log_losses
from trady2.learning.target import Labels


def labelled(positive: np.ndarray, horizon: int = 1) -> tuple[Labels, np.ndarray, np.ndarray]:
    """Return labels on an hourly clock, the decision times and the asset codes."""
    times = np.datetime64("2024-01-01", "us") + np.arange(len(positive)) * np.timedelta64(1, "h")
    nothing = np.zeros(len(positive))
    labels = Labels(positive.astype(np.int8), times + np.timedelta64(horizon, "h"), nothing, nothing.astype(np.int8))
    return labels, times, nothing.astype(np.int32)


def chosen(raw: np.ndarray, positive: np.ndarray, method: str = "auto", horizon: int = 1) -> object:
    """Return the calibration of the rows."""
    return calibrate(raw, *labelled(positive, horizon), method=method, horizon_steps=horizon)  # type: ignore[arg-type]


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
