from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.learning.conftest import panel_of
from trady2.learning.calibrator import Calibrator
from trady2.learning.model import Model
from trady2.learning.score_differences import ScoreDifference, compare_models, compare_scores

NAN = float("nan")


@pytest.mark.parametrize(
    ("published", "repeated", "expected"),
    [
        ([0.1, NAN, 0.3], [0.1, NAN, 0.3], ScoreDifference(3, 0, 0.0, None)),
        ([0.0, 0.5, 0.3], [-0.0, 0.25, 1.3], ScoreDifference(3, 2, 1.0, 1)),
        ([0.1, 0.2], [0.1, float(np.nextafter(0.2, 1))], ScoreDifference(2, 1, float(np.spacing(0.2)), 1)),
        ([NAN, 0.2, 0.3], [0.1, 0.2, 0.8], ScoreDifference(3, 2, 0.5, 0)),
    ],
    ids=["equal", "two differ", "one bit", "missing in one"],
)
def test_scores_are_compared_bit_by_bit(published: list, repeated: list, expected: ScoreDifference) -> None:
    """Every bit counts, a NaN equals a NaN, and the first difference is the first in the order of the rows."""
    assert compare_scores(np.array(published), np.array(repeated)) == expected


def test_a_number_against_nothing_has_no_size() -> None:
    """Where one of two scores is missing, they differ by no number."""
    found = compare_scores(np.array([NAN]), np.array([0.5]))
    assert (found.different, found.first, np.isnan(found.largest)) == (1, 0, True)


def test_a_model_equals_itself(model: Model, two_headed: Model) -> None:
    """The same model differs in no row, in nothing that it says."""
    panel, rows, same = panel_of(5_000), np.arange(100, 5_000), ScoreDifference(4_900, 0, 0.0, None)
    one = ("raw score by model.txt", "probability")
    assert compare_models(model, model, panel, rows) == dict.fromkeys(one, same)
    two = (one[0], "raw score by model_down.txt", one[1], "score", "expected return")
    assert compare_models(two_headed, two_headed, panel, rows) == dict.fromkeys(two, same)


def test_another_calibrator_moves_probabilities_alone(model: Model) -> None:
    """The same trees under another calibrator have the same raw scores; the difference is the largest there is."""
    panel, rows = panel_of(2_000), np.arange(100, 2_000)
    other = replace(model, calibrator=Calibrator("platt", (0.9, -0.2)))
    found = compare_models(model, other, panel, rows)
    expected = np.abs(model.probability(panel.features[rows]) - other.probability(panel.features[rows]))
    assert found["raw score by model.txt"].different == 0
    assert (found["probability"].different, found["probability"].largest) == (1_900, expected.max())


def test_another_head_for_falls_moves_the_score_alone(two_headed: Model) -> None:
    """What is said of falls shows in the score and the expected return, not in the probability of a rise."""
    panel, rows = panel_of(2_000), np.arange(100, 2_000)
    other = two_headed.with_calibrator(two_headed.calibrator, Calibrator("platt", (0.9, 0.3)))
    found = compare_models(two_headed, other, panel, rows)
    assert {name for name, one in found.items() if one.different} == {"score", "expected return"}
    expected = np.abs(two_headed.predict(panel).score - other.predict(panel).score)[rows]
    assert found["score"].largest == expected.max()


def test_a_head_that_is_gone_is_no_score(model: Model, two_headed: Model) -> None:
    """Of a head that only one of two models has, no scores are compared; the rest is."""
    panel, rows = panel_of(2_000), np.arange(100, 2_000)
    found = compare_models(two_headed, model, panel, rows)
    assert list(found) == ["raw score by model.txt", "probability", "score", "expected return"]
    assert [one.different for one in found.values()] == [0, 0, 1_900, 1_900]
