from __future__ import annotations

from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.conftest import matrix_of, small_model
from trady2.learning import forest
from trady2.learning.forest import Forest, head_scores, raw_scores
from trady2.learning.model import Model

ODD_NUMBERS = np.array([0.0, -0.0, 1e-36, -1e-36, 1e-34, 3e38, -3e38, np.inf, -np.inf, np.nan, 0.5, 1.0], np.float32)


def grown(leaves: int, *, missing: bool, zeros: bool = False, trees: int = 12, seed: int = 0) -> lightgbm.Booster:
    """Return trees on columns full of ties, with or without missing values and special zeros."""
    generator = np.random.default_rng(seed)
    matrix = np.round(generator.standard_normal((3000, 6)), 1).astype(np.float32)
    matrix[:, 3] = ODD_NUMBERS[generator.integers(0, 6, 3000)]
    if missing:
        matrix[generator.random((3000, 6)) < 0.2] = np.nan
    label = (
        np.nan_to_num(matrix[:, 0]) * np.isnan(matrix[:, 1]) + matrix[:, 2] + generator.normal(0, 1, 3000) > 0.1
    ) * 1.0
    parameters = {"objective": "binary", "num_leaves": leaves, "min_data_in_leaf": 5, "verbosity": -1, "num_threads": 1}
    data = lightgbm.Dataset(matrix, label, params={**parameters, "zero_as_missing": zeros})
    return lightgbm.train({**parameters, "zero_as_missing": zeros}, data, trees)


def read(booster: lightgbm.Booster) -> Forest:
    """Return the forest of a booster."""
    found = Forest.from_text(booster.model_to_string())
    assert found is not None
    return found


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("leaves", [2, 3, 31, 64])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), rows=st.sampled_from([1, 2, 127, 128, 129, 700]))
def test_equals_lightgbm_to_the_bit(leaves: int, missing: bool, seed: int, rows: int) -> None:
    """Ties, zeros of all kinds, huge, infinite and missing values: every sum is LightGBM's, to the bit."""
    booster = BOOSTERS[leaves, missing]
    generator = np.random.default_rng(seed)
    matrix = np.round(generator.standard_normal((rows, 6)), 1).astype(np.float32)
    odd = generator.random((rows, 6)) < 0.4
    matrix[odd] = ODD_NUMBERS[generator.integers(0, len(ODD_NUMBERS), odd.sum())]
    expected = booster.predict(matrix, raw_score=True, num_threads=1)
    assert FORESTS[leaves, missing].raw_score(matrix).tobytes() == expected.tobytes()


BOOSTERS = {(leaves, missing): grown(leaves, missing=missing) for leaves in (2, 3, 31, 64) for missing in (True, False)}
FORESTS = {key: read(booster) for key, booster in BOOSTERS.items()}


def test_many_threads_keep_the_rows_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows dealt out to several threads come back in their order."""
    matrix = np.tile(matrix_of(2000, 3), (3, 2))[:, :6].copy()
    booster = BOOSTERS[31, True]
    monkeypatch.setattr(forest, "available_cores", lambda: 3)
    monkeypatch.setattr(forest, "_ROWS_WORTH_A_THREAD", 100)
    assert read(booster).raw_score(matrix).tobytes() == booster.predict(matrix, raw_score=True).tobytes()


def test_a_tree_of_one_leaf() -> None:
    """A model that learned nothing gives its constant."""
    matrix = np.zeros((50, 2), np.float32)
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, np.arange(50) % 5 == 0), 3)
    assert read(booster).raw_score(matrix).tobytes() == booster.predict(matrix, raw_score=True).tobytes()


def test_trees_that_it_does_not_know() -> None:
    """Trees of more than 64 leaves, of categories, and with linear leaves are left to LightGBM."""
    assert Forest.from_text(grown(65, missing=False, trees=2).model_to_string()) is None
    matrix = np.random.default_rng(0).integers(0, 5, (500, 2)).astype(float)
    label = matrix[:, 0] % 2
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    data = lightgbm.Dataset(matrix, label, categorical_feature=[0])
    assert Forest.from_text(lightgbm.train(parameters, data, 2).model_to_string()) is None
    linear = lightgbm.Dataset(matrix, label, params={"linear_tree": True})
    assert Forest.from_text(lightgbm.train({**parameters, "linear_tree": True}, linear, 2).model_to_string()) is None


def test_zero_as_missing_is_noticed() -> None:
    """Trees that send zeros a way of their own are not what this computes, and the sample tells."""
    booster = grown(31, missing=True, zeros=True)
    matrix = np.zeros((300, 6), np.float32)
    model = replace(small_model(), text=booster.model_to_string(), features=tuple("abcdef"))
    expected = booster.predict(matrix, raw_score=True)
    assert raw_scores(model, matrix, np.arange(300)).tobytes() == expected.tobytes()


@pytest.mark.parametrize("broken", [False, True])
def test_scores_are_the_models(model: Model, monkeypatch: pytest.MonkeyPatch, broken: bool) -> None:
    """Rows get the model's scores, NaN where it has none, even if the forest were wrong."""
    matrix = matrix_of(3000, 8)
    matrix[40, 0], matrix[41, 2], matrix[42, 1] = np.nan, np.inf, np.nan
    if broken:
        monkeypatch.setattr(Forest, "raw_score", lambda _self, part: np.zeros(len(part)))
    rows = np.concatenate([np.arange(30, 900), np.arange(1500, 2900)])
    expected = model.raw_score(matrix[rows])
    expected[10:12] = np.nan
    assert raw_scores(model, matrix, rows).tobytes() == expected.tobytes()


def test_both_heads_are_scored(two_headed: Model) -> None:
    """Each head's scores stand in a row of their own, NaN where the model has none, also without any row."""
    matrix = matrix_of(3000, 8)
    matrix[40, 0] = np.nan
    rows = np.concatenate([np.arange(30, 900), np.arange(1500, 2900)])
    expected = two_headed.raw_scores(matrix[rows])
    expected[:, 10] = np.nan
    found = head_scores(two_headed, matrix, rows)
    assert found.tobytes() == expected.tobytes()
    assert raw_scores(two_headed, matrix, rows).tobytes() == expected[0].tobytes()
    assert head_scores(two_headed, matrix, rows[:0]).shape == (2, 0)


def test_trees_that_hold_a_column_are_all_that_change_with_it(model: Model) -> None:
    """Where one column changes, the whole forest changes by what its trees that split by that column do."""
    every = Forest.from_text(model.text)
    assert every
    matrix = matrix_of(300, seed=3)
    other = matrix.copy()
    other[:, 1] = matrix[::-1, 1]
    some = every.holding(1)
    assert 0 < len(some.splits) - 1 < len(every.splits)
    whole = every.raw_score(other) - every.raw_score(matrix)
    np.testing.assert_allclose(some.raw_score(other) - some.raw_score(matrix), whole, atol=1e-12)
    assert whole.any()
    assert not every.holding(9).raw_score(matrix).any()
