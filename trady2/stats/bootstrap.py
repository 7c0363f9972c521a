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


def block_standard_error(statistic: Statistic, sums: Floats) -> float:
    """Return the standard error of ``statistic(sums.sum(0))`` by the delta method, blocks taken as independent.

    *statistic* takes (…, m) sums, is written in plain arithmetic, log and sqrt, and does not change when all sums
    grow by the same factor, as ratios of sums do.
    """
    influence = sums @ _gradient(statistic, sums.sum(axis=0))
    count = len(sums)
    return float(np.sqrt(count / (count - 1) * np.sum((influence - influence.mean()) ** 2))) if count > 1 else np.nan


def block_interval(
    statistic: Statistic,
    sums: Floats,
    *,
    level: float = 0.9,
    replicates: int = 999,
    seed: int = 0,
) -> Interval:
    """Return the estimate ``statistic(sums.sum(0))`` and its equal-tailed studentised interval at *level*.

    Whole blocks are drawn with replacement; each replicate is studentised with its own standard error
    (Davison and Hinkley 1997, section 5.2.1, with non-overlapping blocks). Below 5 blocks, or without spread, the
    ends are NaN. For *statistic* see `block_standard_error`.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.real(statistic(sums.sum(axis=0))))
        error = block_standard_error(statistic, sums)
        if len(sums) < _FEWEST_BLOCKS or not error > 0:
            return Interval(value, float("nan"), float("nan"))
        ratios = _studentised(statistic, sums, _drawn(len(sums), replicates, seed), value)
    ratios = ratios[np.isfinite(ratios)]
    if len(ratios) < _FEWEST_USABLE * replicates:
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(ratios, [(1 + level) / 2, (1 - level) / 2])
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
