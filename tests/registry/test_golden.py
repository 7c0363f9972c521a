"""A model has to repeat its golden predictions."""

import copy
import dataclasses

import numpy as np
import pytest

from trady2.errors import DataError, IntegrityError
from trady2.learning.model import Calibrator, Model
from trady2.learning.signal import Payoffs
from trady2.registry.canonical import canonical_json, read_json
from trady2.registry.golden import PROBABILITY_ULPS, record, replay


def test_a_record_survives_json_and_is_repeated(model: Model, golden: np.ndarray) -> None:
    """Rows with NaN and with the largest float32 come back from JSON to the bit, and the model repeats them."""
    written = record(model, golden)
    read = read_json(canonical_json(written), source="test")
    assert np.array_equal(np.array(read["vectors"], dtype=np.float32), golden, equal_nan=True)
    assert read["vectors"][3][1] is None
    assert [read["raw"], read["raw_down"]] == model.raw_scores(golden).tolist()
    assert [read["probability"], read["score"]] == np.stack(model.prediction(model.raw_scores(golden)))[:2].tolist()
    replay(model, read, version="trady2:1.0.0")


def test_one_head_has_the_record_that_it_always_had(models: tuple[Model, ...], golden: np.ndarray) -> None:
    """A model that knows rises alone records raw score and probability, and nothing of a second head."""
    written = record(models[1], golden)
    assert sorted(written) == ["probability", "raw", "vectors"]
    replay(models[1], written, version="trady2:1.0.1")


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize(("key", "file"), [("raw", "model.txt"), ("raw_down", "model_down.txt")])
def test_a_raw_score_one_bit_off_is_found(model: Model, golden: np.ndarray, key: str, file: str, row: int) -> None:
    """Raw scores of both heads are compared to the last bit, and the file they come from is named."""
    written = record(model, golden)
    written[key][row] = float(np.nextafter(written[key][row], np.inf))
    with pytest.raises(
        IntegrityError, match=rf"predicts raw score.* for golden vector {row}.*train again on"
    ) as caught:
        replay(model, written, version="trady2:1.0.0")
    assert caught.value.file == file


@pytest.mark.parametrize(("units", "passes"), [(4, True), (5, False)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_score_may_be_four_units_of_one_off(
    model: Model, golden: np.ndarray, units: int, passes: bool, sign: int
) -> None:
    """A score is made from two probabilities: four units in the last place of 1 pass, five do not."""
    written = record(model, golden)
    written["score"][2] += sign * units * float(np.spacing(1.0))
    if passes:
        replay(model, written, version="trady2:1.0.0")
    else:
        with pytest.raises(IntegrityError, match=r"calibrator.json predicts score .* for golden vector 2"):
            replay(model, written, version="trady2:1.0.0")


@pytest.mark.parametrize("key", ["raw_down", "score"])
def test_a_second_head_has_golden_predictions(model: Model, golden: np.ndarray, key: str) -> None:
    """A manifest that says nothing of the second head does not vouch for it."""
    written = record(model, golden)
    del written[key]
    with pytest.raises(
        IntegrityError, match=r"manifest.json has no golden (raw )?score.*, which its model has to repeat"
    ):
        replay(model, written, version="trady2:1.0.0")


def test_other_payoffs_are_found(model: Model, golden: np.ndarray) -> None:
    """Equal trees and calibrators with other payoffs give other scores, which is noticed."""
    assert model.down
    down = dataclasses.replace(model.down, payoffs=Payoffs(0.02, 0.0251))
    with pytest.raises(IntegrityError, match=r"calibrator\.json predicts score"):
        replay(dataclasses.replace(model, down=down), record(model, golden), version="trady2:1.0.0")


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
