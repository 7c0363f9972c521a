"""The second head of a model: what it knows of falls, and what rises and falls pay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from trady2.errors import IntegrityError
from trady2.learning.calibrator import Calibrator
from trady2.learning.signal import Payoffs

__all__ = ["DOWN_FILE", "DownHead"]

DOWN_FILE = "model_down.txt"
"""The file of a version that holds its trees."""

_KEYS = {"calibrator", "best_iteration", "payoffs"}


@dataclass(frozen=True, eq=False)
class DownHead:
    """LightGBM's trees for a fall by the target's threshold as `text`, their calibrator, and the payoffs."""

    text: str = field(repr=False)
    calibrator: Calibrator
    best_iteration: int
    payoffs: Payoffs

    def settings(self) -> dict[str, Any]:
        """Return all but the trees, as ``calibrator.json`` holds it."""
        return {
            "calibrator": self.calibrator.as_json(),
            "best_iteration": self.best_iteration,
            "payoffs": self.payoffs.as_json(),
        }

    @classmethod
    def read(cls, text: str | None, calibrator_json: Mapping[str, Any]) -> Self | None:
        """Return the head of the trees in *text* and the keys ``signal`` and ``down``; None where none of it is there.

        Raises IntegrityError where a part of it is missing.
        """
        signal, values = calibrator_json.get("signal", "probability"), calibrator_json.get("down")
        if (text, values, signal) == (None, None, "probability"):
            return None
        if text is None:
            raise IntegrityError(
                f"calibrator.json has the signal {signal!r} and a second head, but there is no {DOWN_FILE}; restore it",
                signal=signal,
            )
        if signal != "expected_return" or values is None or set(values) != _KEYS:
            raise IntegrityError(
                f"there is {DOWN_FILE}, but calibrator.json has the signal {signal!r} and nothing proper on falls; "
                "restore both files from the same version",
                signal=signal,
            )
        payoffs, calibrator = Payoffs.from_json(values["payoffs"]), Calibrator.from_json(values["calibrator"])
        return cls(text, calibrator, int(values["best_iteration"]), payoffs)
