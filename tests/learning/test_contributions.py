from __future__ import annotations

import math
import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.learning.conftest import matrix_of
from trady2.errors import DataError
from trady2.learning.contributions import contributions
from trady2.learning.model import Model


def trees_of(text: str) -> list[dict[str, list[str]]]:
    """Read LightGBM's text, one dictionary a tree."""
    parts = text.split("\nend of trees")[0].split("\nTree=")[1:]
    return [{key: value.split() for key, value in re.findall(r"^(\w+)=(.*)$", part, re.MULTILINE)} for part in parts]


def expected_value(tree: dict[str, list[str]], row: np.ndarray, known: set[int], node: int = 0) -> float:
    """Return the mean of a tree's leaves where only the *known* features of *row* are given, weighted by rows."""
    if node < 0:
        return float(tree["leaf_value"][~node])
    left, right = int(tree["left_child"][node]), int(tree["right_child"][node])
    column, value = int(tree["split_feature"][node]), float(row[int(tree["split_feature"][node])])
    if column in known:
        kind = int(tree["decision_type"][node])
        missing_left = bool(kind & 2) if kind >> 2 & 3 == 2 else float(tree["threshold"][node]) >= 0
        goes_left = missing_left if math.isnan(value) else value <= float(tree["threshold"][node])
        return expected_value(tree, row, known, left if goes_left else right)
    rows = [int(tree["internal_count"][n]) if n >= 0 else int(tree["leaf_count"][~n]) for n in (left, right)]
    values = [expected_value(tree, row, known, child) for child in (left, right)]
    return (rows[0] * values[0] + rows[1] * values[1]) / sum(rows)


def shapley(text: str, row: np.ndarray) -> list[float]:
    """Return Shapley values by their definition, over all subsets of the features, and the base."""
    trees, features = trees_of(text), range(len(row))

    def worth(known: set[int]) -> float:
        return sum(expected_value(tree, row, known) for tree in trees)

    values = []
    for one in features:
        others = [other for other in features if other != one]
        total = 0.0
        for size in range(len(others) + 1):
            weight = math.factorial(size) * math.factorial(len(row) - size - 1) / math.factorial(len(row))
            total += weight * sum(worth({*some, one}) - worth(set(some)) for some in combinations(others, size))
        values.append(total)
    return [*values, worth(set())]


def test_contributions_are_shapley_values(model: Model) -> None:
    """They equal the definition, computed over all subsets of the features from the text of the trees."""
    matrix = matrix_of(12, seed=8)
    assert np.isnan(matrix).any()
    (found,) = contributions(model, matrix)
    expected = np.array([shapley(model.text, row) for row in matrix])
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_they_add_up_to_the_raw_scores(two_headed: Model) -> None:
    """In each head every row adds up to its raw score, and the base is the same for all."""
    matrix = matrix_of(500, seed=9)
    found = contributions(two_headed, matrix)
    assert found.shape == (2, 500, 4)
    np.testing.assert_allclose(found.sum(axis=2), two_headed.raw_scores(matrix), atol=1e-12)
    assert [len(np.unique(head[:, -1])) for head in found] == [1, 1]


def test_a_row_has_the_same_bits_alone_and_among_others(model: Model) -> None:
    """Neither its neighbours, nor the threads that many of them are worth, change a row."""
    matrix = matrix_of(150, seed=10)
    together = contributions(model, matrix)
    np.testing.assert_array_equal(np.concatenate([contributions(model, row[None]) for row in matrix], axis=1), together)
    assert contributions(model, matrix[:0]).shape == (1, 0, 4)


def test_other_columns_are_refused(model: Model) -> None:
    """A matrix with a column too few is refused with both shapes."""
    with pytest.raises(DataError, match=r"a matrix of shape \(4, 2\) is not \(n, 3\); give every feature"):
        contributions(model, np.zeros((4, 2), np.float32))


def test_one_thread_asks_at_a_time() -> None:
    """LightGBM is never asked by two threads at once."""
    most: list[int] = []

    class Booster:
        running = 0

        def predict(self, matrix: np.ndarray, **_: Any) -> np.ndarray:
            self.running += 1
            most.append(self.running)
            time.sleep(0.005)
            self.running -= 1
            return np.zeros((len(matrix), 3))

    model = cast("Model", SimpleNamespace(features=("a", "b"), heads=(SimpleNamespace(booster=Booster()),)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: contributions(model, np.zeros((1, 2), np.float32)), range(8)))
    assert most == [1] * 8
