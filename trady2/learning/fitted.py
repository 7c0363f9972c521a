"""What growing the trees gave, head by head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trady2.learning.model import Model

__all__ = ["LEAST_TREES", "Fitted", "Grown"]

LEAST_TREES = 20
"""Fewer trees than that say that early stopping found nothing to learn."""


@dataclass(frozen=True)
class Grown:
    """The trees of one head.

    Attributes:
        text: LightGBM's, up to the best iteration.
        history: the log loss on the stop zone after each tree.
        best_iteration: the number of trees kept.
        importance: by feature, its share of the total gain, the largest first.
    """

    text: str
    history: tuple[float, ...]
    best_iteration: int
    importance: dict[str, float]

    def summary(self) -> dict[str, Any]:
        """Return what belongs into a manifest, as a plain dictionary."""
        return {
            "best_iteration": self.best_iteration,
            "rounds": len(self.history),
            "stop_log_loss": self.history[self.best_iteration - 1],
            "importance": self.importance,
        }


@dataclass(frozen=True)
class Fitted:
    """What growing the trees gave.

    Attributes:
        model: the trees up to the best iteration, uncalibrated, with a threshold of 0.5.
        up: the head for the rise.
        down: the head for the fall; None where the signal is a probability.
        parameters: LightGBM's parameters, without the number of threads.
    """

    model: Model
    up: Grown
    down: Grown | None
    parameters: dict[str, Any]

    @property
    def best_iteration(self) -> int:
        """The number of trees kept for the rise."""
        return self.up.best_iteration

    @property
    def history(self) -> tuple[float, ...]:
        """The log loss of the rise on the stop zone after each tree."""
        return self.up.history

    @property
    def importance(self) -> dict[str, float]:
        """The shares of the total gain in the trees for the rise, the largest first."""
        return self.up.importance

    @property
    def signal(self) -> bool:
        """Whether a head keeps at least 20 trees."""
        return max(head.best_iteration for head in (self.up, self.down) if head) >= LEAST_TREES

    def text(self) -> str:
        """Tell how many trees were kept, as a sentence."""
        heads = [("rises", self.up), *([("falls", self.down)] if self.down else [])]
        kept = ", ".join(f"{head.best_iteration} trees for {what} of {len(head.history)} grown" for what, head in heads)
        return kept if self.signal else f"{kept}: no signal, fewer than {LEAST_TREES}"

    def summary(self) -> dict[str, Any]:
        """Return what belongs into a manifest, as a plain dictionary; ``down`` and ``payoffs`` only with two heads."""
        found = {"signal": self.signal, "signal_kind": self.model.signal_kind, **self.up.summary()}
        if self.down and self.model.down:
            found |= {"down": self.down.summary(), "payoffs": self.model.down.payoffs.as_json()}
        return found | {"parameters": self.parameters}
