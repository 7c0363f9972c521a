"""What a search for parameters came to: the best try, and how much of its score is the luck of choosing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.errors import NotEnoughDataError
from trady2.guards.tune_luck import Luck, luck_of_the_best

if TYPE_CHECKING:
    from trady2.guards.tune_store import Store
    from trady2.guards.tune_tried import Tried
    from trady2.guards.tune_walk import Ground

__all__ = ["Tuned", "ranked", "tuned"]

_SURE = 0.05


@dataclass(frozen=True)
class Tuned:
    """The end of a search.

    Attributes:
        best: the complete try with the highest direction skill; of equals the first.
        present: the try with the parameters of the configuration itself.
        luck: see `luck_of_the_best`.
        tried: all tries that ended, in their order.
    """

    best: Tried
    present: Tried
    luck: Luck
    tried: tuple[Tried, ...]

    @property
    def gain_is_beyond_luck(self) -> bool:
        """Whether luck alone gives as large a gain over the present parameters in at most one case of twenty."""
        return self.best.number != self.present.number and self.luck.gain_p_value <= _SURE

    @property
    def statement(self) -> str:
        """What the best score is worth, in words."""
        luck, skill = self.luck, self.best.direction_skill
        best = (
            f"The best of {luck.n_trials:,} tries has a direction skill of {skill:.4f}. The same tries with scores "
            f"that know nothing give a best of {luck.by_luck:.4f} on average, and above {luck.by_luck_95:.4f} in one "
            f"case of twenty: {_share(luck.best - 0.5, luck.by_luck - 0.5)} of what it has beyond a coin is the luck "
            f"of choosing (p = {luck.p_value:.3f})."
        )
        if self.best.number == self.present.number:
            return f"{best} No try was better than the present parameters: keep them."
        gain = (
            f"It is {luck.gain:+.4f} better than the present parameters; luck gives {luck.gain_by_luck:+.4f} on "
            f"average (p = {luck.gain_p_value:.3f})"
        )
        if self.gain_is_beyond_luck:
            return f"{best} {gain}: more than luck explains. Expect less of it on bars that the search has not seen."
        return f"{best} {gain}: luck explains that. There is no reason to leave the present parameters."

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return {
            "best": self.best.as_json(),
            "present": self.present.as_json(),
            "luck": self.luck.as_json(),
            "gain_is_beyond_luck": self.gain_is_beyond_luck,
            "statement": self.statement,
            "trials": [one.as_json() for one in self.tried],
        }


def _share(whole: float, part: float) -> str:
    return "all" if whole <= 0 or part >= whole else f"{max(part, 0.0) / whole:.0%}"


def tuned(store: Store, ground: Ground) -> Tuned:
    """Return what the tries in *store*, compared on *ground*, came to.

    Raises:
        NotEnoughDataError: none of them is complete.
    """
    tried = tuple(store.tried())
    complete = [one for one in tried if one.state == "complete" and one.direction_skill is not None]
    present = next((one for one in complete if one.is_present), None)
    if present is None:
        raise NotEnoughDataError(
            f"none of {len(tried)} tries is complete, the present parameters among them; give the search more time",
            n_tried=len(tried),
        )
    best = max(complete, key=lambda one: (one.direction_skill or 0.0, -one.number))
    scored = [one.number for one in tried if one.state != "failed"]
    fold = ground.fold
    rows = np.flatnonzero(fold >= 0)
    luck = luck_of_the_best(
        store.ranks(scored)[:, rows],
        ground.labels.direction[rows],
        ground.volatility[rows],
        ground.panel.asset_code[rows],
        fold[rows],
        chosen=scored.index(best.number),
        present=scored.index(present.number),
    )
    return Tuned(best, present, luck, tried)


def ranked(tried: Sequence[Tried]) -> list[Tried]:
    """Return *tried* with the best first: complete ones by direction skill, then given up ones, then failed ones."""
    order = {"complete": 0, "pruned": 1, "failed": 2}
    return sorted(tried, key=lambda one: (order[one.state], -(one.direction_skill or 0.0), one.number))
