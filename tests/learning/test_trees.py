from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from tests.learning.conftest import matrix_of, small_model
from trady2.errors import DataError, IntegrityError
from trady2.learning.trees import Trees

TEXT = small_model().text


@pytest.mark.parametrize("rows", [1, 3, 2000])
def test_scores_are_lightgbms(rows: int) -> None:
    """One row, a few and many, whatever their order in memory, get LightGBM's own bits."""
    matrix = matrix_of(rows, seed=5)
    expected = lightgbm.Booster(model_str=TEXT).predict(matrix, raw_score=True).tobytes()
    trees = Trees(TEXT, "model.txt", 3)
    assert trees.raw_score(matrix).tobytes() == expected
    assert trees.raw_score(np.asfortranarray(matrix)).tobytes() == expected


def test_no_rows() -> None:
    """No rows have no scores."""
    assert Trees(TEXT, "model.txt", 3).raw_score(np.empty((0, 3), np.float32)).shape == (0,)


@pytest.mark.parametrize("shape", [(2, 2), (2, 4), (3,)])
def test_another_width_is_refused(shape: tuple[int, ...]) -> None:
    """A matrix with other columns than the trees split is refused instead of read past its end."""
    with pytest.raises(DataError, match=r"is not \(n, 3\); give every feature"):
        Trees(TEXT, "model.txt", 3).raw_score(np.zeros(shape, np.float32))


@pytest.mark.parametrize("file", ["model.txt", "model_down.txt"])
def test_the_file_is_named(file: str) -> None:
    """A text that is no model, or one of other features, is refused under the name of its file."""
    with pytest.raises(IntegrityError, match=rf"^{file} cannot be read: .* restore the version"):
        _ = Trees("no model", file, 3).booster
    with pytest.raises(IntegrityError, match=rf"^{file} splits 3 features, calibrator.json names 2; restore both"):
        _ = Trees(TEXT, file, 2).booster
