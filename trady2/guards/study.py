"""How often should a model be trained again? The answer from history before the test zone, with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.errors import NotEnoughDataError
from trady2.guards.direction import placed
from trady2.guards.study_age import age_curve
from trady2.guards.study_cadence import cadences
from trady2.guards.study_walk import study_walk
from trady2.learning.target import label_arrays
from trady2.learning.volatility import trailing_volatility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.guards.direction import Placed
    from trady2.guards.study_age import AgeCurve
    from trady2.guards.study_cadence import Cadence, Traded
    from trady2.guards.study_walk import StudyWalk
    from trady2.learning.fit import Progress

__all__ = ["Study", "study"]


@dataclass(frozen=True, eq=False)
class Study:
    """The end of a study.

    Attributes:
        walk: what every model said.
        ages: skill by age.
        cadences: the shortest first, never last.
        traded: what each of them traded, in their order.
    """

    walk: StudyWalk
    ages: AgeCurve
    cadences: tuple[Cadence, ...]
    traded: tuple[Traded, ...]

    @property
    def statement(self) -> str:
        """What the comparison allows to say, in words."""
        return f"{self._fading()} {self._schedule()}"

    def _fading(self) -> str:
        ages, fresh = self.ages, self.ages.ages[0]
        span = f"{fresh.skill:.4f} [{fresh.skill_low:.4f}, {fresh.skill_high:.4f}]"
        if not ages.skilled:
            return f"Fresh models have a direction skill of {span}: no skill is shown that could fade."
        if ages.half_life_weeks is None:
            return f"Fresh models have a direction skill of {span}, and no fading is seen."
        ends = [f"{end:.0f}" if end else "no end" for end in (ages.half_life_low, ages.half_life_high)]
        return (
            f"Fresh models have a direction skill of {span}. What it has beyond a coin halves in about "
            f"{ages.half_life_weeks:.0f} weeks (90 % interval: {ends[0]} to {ends[1]})."
        )

    def _schedule(self) -> str:
        worse = [_named(one.weeks) for one in self.cadences if one.is_worse]
        shortest = _named(self.cadences[0].weeks)
        if not self.cadences[0].skill_low > 0.5:
            return f"Training {shortest} shows no skill along this history, so no schedule can be told from another."
        if not worse:
            return f"No slower cadence is shown to be worse than training {shortest}; this history cannot tell more."
        first = next(place for place, one in enumerate(self.cadences) if one.is_worse)
        slowest = _named(self.cadences[first - 1].weeks)
        return f"Shown to be worse than training {shortest}: {', '.join(worse)}. The slowest before them: {slowest}."

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        walk = self.walk
        trainings = [
            {"start": f"{start}Z", "trees": trees} for start, trees in zip(walk.starts, walk.trees, strict=True)
        ]
        return {
            "statement": self.statement,
            "ages": self.ages.as_json(),
            "cadences": [one.as_json() for one in self.cadences],
            "trainings": trainings,
            "n_rows": len(walk.rows),
            "seconds": walk.seconds,
        }


def _named(weeks: int | None) -> str:
    return "never again" if weeks is None else f"every {weeks} weeks" if weeks > 1 else "every week"


def study(panel: Panel, config: Config, *, progress: Progress | None = None) -> Study:
    """Train along history at every step of the shortest cadence; compare ages, and cadences, on the same rows.

    Scores are ranked inside the steps of the shortest cadence for all of them, so that no cadence gains or loses by
    where its models change.

    Args:
        panel: the vectors that may be seen: up to the test zone and no further.
        config: sections ``target``, ``split``, ``model``, ``backtest`` and ``study``, and the seed.
        progress: called before each training with a text and the share done.

    Raises:
        NotEnoughDataError: too little history, or prices that never rose or never fell by the threshold.
    """
    labels = label_arrays(panel, config.target)
    walk = study_walk(panel, labels, config, progress=progress)
    own, volatility = labels.take(walk.rows), trailing_volatility(panel, config.target.horizon_steps)[walk.rows]

    def skills(score: NDArray[np.float64]) -> Placed:
        found = placed(score, walk.stretch, own, volatility)
        if found is None:
            raise NotEnoughDataError(
                "the walk has no rise or no fall by target.return_threshold; lower it, or add history",
                rows=len(walk.rows),
            )
        return found

    decided = panel.decision_time[walk.rows]
    steps = config.target.horizon_steps
    ages = age_curve(walk, skills, decided, step_weeks=config.study.cadence_weeks[0], horizon_steps=steps)
    compared, runs = cadences(panel, walk, skills, config)
    return Study(walk, ages, tuple(compared), tuple(runs))
