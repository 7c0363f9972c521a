from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from trady2.learning.measures import measures
from trady2.learning.target import Labels
from trady2.stats.bootstrap import block_standard_error, block_sums


def labels_of(forward: np.ndarray) -> Labels:
    """Return the labels of forward returns, up from 0.8 on and down from -0.8."""
    direction = np.where(forward >= 0.8, 1, np.where(forward <= -0.8, -1, 0)).astype(np.int8)
    ends = np.datetime64("2000-01-01", "us") + np.arange(1, len(forward) + 1) * np.timedelta64(1, "h")
    return Labels((direction == 1).astype(np.int8), ends, forward, direction)


def measured(probability: np.ndarray, forward: np.ndarray, name: str, rows_each: float = 1.0) -> tuple[float, float]:
    """Return value and standard error of a measure, every row a block of its own."""
    volatility, independent = np.arange(len(forward)) * 7919 % 1009, np.full(len(forward), rows_each)
    found = measures(probability, probability, labels_of(forward), volatility.astype(float), 0.35, independent)
    statistic, columns, rows = found[name]
    of_rows = np.flatnonzero(np.ones(len(forward), bool) if rows is None else rows)
    sums = block_sums(columns, np.arange(len(of_rows)), len(of_rows))
    return float(np.real(statistic(sums.sum(axis=0)))), block_standard_error(statistic, sums)


def delong_error(score: np.ndarray, up: np.ndarray) -> float:
    """Return the standard error of DeLong, DeLong and Clarke-Pearson (1988), pair by pair."""
    pairs = (score[up][:, None] > score[~up]) + 0.5 * (score[up][:, None] == score[~up])
    return float(np.sqrt(sum(pairs.mean(axis=axis).var(ddof=1) / pairs.shape[1 - axis] for axis in (0, 1))))


@pytest.mark.parametrize("name", ["roc_auc", "direction_auc", "down_auc"])
def test_error_of_an_area_is_delongs(name: str) -> None:
    """With independent rows the error of an area is that of DeLong, but for n / (n - 1) of the blocks."""
    generator = np.random.default_rng(0)
    forward = generator.standard_normal(150)
    probability = np.round(1 / (1 + np.exp(-0.5 * forward - generator.standard_normal(150))), 2)
    moved = np.abs(forward) >= 0.8
    rows = moved if name == "direction_auc" else np.ones(150, bool)
    up = (forward <= -0.8 if name == "down_auc" else forward >= 0.8)[rows]
    value, error = measured(probability, forward, name)
    assert value == pytest.approx(roc_auc_score(up, probability[rows]))
    expected = delong_error(probability[rows], up) * np.sqrt(rows.sum() / (rows.sum() - 1))
    assert error == pytest.approx(expected)


def test_fewer_independent_rows_make_a_larger_error() -> None:
    """The correction for a small class counts independent rows, and stays finite where hardly any is left."""
    generator = np.random.default_rng(1)
    forward, probability = generator.standard_normal(200), generator.random(200)
    errors = [measured(probability, forward, "roc_auc", rows_each)[1] for rows_each in (1.0, 0.1, 0.001)]
    assert errors[0] < errors[1] < errors[2] <= errors[0] * np.sqrt(2)


def test_classes_that_are_missing() -> None:
    """Without a single up-move there is neither area nor skill, and the rest is there."""
    forward, probability = np.zeros(50), np.full(50, 0.2)
    with np.errstate(invalid="ignore", divide="ignore"):
        for name in ("roc_auc", "direction_auc", "direction_skill", "log_loss_skill", "pr_auc"):
            assert np.isnan(measured(probability, forward, name)[0])
        assert measured(probability, forward, "brier")[0] == pytest.approx(0.04)
