"""How skill fades while a model ages: the same bars, predicted by models of several ages, and the half-life."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.stats.bootstrap import block_interval, block_sums
from trady2.stats.overlap import time_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from trady2.guards.direction import Placed
    from trady2.guards.study_walk import StudyWalk
    from trady2.stats.bootstrap import Interval, Statistic

__all__ = ["Age", "AgeCurve", "age_curve", "area_of", "change_of", "half_lives", "paired"]

Floats = NDArray[np.float64]
_LEVEL = 0.9
_REPLICATES = 999
_SLOWEST = 64.0


@dataclass(frozen=True)
class Age:
    """The direction skill of models of one age, and its loss against the freshest on the same rows.

    Intervals are of 90 %, by studentised block bootstrap; the loss is paired, negative for a loss.
    """

    weeks: int
    skill: float
    skill_low: float
    skill_high: float
    change: float
    change_low: float
    change_high: float


@dataclass(frozen=True)
class AgeCurve:
    """Skill by age on rows that models of every age have predicted.

    Attributes:
        ages: the freshest first.
        n_rows: rows that moved.
        half_life_weeks: in which the skill beyond a coin halves; None where no decay is seen.
        half_life_low: lower end of its 90 % interval, by bootstrap percentiles; None where no decay is seen there.
        half_life_high: upper end.
        skilled: whether the freshest models have any skill that could fade, the lower end of its interval above 0.5.
    """

    ages: tuple[Age, ...]
    n_rows: int
    half_life_weeks: float | None
    half_life_low: float | None
    half_life_high: float | None
    skilled: bool

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary; None for NaN."""
        plain = asdict(self)
        ages = [{k: v if v == v else None for k, v in age.items()} for age in plain["ages"]]
        return {**plain, "ages": ages}


def age_curve(
    walk: StudyWalk,
    skills: Callable[[Floats], Placed],
    decision_time: NDArray[np.datetime64],
    *,
    step_weeks: int,
    horizon_steps: int,
) -> AgeCurve:
    """Measure ages 0, 1, 2, 4, … steps, up to half of the walk, on the stretches that all of them have predicted.

    Args:
        walk: of k trainings.
        skills: gives the places of the rows that moved for (m,) scores.
        decision_time: (m,) of the walk's rows.
        step_weeks: how long a step is.
        horizon_steps: N; it sets the length of the blocks.
    """
    most = len(walk.starts) // 2
    ages = [0] + [2**power for power in range(most.bit_length()) if 2**power <= most]
    inside = walk.stretch >= ages[-1]
    found = [skills(np.where(inside, walk.by_age(age), np.nan)) for age in ages]
    up = found[0].up
    sums, pieces = paired(found[0].rows, up, [one.place for one in found], decision_time, horizon_steps)
    areas = [float(one.place[up].mean()) for one in found]
    spread = [block_interval(area_of(place, areas), sums, pieces_per_block=pieces) for place in range(len(ages))]
    change = [block_interval(change_of(place, 0, areas), sums, pieces_per_block=pieces) for place in range(len(ages))]
    rows = [_age(age * step_weeks, *both) for age, both in zip(ages, zip(spread, change, strict=True), strict=True)]
    weeks = np.array(ages, np.float64) * step_weeks
    drawn = _replicates(sums.reshape(-1, pieces, sums.shape[1]).sum(axis=1), areas)
    lives = half_lives(weeks, np.concatenate([np.array([areas]), drawn]) - 0.5)
    low, high = np.quantile(lives[1:], [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], method="nearest")
    return AgeCurve(
        ages=tuple(rows),
        n_rows=len(up),
        half_life_weeks=_finite(lives[0]),
        half_life_low=_finite(low),
        half_life_high=_finite(high),
        skilled=bool(spread[0].low > 0.5),
    )


def paired(
    rows: NDArray[np.int64],
    up: NDArray[np.bool_],
    places: list[Floats],
    decision_time: NDArray[np.datetime64],
    horizon_steps: int,
) -> tuple[Floats, int]:
    """Return sums over pieces of blocks of time, and pieces per block: rises, falls, then two columns for each place.

    All *places* are (k,) on the same *rows*, so differences of their areas are of the same moves.
    """
    blocks = time_blocks(decision_time[rows], horizon_steps)
    columns: list[NDArray[np.generic]] = [up, ~up]
    for place in places:
        columns += [place * up, place * ~up]
    return block_sums(columns, blocks.piece, blocks.n_blocks * blocks.pieces_per_block), blocks.pieces_per_block


def area_of(place: int, areas: list[float]) -> Statistic:
    """Return the statistic of `paired` sums that is one area."""

    def statistic(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
        first = 2 + 2 * place
        return np.asarray(sums[..., first] / sums[..., 0] + sums[..., first + 1] / sums[..., 1] - areas[place])

    return statistic


def change_of(place: int, other: int, areas: list[float]) -> Statistic:
    """Return the statistic of `paired` sums that is an area less another one."""
    own, beside = area_of(place, areas), area_of(other, areas)
    return lambda sums: np.asarray(own(sums) - beside(sums))


def _replicates(blocks: Floats, areas: list[float]) -> Floats:
    """Return (replicates, ages): the areas over blocks that were drawn with replacement, the same for every age."""
    count = len(blocks)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), _REPLICATES) @ blocks
    return np.stack([area_of(place, areas)(drawn) for place in range(len(areas))], axis=1).astype(np.float64)


def half_lives(weeks: Floats, skills: Floats) -> Floats:
    """Return the half-life of each of (r, a) *skills* beyond a coin at ages of (a,) *weeks*; infinite for no decay.

    By least squares of s · 2^(-age / h), h from a quarter of the first age to 64 times the last one, and s as it comes
    out for each h; a fit at the slow end, or with s at or below 0, counts as no decay.
    """
    slow = _SLOWEST * weeks[-1]
    lives = np.geomspace(weeks[1] / 4, slow, 400)
    shape = 2.0 ** (-weeks / lives[:, None])
    size = skills @ shape.T / np.sum(shape * shape, axis=1)
    left = np.sum(skills * skills, axis=1, keepdims=True) - size * size * np.sum(shape * shape, axis=1)
    best = np.argmin(left, axis=1)
    own = size[np.arange(len(skills)), best]
    return np.where((own > 0) & (best < len(lives) - 1), lives[best], np.inf)


def _age(weeks: int, skill: Interval, change: Interval) -> Age:
    return Age(weeks, *skill, *(change if weeks else (0.0, 0.0, 0.0)))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
