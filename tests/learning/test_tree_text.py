from __future__ import annotations

import re

import lightgbm
import numpy as np
import pytest

from tests.learning.conftest import matrix_of
from trady2.learning.model import Model
from trady2.learning.tree_text import first_difference, gain_of_columns, tree_body, tree_parameters

NAMES = ("one", "two", "three")


def grown(rounds: int = 4, **parameters: object) -> str:
    """Return the text of a few trees."""
    matrix = matrix_of(1_500)
    label = (matrix[:, 0] + np.random.default_rng(1).standard_normal(1_500) > 0).astype(np.float32)
    known = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 3, "num_leaves": 6, **parameters}
    data = lightgbm.Dataset(matrix, label, feature_name=list(NAMES))
    return lightgbm.train(known, data, rounds).model_to_string()


@pytest.fixture(scope="module")
def text() -> str:
    """Four trees."""
    return grown()


def changed(text: str, tree: int, key: str, place: int, value: str) -> str:
    """Return *text* with one value of one tree replaced."""
    head, *trees = text.split("\nTree=")
    line = re.search(rf"^{key}=(.*)$", trees[tree], re.MULTILINE)
    assert line
    values = line[1].split()
    values[place] = value
    trees[tree] = trees[tree].replace(line[0], f"{key}={' '.join(values)}", 1)
    return "\nTree=".join([head, *trees])


def test_the_number_of_threads_is_no_part_of_the_body(text: str) -> None:
    """Trees grown with another number of threads have the same body and parameters, whatever the text says."""
    other = grown(num_threads=2)
    assert other != text
    assert tree_body(other) == tree_body(text)
    assert tree_parameters(other) == tree_parameters(text)
    assert first_difference(text, other) is None


def test_parameters_are_those_given(text: str) -> None:
    """The parameters are read by name, as LightGBM wrote them."""
    found = tree_parameters(text)
    assert (found["objective"], found["seed"], found["num_leaves"]) == ("binary", "3", "6")
    assert tree_parameters(grown(seed=4))["seed"] == "4"


def test_gains_are_lightgbms(model: Model) -> None:
    """The gains of the columns are those that LightGBM's booster tells, to six digits."""
    booster = lightgbm.Booster(model_str=model.text)
    expected = booster.feature_importance("gain")
    np.testing.assert_allclose(gain_of_columns(model.text, 3), expected, rtol=1e-5)
    assert (expected > 0).all()


def test_a_leaf_is_named_with_both_values(text: str) -> None:
    """A changed leaf is told with its tree, its place and both values."""
    found = first_difference(text, changed(text, 2, "leaf_value", 3, "0.125"))
    assert found is not None
    assert (found.tree, found.key, found.place, found.repeated) == (2, "leaf_value", 3, "0.125")
    assert str(found) == f"tree 2, leaf 3: leaf_value {found.published} → 0.125"


def test_a_split_is_named_by_its_features(text: str) -> None:
    """A split on another feature is told by the names of both, and before the threshold that changes with it."""
    before = re.search(r"^split_feature=(\d)", text, re.MULTILINE)
    assert before
    other = (int(before[1]) + 1) % 3
    both = changed(changed(text, 0, "split_feature", 0, str(other)), 0, "threshold", 0, "9.5")
    assert (
        str(first_difference(text, both)) == f"tree 0, split 0: split_feature {NAMES[int(before[1])]} → {NAMES[other]}"
    )


def test_a_threshold_comes_before_the_leaves(text: str) -> None:
    """Inside a tree the split is told, not the leaf values that follow from it."""
    both = changed(changed(text, 1, "leaf_value", 0, "7"), 1, "threshold", 2, "-0.75")
    found = first_difference(text, both)
    assert found is not None
    assert (found.tree, found.key, found.place, found.repeated) == (1, "threshold", 2, "-0.75")


@pytest.mark.parametrize(("rounds", "both"), [(3, ("6 leaves", "nothing")), (5, ("nothing", "6 leaves"))])
def test_a_tree_more_or_less_is_told(text: str, rounds: int, both: tuple[str, str]) -> None:
    """Where one text has more trees, the first of them is named."""
    found = first_difference(text, grown(rounds))
    assert found is not None
    assert (found.tree, found.published, found.repeated) == (min(4, rounds), *both)


def test_the_head_counts_too(text: str) -> None:
    """The same trees over features of other names differ outside the trees."""
    found = first_difference(text, text.replace("feature_names=one", "feature_names=eins"))
    assert str(found) == "outside the trees, entry 0: feature_names one → eins"
