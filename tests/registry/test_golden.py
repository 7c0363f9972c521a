"""A model has to repeat its golden predictions."""

import copy
import dataclasses

import numpy as np
import pytest

from trady2.errors import DataError, IntegrityError
from trady2.learning.model import Calibrator, Model
from trady2.registry.canonical import canonical_json, read_json
from trady2.registry.golden import PROBABILITY_ULPS, record, replay


def test_a_record_survives_json_and_is_repeated(model: Model, golden: np.ndarray) -> None:
    """Rows with NaN and with the largest float32 come back from JSON to the bit, and the model repeats them."""
    written = record(model, golden)
    read = read_json(canonical_json(written), source="test")
    assert np.array_equal(np.array(read["vectors"], dtype=np.float32), golden, equal_nan=True)
    assert read["vectors"][3][1] is None
    assert read["raw"] == model.raw_score(golden).tolist()
    replay(model, read, version="trady2:1.0.0")


@pytest.mark.parametrize("row", range(3))
def test_a_raw_score_one_bit_off_is_found(model: Model, golden: np.ndarray, row: int) -> None:
    """Raw scores are compared to the last bit."""
    written = record(model, golden)
    written["raw"][row] = float(np.nextafter(written["raw"][row], np.inf))
    with pytest.raises(IntegrityError, match=rf"predicts raw score .* for golden vector {row}.*train again on this"):
        replay(model, written, version="trady2:1.0.0")


@pytest.mark.parametrize(("ulps", "passes"), [(PROBABILITY_ULPS, True), (PROBABILITY_ULPS + 1, False)])
@pytest.mark.parametrize("direction", [0.0, 1.0])
def test_a_probability_may_be_four_ulp_off(
    model: Model, golden: np.ndarray, ulps: int, passes: bool, direction: float
) -> None:
    """Four units in the last place pass, five do not, up or down."""
    written = record(model, golden)
    for _ in range(ulps):
        written["probability"][2] = float(np.nextafter(written["probability"][2], direction))
    if passes:
        replay(model, written, version="trady2:1.0.0")
    else:
        with pytest.raises(IntegrityError, match=r"predicts probability .* for golden vector 2"):
            replay(model, written, version="trady2:1.0.0")


def test_a_number_in_place_of_nan_is_found(model: Model, golden: np.ndarray) -> None:
    """NaN equals only NaN."""
    written = copy.deepcopy(record(model, golden))
    written["probability"][0] = None
    with pytest.raises(IntegrityError, match="predicts probability"):
        replay(model, written, version="trady2:1.0.0")


def test_another_calibrator_is_found(model: Model, golden: np.ndarray) -> None:
    """Equal trees with another calibrator give other probabilities, which is noticed."""
    other = dataclasses.replace(model, calibrator=Calibrator("platt", (1.25, 0.3)))
    with pytest.raises(IntegrityError, match="predicts probability"):
        replay(other, record(model, golden), version="trady2:1.0.0")


@pytest.mark.parametrize("shape", [(0, 4), (3, 5), (4,)])
def test_golden_rows_have_to_fit(model: Model, shape: tuple[int, ...]) -> None:
    """No row, another number of features and a flat array are refused."""
    with pytest.raises(DataError, match=r"have shape .*; give at least one row of 4 features"):
        record(model, np.zeros(shape, np.float32))


def test_golden_rows_are_finite(model: Model, golden: np.ndarray) -> None:
    """An infinite value is refused, because no model is ever asked about one."""
    rows = golden.copy()
    rows[0, 0] = np.inf
    with pytest.raises(DataError, match="hold an infinite value"):
        record(model, rows)
