"""What is compared with the threshold: the probability of a rise, or the return that a trade is expected to bring.

A probability of a rise is high where prices move much, whichever way; an expected return weighs rises against falls.
``docs/signal.md`` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from trady2.errors import IntegrityError

__all__ = ["Payoffs", "Prediction", "SignalKind", "direction_score"]

Floats = NDArray[np.float64]
SignalKind = Literal["expected_return", "probability"]


class Prediction(NamedTuple):
    """What a model says of n rows.

    Attributes:
        probability: (n,) of a rise by the target's threshold, calibrated.
        score: (n,) in 0 … 1, a signal where it is above the model's threshold; by the signal ``probability`` that
            probability itself, by ``expected_return`` see `Payoffs.score`.
        expected_return: (n,) over the horizon, before costs, in fractions; NaN from a model that knows rises alone.
    """

    probability: Floats
    score: Floats
    expected_return: Floats

    def without(self, rows: NDArray[np.bool_]) -> Prediction:
        """Return the same with NaN throughout in the (n,) *rows* that are True."""
        return Prediction(*(np.where(rows, np.nan, values) for values in self))


@dataclass(frozen=True)
class Payoffs:
    """How far prices went on average, in fractions above 0, where they rose (*up*) or fell (*down*) by the threshold.

    Means over the zone train. Moves that stay below the threshold are taken to average out.
    """

    up: float
    down: float

    def __post_init__(self) -> None:
        """Refuse what no market pays; raises IntegrityError."""
        if not (np.isfinite([self.up, self.down]).all() and min(self.up, self.down) >= 0 and self._most > 0):
            raise IntegrityError(
                f"payoffs of {self.up} up and {self.down} down cannot be means of moves; restore calibrator.json",
                up=self.up,
                down=self.down,
            )

    @property
    def _most(self) -> float:
        return max(self.up, self.down)

    def expected_return(self, p_up: Floats, p_down: Floats) -> Floats:
        """Return p_up · up - p_down · down for (n,) probabilities of a rise and of a fall; NaN where one is NaN."""
        return np.asarray(p_up * self.up - p_down * self.down)

    def score(self, expected_return: Floats) -> Floats:
        """Return (1 + expected return / max(up, down)) / 2: from 0 to 1, 0.5 where nothing is expected."""
        return np.asarray(0.5 + expected_return / (2 * self._most))

    def as_json(self) -> dict[str, float]:
        """Return a plain dictionary that `from_json` turns into equal payoffs."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote; raises IntegrityError for anything else."""
        if set(values) != {"up", "down"}:
            raise IntegrityError(f"payoffs are up and down, not {sorted(values)}; restore calibrator.json")
        return cls(float(values["up"]), float(values["down"]))


def direction_score(raw: Floats) -> Floats:
    """Return the (n,) log odds of a rise less those of a fall from (heads, n) raw scores; of one head, those of a rise.

    It ranks rows of one model by direction, needs no calibration, and NaN stays NaN.
    """
    score: Floats = raw[0] - raw[1] if len(raw) == 2 else raw[0]
    return score
