"""Studentised block bootstrap: intervals for anything that is a smooth function of sums over time blocks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Interval", "Statistic", "block_interval", "block_standard_error", "block_sums"]

Floats = NDArray[np.float64]
Statistic = Callable[[NDArray[np.inexact]], NDArray[np.inexact]]

_FEWEST_BLOCKS = 5
_FEWEST_USABLE = 0.9
_COMPLEX_STEP = 1e-30


class Interval(NamedTuple):
    """An estimate and the two ends of its confidence interval; the ends are NaN where they cannot be told."""

    value: float
    low: float
    high: float


def block_sums(columns: list[NDArray[np.generic]], blocks: NDArray[np.int64], count: int) -> Floats:
    """Return the (count, m) sums of m columns of n rows over the rows of each of *count* blocks."""
    return np.stack([np.bincount(blocks, np.asarray(column, np.float64), count) for column in columns], axis=1)


def _gradient(statistic: Statistic, sums: Floats) -> Floats:
    """Return the (…, m) derivatives at (…, m) *sums* by a complex step, which is exact to rounding."""
    parts = []
    for column in range(sums.shape[-1]):
        scale = np.maximum(np.abs(sums[..., column]), 1.0) * _COMPLEX_STEP
        moved = sums.astype(np.complex128)
        moved[..., column] += 1j * scale
        parts.append(np.imag(statistic(moved)) / scale)
    return np.stack(parts, axis=-1)


def block_standard_error(statistic: Statistic, sums: Floats, pieces_per_block: int = 1) -> float:
    """Return the standard error of ``statistic(sums.sum(0))`` by the delta method; NaN for a single block.

    The variance of the influences of equal pieces of time is taken from their k - 1 slowest cosines, k the number of
    blocks (equal-weighted cosines: Lazarus, Lewis, Stock and Watson 2018). With one piece a block that is
    k / (k - 1) times the squared deviations of the blocks, taken as independent; pieces that are finer than the blocks
    miss less of what neighbouring blocks have in common, at the same k - 1 degrees of freedom.

    Args:
        statistic: takes (…, m) sums, is written in plain arithmetic, log and sqrt, and does not change when all sums
            grow by the same factor, as ratios of sums do.
        sums: (k x pieces_per_block, m) in the order of time.
        pieces_per_block: how many of them make a block.
    """
    waves = len(sums) // pieces_per_block - 1
    if waves < 1:
        return np.nan
    influence = sums @ _gradient(statistic, sums.sum(axis=0))
    return float(np.sqrt(len(sums) / waves * np.sum((_cosines(len(sums), waves) @ influence) ** 2)))


@lru_cache(maxsize=4)
def _cosines(count: int, waves: int) -> Floats:
    """Return (waves, count): the cosines of half a period and more, orthonormal, each adding up to 0."""
    places = (np.arange(count) + 0.5) / count
    return np.asarray(np.sqrt(2 / count) * np.cos(np.pi * np.outer(np.arange(1, waves + 1), places)))


def block_interval(
    statistic: Statistic,
    sums: Floats,
    *,
    pieces_per_block: int = 1,
    symmetric: bool = False,
    level: float = 0.9,
    replicates: int = 999,
    seed: int = 0,
) -> Interval:
    """Return the estimate ``statistic(sums.sum(0))`` and its studentised interval at *level*.

    Whole blocks are drawn with replacement; each replicate is studentised with its own standard error
    (Davison and Hinkley 1997, section 5.2.1, with non-overlapping blocks). Tails are equal; with *symmetric* the ends
    are equally far away (Hall 1992, section 3.6), for a statistic whose error depends on its value so strongly that
    equal tails cover too little. Below 5 blocks, or without spread, the ends are NaN. For the rest see
    `block_standard_error`, which gives the error of the estimate itself.
    """
    blocks = sums.reshape(-1, pieces_per_block, sums.shape[1]).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.real(statistic(sums.sum(axis=0))))
        error = block_standard_error(statistic, sums, pieces_per_block)
        if len(blocks) < _FEWEST_BLOCKS or not error > 0:
            return Interval(value, float("nan"), float("nan"))
        ratios = _studentised(statistic, blocks, _drawn(len(blocks), replicates, seed), value)
    ratios = ratios[np.isfinite(ratios)]
    if len(ratios) < _FEWEST_USABLE * replicates:
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(ratios, [(1 + level) / 2, (1 - level) / 2])
    if symmetric:
        low = np.quantile(np.abs(ratios), level)
        high = -low
    return Interval(value, float(value - low * error), float(value - high * error))


@lru_cache(maxsize=4)
def _drawn(count: int, replicates: int, seed: int) -> Floats:
    """Return how often each of *count* blocks is drawn in each replicate."""
    picks = np.random.default_rng(seed).integers(0, count, (replicates, count))
    picks += np.arange(replicates)[:, None] * count
    return np.bincount(picks.ravel(), minlength=replicates * count).reshape(replicates, count).astype(np.float64)


def _studentised(statistic: Statistic, sums: Floats, drawn: Floats, value: float) -> Floats:
    totals = drawn @ sums
    influence = _gradient(statistic, totals) @ sums.T
    count = len(sums)
    centre = np.sum(drawn * influence, axis=1, keepdims=True) / count
    spread = np.sqrt(count / (count - 1) * np.sum(drawn * (influence - centre) ** 2, axis=1))
    return np.asarray((np.real(statistic(totals)) - value) / spread, np.float64)
