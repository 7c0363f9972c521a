"""The same trees, evaluated for a million rows at once: about eight times faster than LightGBM, and equal to the bit.

QuickScorer (Lucchese et al., SIGIR 2015): a tree is a word with a bit per leaf, from left to right. Each split that a
row fails clears the bits of the leaves to its left, and the lowest bit that is left is the row's leaf. The splits need
no order, so 128 rows pass each of them together, in the processor's vector registers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
from numba import float32, float64, int32, int64, njit, types, uint64, void
from numpy.typing import NDArray

from trady2.cores import available_cores
from trady2.learning.runs import in_runs

if TYPE_CHECKING:
    from trady2.learning.model import Model
    from trady2.learning.trees import Trees

__all__ = ["Forest", "exact_forest", "fastest", "head_scores", "raw_scores"]

Floats = NDArray[np.float64]

_ROWS = 128
_ROWS_WORTH_A_THREAD = 4096
_CHECKED_ROWS = 256
_MISSING_LEFT, _MISSING_RIGHT, _MISSING_ZERO = range(3)
_ZERO = np.float32(1e-35)  # LightGBM takes what is closer to 0 for 0
_EVERY_LEAF = (1 << 64) - 1
_PLACE_OF_BIT = np.zeros(67, np.int64)  # 2 generates all remainders of 67, so they tell 64 single bits apart
_PLACE_OF_BIT[[pow(2, bit, 67) for bit in range(64)]] = np.arange(64)


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees as flat arrays: s splits, t trees, l leaves.

    Attributes:
        feature: (s,) column that is compared.
        threshold: (s,) float32; a larger value fails the split.
        missing: (s,) where NaN goes: left, right, or where 0 goes.
        mask: (s,) the leaves that are left after failing.
        splits: (t + 1,) where the splits of each tree begin.
        value: (l,) of the leaves, from left to right in each tree.
        leaves: (t + 1,) where the leaves of each tree begin.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    missing: NDArray[np.int32]
    mask: NDArray[np.uint64]
    splits: NDArray[np.int64]
    value: Floats
    leaves: NDArray[np.int64]

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Read LightGBM's model text; None for trees that this does not know: of over 64 leaves, or with categories."""
        trees = [_fields(part) for part in text.split("\nend of trees")[0].split("\nTree=")[1:]]
        known = all(tree["num_cat"] == ["0"] and tree.get("is_linear", ["0"]) == ["0"] for tree in trees)
        largest = max((len(tree["leaf_value"]) for tree in trees), default=0)
        if not known or not 0 < largest <= 64:
            return None
        parts = [_flat(tree) for tree in trees]
        feature, threshold, missing, mask, value = (np.concatenate(column) for column in zip(*parts, strict=True))
        splits = np.cumsum([0, *(len(part[0]) for part in parts)])
        return cls(feature, threshold, missing, mask, splits, value, np.cumsum([0, *(len(part[4]) for part in parts)]))

    def holding(self, column: int) -> Forest:
        """Return the trees that split by a *column*, in their order; their scores are what can change with it."""
        splits, leaves = np.diff(self.splits), np.diff(self.leaves)
        tree_of_split, tree_of_leaf = (np.repeat(np.arange(len(splits)), sizes) for sizes in (splits, leaves))
        chosen = np.unique(tree_of_split[self.feature == column])
        kept, left = np.isin(tree_of_split, chosen), np.isin(tree_of_leaf, chosen)
        return Forest(
            feature=self.feature[kept],
            threshold=self.threshold[kept],
            missing=self.missing[kept],
            mask=self.mask[kept],
            splits=np.cumsum([0, *splits[chosen]]),
            value=self.value[left],
            leaves=np.cumsum([0, *leaves[chosen]]),
        )

    def raw_score(self, matrix: NDArray[np.float32]) -> Floats:
        """Return the (n,) sums of the leaves that the rows of a (n, f) float32 C-order *matrix* reach."""
        result = np.empty(len(matrix))
        threads = min(available_cores(), 1 + len(matrix) // _ROWS_WORTH_A_THREAD)
        cuts = np.linspace(0, len(matrix), threads + 1).astype(int) // _ROWS * _ROWS
        cuts[-1] = len(matrix)
        trees = (self.feature, self.threshold, self.missing, self.mask, self.splits, self.value, self.leaves)
        with ThreadPoolExecutor(threads) as pool:
            jobs = [
                pool.submit(_score, matrix[first:last], *trees, _PLACE_OF_BIT, result[first:last])
                for first, last in pairwise(cuts)
            ]
            for job in jobs:
                job.result()
        return result


def raw_scores(model: Model, matrix: NDArray[np.float32], rows: NDArray[np.int64]) -> Floats:
    """Return the raw scores of a rise of many ascending *rows* of a (n, f) *matrix*, (k,); see `head_scores`."""
    scores: Floats = _scores(model, model.heads[:1], matrix, rows)[0]
    return scores


def head_scores(model: Model, matrix: NDArray[np.float32], rows: NDArray[np.int64]) -> Floats:
    """Return the (heads, k) raw scores of many ascending *rows* of a (n, f) *matrix*; NaN where `Model.unusable` is.

    A forest computes them only if every 256th part of the rows gets the same bits from LightGBM.
    """
    return _scores(model, model.heads, matrix, rows)


def _scores(model: Model, heads: tuple[Trees, ...], matrix: NDArray[np.float32], rows: NDArray[np.int64]) -> Floats:
    sample = matrix[rows[:: max(len(rows) // _CHECKED_ROWS, 1)]]
    functions = [fastest(trees, sample) for trees in heads]

    def usable(part: NDArray[np.float32]) -> Floats:
        scores = np.stack([raw_score(part) for raw_score in functions])
        scores[:, model.unusable(part)] = np.nan
        return scores

    return in_runs(usable, matrix, rows)


def fastest(trees: Trees, sample: NDArray[np.float32]) -> Callable[[NDArray[np.float32]], Floats]:
    """Return what gives the raw scores of *trees* fastest; see `exact_forest`."""
    forest = exact_forest(trees, sample)
    return trees.raw_score if forest is None else forest.raw_score


def exact_forest(trees: Trees, sample: NDArray[np.float32]) -> Forest | None:
    """Return the forest of *trees* if the rows of *sample*, C order, get LightGBM's bits from it, None else."""
    forest = _parsed(trees)
    alike = forest is not None and forest.raw_score(sample).tobytes() == trees.raw_score(sample).tobytes()
    return forest if alike else None


@lru_cache(maxsize=2)  # the heads of one model, which is asked for the rows of one zone after the other
def _parsed(trees: Trees) -> Forest | None:
    return Forest.from_text(trees.text)


def _fields(part: str) -> dict[str, list[str]]:
    return {name: values.split() for name, values in re.findall(r"^(\w+)=(.*)$", part, re.MULTILINE)}


def _flat(tree: dict[str, list[str]]) -> tuple[NDArray[np.generic], ...]:
    """Return the splits and leaves of one tree, the leaves in the order from left to right."""
    left, right = (np.array(tree.get(name, []), np.int64) for name in ("left_child", "right_child"))
    order, below_left = _walk(left, right)
    bits = [sum(1 << leaf for leaf in leaves) for leaves in below_left]
    kinds = np.array(tree.get("decision_type", []), np.int64)
    missing = np.where(kinds >> 2 & 3 == 2, np.where(kinds & 2, _MISSING_LEFT, _MISSING_RIGHT), _MISSING_ZERO)
    exact = np.array(tree.get("threshold", []), np.float64)
    with np.errstate(over="ignore"):
        threshold = exact.astype(np.float32)
    threshold = np.where(threshold > exact, np.nextafter(threshold, np.float32(-np.inf)), threshold)
    mask = np.array([_EVERY_LEAF ^ bit for bit in bits], np.uint64)
    feature = np.array(tree.get("split_feature", []), np.int32)
    value = np.array(tree["leaf_value"], np.float64)[order]
    return feature, threshold.astype(np.float32), missing.astype(np.int32), mask, value


def _walk(left: NDArray[np.int64], right: NDArray[np.int64]) -> tuple[list[int], list[range]]:
    """Return the leaves from left to right, and for each split the places of those on its left."""
    order: list[int] = []
    below_left = [range(0)] * len(left)

    def visit(node: int) -> None:
        if node < 0:
            order.append(~node)
            return
        first = len(order)
        visit(int(left[node]))
        below_left[node] = range(first, len(order))
        visit(int(right[node]))

    visit(0 if len(left) else -1)
    return order, below_left


def _array(kind: types.Type, dimensions: int = 1, *, readonly: bool = True) -> types.Array:
    return types.Array(kind, dimensions, "C", readonly=readonly)


_TREES = (_array(int32), _array(float32), _array(int32), _array(uint64), _array(int64), _array(float64), _array(int64))


@njit(void(_array(float32, 2), *_TREES, _array(int64), _array(float64, readonly=False)), cache=True, nogil=True)
def _score(matrix, feature, threshold, missing, mask, splits, value, leaves, place_of_bit, result):  # type: ignore[no-untyped-def]
    rows, width = matrix.shape
    columns, filled = np.empty((width, _ROWS), np.float32), np.empty((width, _ROWS), np.float32)
    alive, total, everything = np.empty(_ROWS, np.uint64), np.empty(_ROWS), np.uint64(_EVERY_LEAF)
    for start in range(0, rows, _ROWS):
        size = min(_ROWS, rows - start)
        for row in range(size):
            for column in range(width):
                number = matrix[start + row, column]
                number = np.float32(0) if abs(number) <= _ZERO else number
                columns[column, row] = number
                filled[column, row] = np.float32(0) if np.isnan(number) else number
        total[:] = 0.0
        for tree in range(splits.size - 1):
            alive[:] = everything
            for split in range(splits[tree], splits[tree + 1]):
                limit, left = threshold[split], mask[split]
                if missing[split] == _MISSING_RIGHT:
                    numbers = columns[feature[split]]
                    for row in range(_ROWS):
                        alive[row] &= everything if numbers[row] <= limit else left
                else:
                    numbers = filled[feature[split]] if missing[split] == _MISSING_ZERO else columns[feature[split]]
                    for row in range(_ROWS):
                        alive[row] &= left if numbers[row] > limit else everything
            for row in range(_ROWS):
                lowest = alive[row] & (~alive[row] + np.uint64(1))
                total[row] += value[leaves[tree] + place_of_bit[lowest % np.uint64(67)]]
        result[start : start + size] = total[:size]
