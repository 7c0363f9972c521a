"""The map from a raw score to a probability: two or three numbers, and one sigmoid for all of Trady2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from trady2.errors import IntegrityError

__all__ = ["Calibrator", "Method", "sigmoid"]

Floats = NDArray[np.float64]
Method = Literal["identity", "platt", "beta", "isotonic"]

_PARAMETERS: Mapping[str, int] = {"identity": 0, "platt": 2, "beta": 3}


def sigmoid(raw: NDArray[np.floating[Any]]) -> Floats:
    """Return 1 / (1 + exp(-raw)) elementwise in float64; NaN stays NaN.

    SciPy computes it number by number. NumPy's exp takes another path for the last few numbers of an
    array on some processors, and a row's probability must not depend on the rows around it.
    """
    result: Floats = expit(np.ascontiguousarray(raw, np.float64))
    return result


@dataclass(frozen=True)
class Calibrator:
    """A monotone map from LightGBM's raw score r (log odds) to a probability, with p = sigmoid(r).

    ========  ==========================  =====================================================
    method    parameters                  probability
    ========  ==========================  =====================================================
    identity  none                        p
    platt     slope, intercept            sigmoid(slope r + intercept), Platt 1999
    beta      a, b, c                     sigmoid(a log p - b log(1 - p) + c), Kull et al. 2017
    isotonic  k raw scores, k values      linear between the knots, constant outside them
    ========  ==========================  =====================================================
    """

    method: Method = "identity"
    parameters: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the parameters; raises IntegrityError where they do not fit the method."""
        count = _PARAMETERS.get(self.method)
        if self.method == "isotonic":
            half = len(self.parameters) // 2
            knots = np.asarray(self.parameters[:half])
            fits = half >= 2 and len(self.parameters) == 2 * half and bool(np.all(np.diff(knots) > 0))
        else:
            fits = count == len(self.parameters)
        if not fits or not np.isfinite(self.parameters).all():
            raise IntegrityError(
                f"calibrator {self.method!r} cannot have the parameters {self.parameters}; restore calibrator.json",
                method=self.method,
            )

    def __call__(self, raw: Floats) -> Floats:
        """Return a probability for each of the (n,) *raw* scores; NaN stays NaN."""
        raw = np.ascontiguousarray(raw, np.float64)
        if self.method == "platt":
            return sigmoid(self.parameters[0] * raw + self.parameters[1])
        if self.method == "beta":
            a, b, c = self.parameters
            return sigmoid(a * log_expit(raw) - b * log_expit(-raw) + c)
        return _between_knots(raw, np.asarray(self.parameters)) if self.method == "isotonic" else sigmoid(raw)

    def one(self, raw: float) -> float:
        """Return the probability of one *raw* score: the bits that a call gives it among others."""
        if self.method == "platt":
            return float(expit(self.parameters[0] * raw + self.parameters[1]))
        if self.method == "beta":
            a, b, c = self.parameters
            return float(expit(a * float(log_expit(raw)) - b * float(log_expit(-raw)) + c))
        return float(self(np.array([raw]))[0])

    def as_json(self) -> dict[str, object]:
        """Return a plain dictionary that `from_json` turns into an equal calibrator."""
        return {"method": self.method, "parameters": [float(number) for number in self.parameters]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote; raises IntegrityError for anything else."""
        if set(values) != {"method", "parameters"}:
            raise IntegrityError(f"a calibrator has method and parameters, not {sorted(values)}; restore it")
        return cls(values["method"], tuple(float(number) for number in values["parameters"]))


def _between_knots(raw: Floats, parameters: Floats) -> Floats:
    knots, values = np.split(parameters, 2)
    right = np.clip(np.searchsorted(knots, raw, side="right"), 1, len(knots) - 1)
    share = np.clip((raw - knots[right - 1]) / (knots[right] - knots[right - 1]), 0.0, 1.0)
    result: Floats = values[right - 1] + share * (values[right] - values[right - 1])
    return result
