from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, roc_auc_score

from trady2.stats.auc import average_precision, placements, rank_groups, rank_within, roc_auc

few_values = st.sampled_from([-1.5, 0.0, 0.25, 0.5, 2.0])
scores = hnp.arrays(np.float64, st.integers(2, 60), elements=few_values | st.floats(-5, 5))


def labels_for(score: np.ndarray, seed: int) -> np.ndarray:
    """Return labels with both classes in them."""
    positive = np.random.default_rng(seed).random(len(score)) < 0.4
    positive[:2] = [True, False]
    return positive


@given(score=scores, seed=st.integers(0, 99))
def test_areas_equal_scikit_learn(score: np.ndarray, seed: int) -> None:
    """Both areas equal scikit-learn's, ties included."""
    positive = labels_for(score, seed)
    assert roc_auc(score, positive) == pytest.approx(roc_auc_score(positive, score), abs=1e-12)
    area = average_precision(rank_groups(score), positive)[0]
    assert area == pytest.approx(average_precision_score(positive, score), abs=1e-12)


@given(score=scores, seed=st.integers(0, 99))
def test_placements_equal_counting_pairs(score: np.ndarray, seed: int) -> None:
    """A placement is the share of the other class on the right side, counted pair by pair."""
    positive = labels_for(score, seed)
    wins = (score[:, None] > score) + 0.5 * (score[:, None] == score)
    expected = np.where(positive, wins[:, ~positive].mean(axis=1), 1 - wins[:, positive].mean(axis=1))
    np.testing.assert_allclose(placements(rank_groups(score), positive), expected, atol=1e-12)


@given(score=scores, seed=st.integers(0, 99))
def test_influences_are_derivatives(score: np.ndarray, seed: int) -> None:
    """The influence of a row is what scikit-learn's weighted average precision changes by, per unit of weight."""
    positive = labels_for(score, seed)
    influence = average_precision(rank_groups(score), positive)[1]
    row, step = seed % len(score), 1e-5
    areas = []
    for sign in (1, -1):
        weight = np.ones(len(score))
        weight[row] += sign * step
        areas.append(average_precision_score(positive, score, sample_weight=weight))
    assert influence[row] == pytest.approx(len(score) * (areas[0] - areas[1]) / (2 * step), abs=1e-5)
    assert influence.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("positive", [True, False])
def test_one_class_has_no_roc(positive: bool) -> None:
    """Without both classes the ROC area is undefined."""
    labels = np.full(4, positive)
    assert np.isnan(roc_auc(np.arange(4.0), labels))
    assert np.isnan(placements(rank_groups(np.arange(4.0)), labels)).all()


def test_no_positive_has_no_precision() -> None:
    """Without a positive row there is no average precision."""
    area, influence = average_precision(np.arange(3), np.zeros(3, bool))
    assert np.isnan(area)
    assert np.isnan(influence).all()


def test_groups_count_the_distinct_scores_below() -> None:
    """Equal scores share a group, and groups are numbered from the lowest."""
    assert rank_groups(np.array([0.3, -1.0, 0.3, 7.0])).tolist() == [1, 0, 1, 2]
    assert rank_groups(np.empty(0)).tolist() == []


@given(score=scores, seed=st.integers(0, 99))
def test_ranks_within_strata_equal_scipy(score: np.ndarray, seed: int) -> None:
    """Inside each stratum the ranks are SciPy's middle ranks, as shares."""
    strata = np.random.default_rng(seed).integers(0, 4, len(score))
    ranks = rank_within(score, strata)
    for stratum in np.unique(strata):
        rows = strata == stratum
        expected = (rankdata(score[rows]) - 0.5) / rows.sum()
        np.testing.assert_allclose(ranks[rows], expected, atol=1e-12)
