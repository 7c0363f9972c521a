"""A number with its uncertainty, as a verdict needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from trady2.stats.bootstrap import Statistic, block_interval, block_standard_error

__all__ = ["Estimate", "estimate"]


@dataclass(frozen=True)
class Estimate:
    """An estimate from overlapping, autocorrelated rows.

    Attributes:
        value: NaN where it is not defined.
        standard_error: from sums over blocks of time.
        t: (value - null) / standard error.
        low_90: one-sided lower bound: the truth lies below it in one case of ten.
        low_67: one-sided lower bound: the truth lies below it in one case of three.
        high_95: one-sided upper bound: the truth lies above it in one case of twenty.
        n: rows that took part.
        n_blocks: blocks of time.
    """

    value: float
    standard_error: float
    t: float
    low_90: float
    low_67: float
    high_95: float
    n: int
    n_blocks: int

    @classmethod
    def unknown(cls, n: int) -> Self:
        """Return an estimate of what cannot be told from *n* rows."""
        nan = float("nan")
        return cls(nan, nan, nan, nan, nan, nan, n, 0)

    def as_json(self) -> dict[str, float | int | None]:
        """Return a plain dictionary; None for NaN."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in values.items()
        }


def estimate(
    statistic: Statistic,
    sums: NDArray[np.float64],
    *,
    n: int,
    pieces_per_block: int = 1,
    null: float = 0.0,
    seed: int = 0,
) -> Estimate:
    """Return the estimate ``statistic(sums.sum(0))`` from (pieces of blocks, m) *sums*; see `trady2.stats.bootstrap`.

    The bounds are studentised block-bootstrap bounds; t is by the delta method.
    """
    outer, low, even = (
        block_interval(statistic, sums, pieces_per_block=pieces_per_block, level=level, seed=seed)
        for level in (0.9, 0.8, 1 / 3)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        error = block_standard_error(statistic, sums, pieces_per_block)
        t = float(np.float64(low.value - null) / error)
    return Estimate(low.value, error, t, low.low, even.low, outer.high, n, len(sums) // pieces_per_block)
