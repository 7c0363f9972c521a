"""How much is lost by training again less often: the same bars, traded with models of several retraining cadences."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.guards.study_age import area_of, change_of, paired
from trady2.guards.timing import timing
from trady2.guards.walk_evidence import traded
from trady2.stats.bootstrap import Interval, block_interval, block_sums
from trady2.stats.overlap import time_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from trady2.backtest.result import Backtest
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.guards.direction import Placed
    from trady2.guards.study_walk import StudyWalk
    from trady2.guards.timing import Timing

__all__ = ["Cadence", "Traded", "cadences"]

Floats = NDArray[np.float64]
_LEVEL, _CHANCE = 0.9, 0.05
_NONE = Interval(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Cadence:
    """One retraining cadence; intervals are of 90 %, each for itself, by studentised block bootstrap.

    Attributes:
        weeks: between trainings; None for never again.
        trainings: how many there were.
        skill: direction skill, 0.5 for a coin.
        skill_change: against the shortest cadence on the same rows, negative for a loss.
        excess: timing excess per bar, in basis points; see `trady2.guards.timing`.
        excess_low_90: its one-sided lower bound.
        excess_change: against the shortest cadence, bar by bar, in basis points.
        net: mean net return per bar, in basis points.
        n_trades: trades.
        is_worse: whether a loss of skill or of timing excess is sure: its interval lies below 0 at a level that leaves
            one case of twenty to all comparisons together (Bonferroni).
    """

    weeks: int | None
    trainings: int
    skill: float
    skill_low: float
    skill_high: float
    skill_change: float
    skill_change_low: float
    skill_change_high: float
    excess: float
    excess_low_90: float
    excess_change: float
    excess_change_low: float
    excess_change_high: float
    net: float
    n_trades: int
    is_worse: bool

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary; None for NaN."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class Traded:
    """What one cadence traded, for the ledger: the numbers of the models that it used, and the backtest."""

    weeks: int | None
    models: tuple[int, ...]
    backtest: Backtest


def cadences(
    panel: Panel, walk: StudyWalk, skills: Callable[[Floats], Placed], config: Config
) -> tuple[list[Cadence], list[Traded]]:
    """Compare the cadences of the section ``study`` that are shorter than the walk, and never training again."""
    asked, count = config.study.cadence_weeks, len(walk.starts)
    steps = [weeks // asked[0] for weeks in asked]
    kept: list[int | None] = [step for step in steps if step < count]
    rows = np.flatnonzero(panel.decision_time >= walk.starts[0])
    runs, timed, places = [], [], []
    for step in [*kept, None]:
        raw, signal = walk.by_cadence(step)
        everywhere = np.full(len(panel), np.nan)
        everywhere[walk.rows] = signal
        backtest = traded(panel, rows, everywhere[rows], config)
        used = tuple(range(0, count, step)) if step else (0,)
        runs.append(Traded(None if step is None else step * asked[0], used, backtest))
        timed.append(timing(panel, rows, backtest, horizon_steps=config.target.horizon_steps))
        places.append(skills(raw))
    return _compared(panel.decision_time[walk.rows], runs, timed, places, config), runs


def _compared(
    decision_time: NDArray[np.datetime64], runs: list[Traded], timed: list[Timing], places: list[Placed], config: Config
) -> list[Cadence]:
    first, steps = places[0], config.target.horizon_steps
    every = [one.place for one in places]
    areas = [float(place[first.up].mean()) for place in every]
    sums, pieces = paired(first.rows, first.up, every, decision_time, steps)
    bars, sure = max(steps, config.backtest.hold_bars), 1 - 2 * _CHANCE / (2 * max(len(runs) - 1, 1))
    found = []
    for place, (run, own) in enumerate(zip(runs, timed, strict=True)):
        skill = block_interval(area_of(place, areas), sums, pieces_per_block=pieces)
        change, moved = [_NONE, _NONE], [_NONE, _NONE]
        if place:
            areas_of = change_of(place, 0, areas)
            change = [block_interval(areas_of, sums, pieces_per_block=pieces, level=level) for level in (_LEVEL, sure)]
            moved = [_excess_change(own, timed[0], bars, level) for level in (_LEVEL, sure)]
        values = (*skill, *change[0], own.excess.value * 1e4, own.excess.low_90 * 1e4, *moved[0], own.net.value * 1e4)
        worse = place > 0 and (change[1].high < 0 or moved[1].high < 0)
        found.append(Cadence(run.weeks, len(run.models), *values, len(run.backtest.trades), bool(worse)))
    return found


def _excess_change(own: Timing, other: Timing, bars: int, level: float) -> Interval:
    """Return the mean difference of the excess per bar, in basis points, with its interval."""
    change = (own.excess_returns - other.excess_returns) * 1e4
    if not change.any():
        return _NONE
    blocks = time_blocks(own.clock, bars)
    count = blocks.n_blocks * blocks.pieces_per_block
    sums = block_sums([change, np.ones(len(change))], blocks.piece, count)
    return block_interval(
        lambda s: np.asarray(s[..., 0] / s[..., 1]), sums, pieces_per_block=blocks.pieces_per_block, level=level
    )
