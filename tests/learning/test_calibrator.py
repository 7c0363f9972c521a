from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.isotonic import IsotonicRegression

from trady2.errors import IntegrityError
from trady2.learning.calibrator import Calibrator, sigmoid

CALIBRATORS = {
    "identity": Calibrator(),
    "platt": Calibrator("platt", (1.3, -0.4)),
    "beta": Calibrator("beta", (0.8, 1.1, 0.2)),
    "isotonic": Calibrator("isotonic", (-2.0, -0.5, 0.1, 3.0, 0.05, 0.2, 0.2, 0.9)),
}
scores = hnp.arrays(np.float64, st.integers(1, 70), elements=st.floats(-60, 60))


def written_out(name: str, raw: np.ndarray) -> np.ndarray:
    """Return the formulas of the docstring, as plain as possible."""
    p = 1 / (1 + np.exp(-raw))
    with np.errstate(divide="ignore"):
        return {
            "identity": p,
            "platt": 1 / (1 + np.exp(-(1.3 * raw - 0.4))),
            "beta": 1 / (1 + np.exp(-(0.8 * np.log(p) - 1.1 * np.log(1 - p) + 0.2))),
            "isotonic": np.interp(raw, [-2.0, -0.5, 0.1, 3.0], [0.05, 0.2, 0.2, 0.9]),
        }[name]


@pytest.mark.parametrize("name", CALIBRATORS)
def test_formulas(name: str) -> None:
    """Each method computes what the docstring says."""
    raw = np.linspace(-8, 8, 333)
    np.testing.assert_allclose(CALIBRATORS[name](raw), written_out(name, raw), rtol=1e-12)


@pytest.mark.parametrize("name", CALIBRATORS)
@given(raw=scores, step=st.integers(1, 5))
def test_same_bits_in_any_batch(name: str, raw: np.ndarray, step: int) -> None:
    """A score gives the same bits alone, in a slice with a stride, in reverse and in a long array."""
    calibrator = CALIBRATORS[name]
    together = calibrator(raw)
    alone = np.array([calibrator(raw[i : i + 1])[0] for i in range(len(raw))])
    assert together.tobytes() == alone.tobytes()
    assert calibrator(raw[::-1])[::-1].tobytes() == together.tobytes()
    assert calibrator(raw[::step]).tobytes() == together[::step].tobytes()
    assert calibrator(np.tile(raw, 9))[: len(raw)].tobytes() == together.tobytes()


@pytest.mark.parametrize("name", CALIBRATORS)
@given(raw=scores)
def test_probabilities_rise_with_the_score(name: str, raw: np.ndarray) -> None:
    """Every method is monotone and stays within 0 and 1."""
    probability = CALIBRATORS[name](np.sort(raw))
    assert np.all(np.diff(probability) >= 0)
    assert probability.min() >= 0
    assert probability.max() <= 1


@pytest.mark.parametrize("name", CALIBRATORS)
def test_missing_score_stays_missing(name: str) -> None:
    """NaN in, NaN out, and infinite scores are certain."""
    probability = CALIBRATORS[name](np.array([np.nan, 0.0]))
    assert np.isnan(probability).tolist() == [True, False]


def test_sigmoid_ends() -> None:
    """The sigmoid neither overflows nor warns at the ends."""
    assert sigmoid(np.array([-np.inf, -800.0, 0.0, 800.0, np.inf])).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_isotonic_equals_scikit_learn() -> None:
    """The knots of scikit-learn's isotonic fit give scikit-learn's predictions."""
    generator = np.random.default_rng(5)
    raw = generator.normal(size=400)
    label = generator.random(400) < sigmoid(raw)
    oracle = IsotonicRegression(out_of_bounds="clip").fit(raw, label)
    calibrator = Calibrator("isotonic", (*oracle.X_thresholds_, *oracle.y_thresholds_))
    np.testing.assert_allclose(calibrator(raw * 1.5), oracle.predict(raw * 1.5), atol=1e-12)


@pytest.mark.parametrize("name", CALIBRATORS)
def test_round_trip_through_json(name: str) -> None:
    """What as_json writes, from_json reads back as an equal calibrator."""
    assert Calibrator.from_json(CALIBRATORS[name].as_json()) == CALIBRATORS[name]


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("platt", (1.0,)),
        ("beta", (1.0, float("nan"), 0.0)),
        ("isotonic", (1.0, 0.5, 0.1, 0.2)),
        ("isotonic", (1.0, 2.0, 0.1)),
        ("magic", ()),
    ],
)
def test_parameters_that_do_not_fit(method: str, parameters: tuple[float, ...]) -> None:
    """Too few, unordered or non-finite parameters and unknown methods are refused."""
    with pytest.raises(IntegrityError, match=r"cannot have the parameters .* restore calibrator.json"):
        Calibrator(method, parameters)  # type: ignore[arg-type]


def test_json_with_other_keys() -> None:
    """A dictionary that is no calibrator is refused."""
    with pytest.raises(IntegrityError, match=r"has method and parameters, not \['kind'\]"):
        Calibrator.from_json({"kind": "platt"})
