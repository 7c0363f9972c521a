from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.guards.conftest import small_panel
from trady2.guards.direction_area import direction_area
from trady2.learning.target import Labels, label_arrays


@pytest.fixture(scope="module")
def labels(config: object) -> Labels:
    """Return the labels of the small panel."""
    return label_arrays(small_panel(), config.target)  # type: ignore[attr-defined]


def test_the_area_is_that_of_another_library(labels: Labels) -> None:
    """Rows without a move or a score take no part."""
    panel, rows = small_panel(), np.arange(500, 1_500)
    score = np.random.default_rng(0).normal(size=len(rows))
    score[::9] = np.nan
    area = direction_area(panel, labels, rows, score, 6)
    use = np.isfinite(score) & (labels.direction[rows] != 0)
    assert area is not None
    assert area.value == pytest.approx(roc_auc_score(labels.direction[rows][use] > 0, score[use]), abs=1e-12)


def test_the_error_knows_that_labels_overlap(labels: Labels) -> None:
    """Over many smooth random scores, the area spreads as the standard error says, wider than without memory."""
    panel, rows, random = small_panel(), np.arange(200, 2_300), np.random.default_rng(1)
    found = []
    for _ in range(150):
        score = np.convolve(random.normal(size=len(rows) + 23), np.ones(24) / 24, "valid")
        found.append(direction_area(panel, labels, rows, score, 6))
    values, errors = np.array(found).T
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.25)
    moved = int((labels.direction[rows] != 0).sum())
    assert np.mean(errors) > 1.5 / np.sqrt(3 * moved)


def test_one_way_only_is_no_area(labels: Labels) -> None:
    """Where all rows moved up, there is nothing to tell apart."""
    rows = np.flatnonzero(labels.direction == 1)[:50]
    assert direction_area(small_panel(), labels, rows, np.arange(50.0), 6) is None
