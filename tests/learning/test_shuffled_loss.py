from __future__ import annotations

import numpy as np
import pytest

from tests.learning.conftest import matrix_of
from trady2.learning.calibrator_fit import log_losses
from trady2.learning.model import Model
from trady2.learning.shuffled_loss import Shuffler
from trady2.learning.target import Labels
from trady2.stats.auc import roc_auc


def labels_of(matrix: np.ndarray, seed: int = 4) -> Labels:
    """Return labels that the first column knows something of, half of the rows moving."""
    generator = np.random.default_rng(seed)
    forward = matrix[:, 0] + generator.standard_normal(len(matrix))
    direction = np.where(np.abs(forward) > 0.7, np.sign(forward), 0).astype(np.int8)
    times = np.datetime64("2024-01-01", "us") + np.arange(len(matrix)) * np.timedelta64(3_600_000_000, "us")
    return Labels((direction == 1).astype(np.int8), times, forward, direction)


def test_as_they_are_rows_have_their_own_losses(model: Model) -> None:
    """Unshuffled, the losses are those of the model's probabilities, and the placements average to the AUC."""
    matrix = matrix_of(300, seed=5)
    labels = labels_of(matrix)
    shuffler = Shuffler(model, matrix, labels, np.zeros(300, np.int32), seed=0)
    probability = model.probability(matrix)
    np.testing.assert_array_equal(shuffler.straight.log_loss, log_losses(probability, labels.label == 1))
    moved = labels.direction != 0
    assert shuffler.area(shuffler.straight) == pytest.approx(roc_auc(probability[moved], labels.direction[moved] == 1))


def test_what_is_lost_is_the_mean_over_all_donors(model: Model) -> None:
    """Over many repeats each row's loss nears the mean over every value that the column could lend it."""
    matrix = matrix_of(60, seed=6)
    labels, codes = labels_of(matrix), np.repeat([0, 1], 30).astype(np.int32)
    shuffler = Shuffler(model, matrix.copy(), labels, codes, seed=0)
    for column in range(2):
        expected = []
        for row, code in enumerate(codes):
            mixed = np.repeat(matrix[row][None], 30, axis=0)
            mixed[:, column] = matrix[codes == code, column]
            expected.append(log_losses(model.probability(mixed), np.full(30, labels.label[row] == 1)).mean())
        lost = shuffler.lost(column, 500).log_loss
        np.testing.assert_allclose(lost, expected - shuffler.straight.log_loss, atol=0.12)
        assert lost.mean() == pytest.approx(np.mean(expected - shuffler.straight.log_loss), abs=0.006)


def test_values_stay_within_their_asset(model: Model) -> None:
    """Where a column is constant within each asset, shuffling changes nothing."""
    matrix = matrix_of(200, seed=7)
    codes = np.repeat([0, 1, 2, 3], 50).astype(np.int32)
    matrix[:, 0] = codes - 1.5
    lost = Shuffler(model, matrix, labels_of(matrix), codes, seed=0).lost(0, 3)
    np.testing.assert_allclose(lost.log_loss, 0, atol=1e-15)
    np.testing.assert_allclose(lost.placement, 0, atol=1e-15)


def test_the_matrix_is_left_as_it_was(model: Model) -> None:
    """Shuffling works in place and puts everything back; the same seed loses the same."""
    matrix = matrix_of(100, seed=8)
    before, labels = matrix.copy(), labels_of(matrix)
    shuffler = Shuffler(model, matrix, labels, np.zeros(100, np.int32), seed=3)
    first, second = shuffler.lost(0, 2), shuffler.lost(0, 2)
    np.testing.assert_array_equal(matrix, before)
    np.testing.assert_array_equal(first.log_loss, second.log_loss)
    other = Shuffler(model, matrix, labels, np.zeros(100, np.int32), seed=4).lost(0, 2)
    assert (other.log_loss != first.log_loss).any()


def test_without_a_forest_lightgbm_is_asked(two_headed: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees that no forest knows lose the same, to rounding."""
    matrix = matrix_of(100, seed=9)
    labels, codes = labels_of(matrix), np.zeros(100, np.int32)
    quick = Shuffler(two_headed, matrix, labels, codes, seed=3).lost(0, 2)
    monkeypatch.setattr("trady2.learning.shuffled_loss.exact_forest", lambda *_: None)
    slow = Shuffler(two_headed, matrix, labels, codes, seed=3).lost(0, 2)
    np.testing.assert_allclose(quick.log_loss, slow.log_loss, atol=1e-12)
    np.testing.assert_allclose(quick.placement, slow.placement, atol=1e-12)
