"""The heads of a model: the rise always, and the fall where the signal weighs one against the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.errors import NotEnoughDataError
from trady2.learning.signal import Payoffs

if TYPE_CHECKING:
    from trady2.learning.signal import SignalKind
    from trady2.learning.split import Zones
    from trady2.learning.target import Labels

__all__ = ["head_labels", "payoffs_of", "require_falls"]

_LEARNED_IN = ("train", "stop", "calibrate")


def head_labels(labels: Labels, signal: SignalKind) -> tuple[Labels, ...]:
    """Return what each head learns, the rise first; the fall is the rise of the mirrored market."""
    return (labels,) if signal == "probability" else (labels, labels.mirrored())


def payoffs_of(labels: Labels, rows: NDArray[np.int64]) -> Payoffs:
    """Return the mean forward return of those of the *rows* that rose by the threshold, and of those that fell by it.

    Both have to be there; see `require_falls`.
    """
    forward, direction = labels.forward_return[rows], labels.direction[rows]
    up, down = float(forward[direction == 1].mean()), float(forward[direction == -1].mean())
    return Payoffs(max(up, 0.0), -down)


def require_falls(zones: Zones, labels: Labels) -> None:
    """Refuse zones in which no price falls by the threshold, or all do: the second head could not learn from them.

    Only the zones in which it learns are asked: train, stop and calibrate.

    Raises:
        NotEnoughDataError: names the zone, its rows and how many fell.
    """
    for name in _LEARNED_IN:
        rows = zones.rows[name]
        falls = int(np.count_nonzero(labels.direction[rows] == -1))
        if not 0 < falls < len(rows):
            raise NotEnoughDataError(
                f"zone {name!r} has {len(rows)} rows, and {falls or 'none'} of them fall by target.return_threshold: "
                "no return can be expected from rises against falls; lower target.return_threshold, add history, or "
                "set model.signal: probability",
                zone=name,
                rows=len(rows),
                falls=falls,
            )
