from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.learning.conftest import matrix_of, small_model
from trady2.errors import DataError
from trady2.learning.model import Model
from trady2.learning.single_row import SingleRow

MODEL = small_model(down=True)
NUMBERS = st.floats(width=32, allow_nan=True, allow_infinity=True)


def single(text: str) -> tuple[SingleRow, lightgbm.Booster]:
    """Return the fast call for the trees in *text*, and LightGBM's own booster of them."""
    return SingleRow(lightgbm.Booster(model_str=text), 3), lightgbm.Booster(model_str=text)


@pytest.mark.parametrize("head", [0, 1], ids=["rise", "fall"])
def test_a_row_has_the_bits_of_the_booster(head: int) -> None:
    """Row by row, missing values included, both heads score as `Booster.predict` does on the whole."""
    fast, booster = single(MODEL.heads[head].text)
    matrix = matrix_of(500, seed=8)
    assert [fast(row) for row in matrix] == booster.predict(matrix, raw_score=True).tolist()


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_any_numbers_have_the_bits_of_the_booster(values: tuple[float, float, float]) -> None:
    """NaN, infinities, denormals and both zeros too."""
    fast, booster = single(MODEL.text)
    row = np.array(values, np.float32)
    assert fast(row) == booster.predict(row[None], raw_score=True)[0]


def test_threads_may_share_it() -> None:
    """Eight threads that ask at once each get the score of their own row, while another predicts whole matrices."""
    fast, booster = single(MODEL.text)
    matrix = matrix_of(400, seed=9)
    expected = booster.predict(matrix, raw_score=True).tolist()
    with ThreadPoolExecutor(9) as threads:
        whole = threads.submit(lambda: [fast._booster.predict(matrix, raw_score=True).tolist() for _ in range(20)])
        parts = [threads.submit(lambda: [fast(row) for row in matrix] * 3) for _ in range(8)]
        assert all(part.result() == expected * 3 for part in parts)
        assert whole.result() == [expected] * 20


@pytest.mark.parametrize("how", ["strided", "float64", "list"])
def test_other_layouts_are_taken_as_they_are_meant(how: str) -> None:
    """A row with gaps in memory, of float64, or a list is scored as the float32 row that it means."""
    fast, booster = single(MODEL.text)
    row = np.array([0.5, np.nan, -0.25], np.float32)
    given_row = {"strided": np.repeat(row, 2)[::2], "float64": row.astype(np.float64), "list": row.tolist()}[how]
    assert fast(given_row) == booster.predict(row[None], raw_score=True)[0]


@pytest.mark.parametrize("shape", [(2,), (4,), (1, 3), ()])
def test_another_width_is_refused(shape: tuple[int, ...]) -> None:
    """LightGBM does not check the length and would read what lies behind the row."""
    fast, _ = single(MODEL.text)
    with pytest.raises(DataError, match=r"is not \(3,\); give every feature"):
        fast(np.zeros(shape, np.float32))


def test_what_lightgbm_refuses_is_an_error() -> None:
    """A width that the trees do not have is refused by LightGBM, in its words, and nothing is left to free."""
    with pytest.raises(lightgbm.basic.LightGBMError, match=r"number of features in data \(2\) is not the same"):
        SingleRow(lightgbm.Booster(model_str=MODEL.text), 2)


def test_it_keeps_the_trees_alive_and_frees_its_own_memory() -> None:
    """The booster may be forgotten by everybody else; made and dropped a thousand times, the process does not grow."""
    psutil = pytest.importorskip("psutil")
    fast, booster = single(MODEL.text)
    gc.collect()
    row = matrix_of(1)[0]
    assert fast(row) == booster.predict(row[None], raw_score=True)[0]
    for _ in range(200):
        SingleRow(booster, 3)
    before = psutil.Process().memory_info().rss
    for _ in range(2_000):
        SingleRow(booster, 3)
    assert psutil.Process().memory_info().rss - before < 8 << 20


def test_a_model_predicts_one_row_as_it_predicts_many() -> None:
    """Probability, score and expected return of a row alone have the bits that they have in the whole."""
    matrix = matrix_of(300, seed=4)
    whole = MODEL.prediction(MODEL.raw_scores(matrix))
    for number, row in enumerate(matrix):
        alone = MODEL.prediction(MODEL.raw_scores(row[None]))
        assert [values[0] for values in alone] == [values[number] for values in whole]
    assert isinstance(MODEL, Model)
