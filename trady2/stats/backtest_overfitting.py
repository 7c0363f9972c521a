"""How often the best of many backtests is below the middle afterwards: combinatorially symmetric cross-validation."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, islice
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trady2.errors import DataError, NotEnoughDataError

__all__ = ["PBO", "probability_of_backtest_overfitting"]

Floats = NDArray[np.float64]

_CELLS_AT_ONCE = 250_000
_MOST_BLOCKS = 20
_EQUAL = 1e-12  # columns that are copies differ by rounding, depending on where a matrix product puts them


@dataclass(frozen=True)
class PBO:
    """What all ways to choose a strategy on one half of history and to look at it on the other half say.

    Attributes:
        probability: of overfitting: the share of combinations in which the strategy that is best in sample is in the
            lower half out of sample, logit <= 0.
        logits: (n_combinations,) ln(w / (1 - w)) of its relative rank out of sample, w = rank / (N + 1), rank 1 the
            lowest and equal ones at their middle rank.
        in_sample: (n_combinations,) its Sharpe ratio per observation where it was chosen.
        out_of_sample: (n_combinations,) its Sharpe ratio per observation afterwards.
        degradation: slope of the line of *out_of_sample* on *in_sample*; below 0 the better it looked, the worse it
            was. NaN where all look alike in sample.
        probability_of_loss: share of combinations with a negative Sharpe ratio out of sample.
        n_blocks: blocks of history.
        n_combinations: n_blocks choose n_blocks / 2.
        n_dropped: leading observations that no block holds.
    """

    probability: float
    degradation: float
    probability_of_loss: float
    n_blocks: int
    n_combinations: int
    n_dropped: int
    logits: Floats = field(repr=False)
    in_sample: Floats = field(repr=False)
    out_of_sample: Floats = field(repr=False)


def probability_of_backtest_overfitting(returns: ArrayLike, n_blocks: int = 16) -> PBO:
    """Return the probability of backtest overfitting by CSCV (Bailey, Borwein, López de Prado and Zhu 2017).

    History is cut into *n_blocks* equal blocks; each half of them is in sample once, the other half out of sample.
    Strategies are compared by the Sharpe ratio (ddof 1) of the rows of a half; one that does not vary has 0, above a
    strategy that loses. Of equal ones in sample the first is chosen.

    Args:
        returns: (T, N) per-period returns, time down, strategies across; where n_blocks does not divide T the
            leading rows are dropped.
        n_blocks: even, 2 or more; 16 makes 12,870 combinations.

    Raises:
        DataError: not a matrix of two strategies or more, a value that is not finite, or n_blocks odd, below 2, or too
            many to go through (above 20).
        NotEnoughDataError: fewer than two rows a block.
    """
    matrix = _checked(returns, n_blocks)
    dropped = len(matrix) % n_blocks
    rank, inside, outside = _best_of_every_half(_Blocks.of(matrix[dropped:], n_blocks))
    share = rank / (matrix.shape[1] + 1)
    logits = np.log(share / (1 - share))
    return PBO(
        probability=float(np.mean(logits <= 0)),
        degradation=_slope(inside, outside),
        probability_of_loss=float(np.mean(outside < 0)),
        n_blocks=n_blocks,
        n_combinations=len(logits),
        n_dropped=dropped,
        logits=logits,
        in_sample=inside,
        out_of_sample=outside,
    )


def _checked(returns: ArrayLike, n_blocks: int) -> Floats:
    matrix = np.asarray(returns, np.float64)
    if matrix.ndim != 2 or matrix.shape[1] < 2:
        raise DataError(f"returns of shape {matrix.shape} compare nothing; give two strategies or more, time down")
    if n_blocks < 2 or n_blocks % 2 or n_blocks > _MOST_BLOCKS:
        raise DataError(
            f"n_blocks={n_blocks} has no halves to go through; choose an even number from 2 to {_MOST_BLOCKS}"
        )
    if len(matrix) < 2 * n_blocks:
        raise NotEnoughDataError(
            f"{len(matrix)} rows are fewer than two for each of {n_blocks} blocks; add history or take fewer blocks",
            rows=len(matrix),
        )
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0].tolist()
        raise DataError(
            f"returns[{row}, {column}] = {matrix[row, column]} is no return; fill it with what was earned, 0 if flat",
            row=row,
            column=column,
        )
    return matrix


class _Blocks(NamedTuple):
    """Sums over each of S blocks of the N returns, which are shifted and scaled so that squares keep their digits."""

    sums: Floats
    squares: Floats
    lift: Floats
    """(N,) mean in units of the standard deviation, which the shift took away."""
    low: Floats
    high: Floats
    rows: int

    @classmethod
    def of(cls, matrix: Floats, n_blocks: int) -> _Blocks:
        """Return the sums of *matrix*, whose rows *n_blocks* divides."""
        mean, spread = matrix.mean(axis=0), matrix.std(axis=0)
        spread[matrix.max(axis=0) == matrix.min(axis=0)] = np.inf
        shape = (n_blocks, len(matrix) // n_blocks, matrix.shape[1])
        blocks = ((matrix - mean) / spread).reshape(shape)
        raw = matrix.reshape(shape)
        return cls(
            sums=blocks.sum(axis=1),
            squares=np.einsum("slk,slk->sk", blocks, blocks),
            lift=mean / spread,
            low=raw.min(axis=1),
            high=raw.max(axis=1),
            rows=len(matrix),
        )

    def sharpe(self, chosen: Floats) -> Floats:
        """Return the (m, N) Sharpe ratios of the rows of the blocks that each row of (m, S) *chosen* has a 1 for."""
        n = self.rows // 2
        mean = chosen @ self.sums / n
        variance = (chosen @ self.squares - n * mean * mean) / (n - 1)
        constant = self._constant(chosen)
        variance[constant] = 1.0
        ratios = (mean + self.lift) / np.sqrt(variance)
        ratios[constant] = 0.0
        return np.asarray(ratios, np.float64)

    def _constant(self, chosen: Floats) -> NDArray[np.bool_]:
        """Tell which strategies do not vary in a half; only those can that are constant in half of the blocks."""
        constant = np.zeros((len(chosen), self.sums.shape[1]), bool)
        able = np.flatnonzero((self.low == self.high).sum(axis=0) >= len(self.low) // 2)
        for row, blocks in enumerate(chosen.astype(bool)) if len(able) else ():
            constant[row, able] = self.low[np.ix_(blocks, able)].min(axis=0) == self.high[np.ix_(blocks, able)].max(
                axis=0
            )
        return constant


def _best_of_every_half(blocks: _Blocks) -> Floats:
    """Return (3, n_combinations): rank out of sample, Sharpe ratio in and out of sample of the best in sample.

    In the order of `itertools.combinations` the i-th half from the end is what the i-th half leaves out, so each pair
    of halves is looked at once, both ways.
    """
    n_blocks, n_strategies = blocks.sums.shape
    count = comb(n_blocks, n_blocks // 2)
    found = np.empty((3, count))
    halves = combinations(range(n_blocks), n_blocks // 2)
    at_once = max(_CELLS_AT_ONCE // n_strategies, 1)
    for start in range(0, count // 2, at_once):
        places = list(islice(halves, min(at_once, count // 2 - start)))
        chosen = np.zeros((len(places), n_blocks))
        np.put_along_axis(chosen, np.array(places), 1.0, axis=1)
        first, second = blocks.sharpe(chosen), blocks.sharpe(1 - chosen)
        found[:, start : start + len(places)] = _follow_the_best(first, second)
        found[:, count - start - len(places) : count - start] = _follow_the_best(second, first)[:, ::-1]
    return found


def _follow_the_best(inside: Floats, outside: Floats) -> Floats:
    rows = np.arange(len(inside))
    best = np.argmax(inside >= inside.max(axis=1, keepdims=True) - _EQUAL, axis=1)
    after = outside[rows, best]
    below = np.count_nonzero(outside < after[:, None] - _EQUAL, axis=1)
    above = np.count_nonzero(outside > after[:, None] + _EQUAL, axis=1)
    rank = (below + inside.shape[1] - above + 1) / 2
    return np.stack([rank, inside[rows, best], after])


def _slope(x: Floats, y: Floats) -> float:
    away = x - x.mean()
    if np.ptp(x) <= _EQUAL:
        return float("nan")
    return float(away @ (y - y.mean()) / (away @ away))
