from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from io import BytesIO

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.conftest import FEATURES, matrix_of, panel_of, small_model
from trady2.errors import DataError, IntegrityError
from trady2.learning.model import Calibrator, Model, sigmoid

BOTH = pytest.mark.parametrize("down", [False, True], ids=["one-head", "two-heads"])


def parsed(model: Model) -> Model:
    """Return the model as the service reads it."""
    files = model.files()
    down = files["model_down.txt"].decode() if model.down else None
    return Model.from_files(files["model.txt"].decode(), json.loads(files["calibrator.json"]), down)


def values_of(model: Model, matrix: np.ndarray) -> bytes:
    """Return the bits of everything that is predicted of the rows of *matrix*."""
    return np.stack(model.prediction(model.raw_scores(matrix))).tobytes()


def test_raw_score_is_lightgbms(model: Model) -> None:
    """The raw score is what LightGBM itself computes, and the probability its calibrated sigmoid."""
    matrix = matrix_of(50, seed=9)
    raw = lightgbm.Booster(model_str=model.text).predict(matrix, raw_score=True)
    assert model.raw_score(matrix).tobytes() == raw.tobytes()
    assert model.probability(matrix).tobytes() == sigmoid(0.9 * raw - 0.1).tobytes()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), rows=st.integers(1, 40), start=st.integers(0, 39), stride=st.integers(1, 3))
def test_same_bits_in_any_batch(model: Model, seed: int, rows: int, start: int, stride: int) -> None:
    """A row gives the same probability to the last bit alone, shuffled, strided, in column order and among many."""
    matrix = matrix_of(2000, seed)
    together = model.probability(matrix)
    part = slice(start, start + rows * stride, stride)
    assert model.probability(matrix[part]).tobytes() == together[part].tobytes()
    assert model.probability(np.asfortranarray(matrix[part])).tobytes() == together[part].tobytes()
    order = np.random.default_rng(seed).permutation(2000)
    assert model.probability(matrix[order]).tobytes() == together[order].tobytes()
    alone = [model.probability(matrix[i : i + 1])[0] for i in range(*part.indices(2000))]
    assert np.array(alone).tobytes() == together[part].tobytes()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), rows=st.integers(1, 40), start=st.integers(0, 39), stride=st.integers(1, 3))
def test_same_score_in_any_batch(two_headed: Model, seed: int, rows: int, start: int, stride: int) -> None:
    """Score and expected return of a row are the same to the last bit alone, strided and among many."""
    matrix = matrix_of(2000, seed)
    together = np.stack(two_headed.prediction(two_headed.raw_scores(matrix)))
    part = slice(start, start + rows * stride, stride)
    assert values_of(two_headed, matrix[part]) == np.ascontiguousarray(together[:, part]).tobytes()
    alone = [np.frombuffer(values_of(two_headed, matrix[i : i + 1])) for i in range(*part.indices(2000))]
    assert np.stack(alone, axis=1).tobytes() == np.ascontiguousarray(together[:, part]).tobytes()


def test_the_score_by_hand(two_headed: Model) -> None:
    """Each head has LightGBM's raw score and its own calibrator, and the payoffs weigh one against the other."""
    matrix, head = matrix_of(50, seed=9), two_headed.down
    assert head
    raw = [lightgbm.Booster(model_str=text).predict(matrix, raw_score=True) for text in (two_headed.text, head.text)]
    rise, fall = two_headed.calibrator(raw[0]), head.calibrator(raw[1])
    found = two_headed.prediction(two_headed.raw_scores(matrix))
    assert found.probability.tobytes() == rise.tobytes() == two_headed.probability(matrix).tobytes()
    assert found.expected_return == pytest.approx(0.02 * rise - 0.03 * fall, abs=1e-17)
    assert found.score == pytest.approx((1 + (0.02 * rise - 0.03 * fall) / 0.03) / 2, abs=1e-15)
    assert two_headed.signal_kind == "expected_return"


def test_with_one_head_the_score_is_the_probability(model: Model) -> None:
    """A model that knows rises alone compares its probability with the threshold, and expects no return."""
    frame = pd.DataFrame(matrix_of(30, seed=2), columns=list(FEATURES))
    assert model.signal_kind == "probability"
    assert model.predict_signal(frame).tobytes() == model.predict_probability(frame).tobytes()
    assert np.isnan(model.expected_return(frame)).all()


def test_the_second_head_leaves_the_first_as_it_is(model: Model, two_headed: Model) -> None:
    """Probability, raw score and the file of the first head are those of the model without a second one."""
    matrix = matrix_of(200, seed=3)
    assert two_headed.raw_score(matrix).tobytes() == model.raw_score(matrix).tobytes()
    assert two_headed.probability(matrix).tobytes() == model.probability(matrix).tobytes()
    assert two_headed.files()["model.txt"] == model.files()["model.txt"]
    assert set(two_headed.files()) - set(model.files()) == {"model_down.txt"}


def test_costs_are_taken_off_the_expected_return(two_headed: Model) -> None:
    """A cost of 0.2 % leaves what is left of 1 + r after 0.2 % of it is gone; none leaves every bit."""
    frame = pd.DataFrame(matrix_of(30, seed=2), columns=list(FEATURES))
    gross = two_headed.expected_return(frame)
    assert gross.tobytes() == two_headed.predict(frame).expected_return.tobytes()
    net = two_headed.expected_return(frame, round_trip_cost=0.002)
    assert net == pytest.approx((1 + gross) * (1 - 0.002) - 1, abs=1e-15)


@BOTH
@pytest.mark.parametrize("method", ["identity", "platt", "beta", "isotonic"])
def test_joblib_and_text_predict_the_same_bits(method: str, down: bool) -> None:
    """The joblib file, the text files and the model itself give the same bits for every calibrator."""
    parameters = {"identity": (), "platt": (2, 0.1), "beta": (1, 0.9, 0), "isotonic": (-1, 1, 0.2, 0.8)}[method]
    model = small_model(Calibrator(method, parameters), down=down)  # type: ignore[arg-type]
    matrix = matrix_of(500, seed=4)
    unpickled = joblib.load(BytesIO(model.files()["model.joblib"]))
    for other in (unpickled, parsed(model)):
        assert values_of(other, matrix) == values_of(model, matrix)
        assert (other.files(), other.signal_kind) == (model.files(), model.signal_kind)
        assert other.missing_allowed == model.missing_allowed
        assert (other.features, other.threshold, other.horizon_steps) == (model.features, 0.6, 12)


def test_files_are_the_same_in_every_process() -> None:
    """Another process with another hash seed writes the same bytes."""
    code = (
        "import hashlib; from tests.learning.conftest import small_model; files = small_model(down=True).files();"
        "print([hashlib.sha256(files[name]).hexdigest() for name in sorted(files)])"
    )
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True)
    files = small_model(down=True).files()
    assert printed.stdout.strip() == str([sha256(files[name]).hexdigest() for name in sorted(files)])


@BOTH
def test_calibrator_json_is_canonical(down: bool) -> None:
    """The settings are sorted, compact JSON without NaN, and tell of a second head only where there is one."""
    text = small_model(down=down).files()["calibrator.json"].decode()
    assert {"down", "signal"} & set(json.loads(text)) == ({"down", "signal"} if down else set())
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_frame_columns_are_taken_by_name(model: Model) -> None:
    """Another order of columns and columns beside the features change nothing."""
    matrix = matrix_of(20)
    frame = pd.DataFrame(matrix, columns=list(FEATURES))
    shuffled = frame[["volume z", "momentum", "range"]].assign(asset="BTC-EUR")
    assert model.predict_probability(shuffled).tobytes() == model.probability(matrix).tobytes()


def test_a_panel_is_not_copied(model: Model) -> None:
    """A panel with the features in training's order is read where it lies, in another order by name."""
    panel = panel_of(30)
    assert model.matrix(panel) is panel.features
    turned = replace(panel, features=panel.features[:, ::-1].copy(), feature_names=FEATURES[::-1])
    assert np.array_equal(model.matrix(turned), panel.features, equal_nan=True)


def test_missing_column(model: Model) -> None:
    """A feature that the vectors lack is named."""
    with pytest.raises(DataError, match=r"lack momentum, volume z; build them with the features") as caught:
        model.predict_probability(pd.DataFrame({"range": [1.0]}))
    assert caught.value.missing == ["momentum", "volume z"]


@pytest.mark.parametrize(
    ("column", "value", "unusable"),
    [("momentum", np.nan, True), ("range", np.nan, False), ("range", np.inf, True), ("volume z", -np.inf, True)],
)
def test_rows_that_cannot_be_judged(two_headed: Model, column: str, value: float, unusable: bool) -> None:
    """A value missing as never in training, or infinite, gives NaN throughout; other rows keep what they had."""
    frame = pd.DataFrame(matrix_of(3)[1:], columns=list(FEATURES))
    whole = two_headed.predict(frame)
    frame.loc[0, column] = value
    found = two_headed.predict(frame)
    assert np.isnan(two_headed.predict_probability(frame)).tolist() == [unusable, False]
    assert [np.isnan(values[0]) for values in found] == [unusable] * 3
    assert [values[1] for values in found] == [values[1] for values in whole]


def test_wrong_width(model: Model) -> None:
    """A matrix with too few columns is refused instead of read past its end."""
    with pytest.raises(DataError, match=r"shape \(2, 2\) is not \(n, 3\); give every feature"):
        model.raw_score(np.zeros((2, 2), np.float32))


def test_no_rows(model: Model) -> None:
    """No rows give no probabilities."""
    assert model.probability(np.empty((0, 3), np.float32)).shape == (0,)


def test_outside_range(model: Model) -> None:
    """Only features beyond the range of training are named; a missing value is not beyond it."""
    assert model.outside_range(np.array([99, np.nan, 0], np.float32)) == ["momentum"]
    assert model.outside_range(np.array([0, -99, 99], np.float32)) == ["range", "volume z"]


def test_changed_copies(model: Model) -> None:
    """Another threshold or calibrator leaves the original as it was."""
    raw = model.raw_score(matrix_of(5))
    assert model.with_threshold(0.8).threshold == 0.8
    assert model.with_calibrator(Calibrator()).probability(matrix_of(5)).tolist() == sigmoid(raw).tolist()
    assert (model.threshold, model.calibrator.method) == (0.6, "platt")


def test_calibrators_of_two_heads_change_apart(two_headed: Model) -> None:
    """The second head's calibrator changes only where one is given, and its payoffs never."""
    one = two_headed.with_calibrator(Calibrator())
    both = two_headed.with_calibrator(Calibrator(), Calibrator("platt", (1.0, 0.5)))
    assert two_headed.down
    assert (one.calibrator.method, one.down) == ("identity", two_headed.down)
    assert both.down
    assert (both.down.calibrator.method, both.down.payoffs) == ("platt", two_headed.down.payoffs)
    assert both.heads is two_headed.heads


def test_files_of_two_models_do_not_fit(model: Model) -> None:
    """Trees and settings that name different features are refused."""
    values = json.loads(model.files()["calibrator.json"])
    with pytest.raises(IntegrityError, match=r"splits 3 features, calibrator.json names 2; restore both"):
        Model.from_files(model.text, values | {"features": ["a", "b"]})


def test_settings_that_lack_something(model: Model) -> None:
    """What is missing in calibrator.json is named."""
    values = json.loads(model.files()["calibrator.json"])
    del values["threshold"]
    with pytest.raises(IntegrityError, match=r"calibrator.json lacks threshold; restore it"):
        Model.from_files(model.text, values)


@pytest.mark.parametrize("text", ["no model", None])
def test_second_head_that_is_damaged_or_missing(two_headed: Model, text: str | None) -> None:
    """Trees for falls that cannot be read, or are not there, are refused by the name of their file."""
    values = json.loads(two_headed.files()["calibrator.json"])
    with pytest.raises(IntegrityError, match=r"model_down.txt(;| cannot be read)"):
        Model.from_files(two_headed.text, values, text)


def test_pickles_from_before_there_were_two_heads(model: Model) -> None:
    """A joblib file holds a model of one head as two texts, as it always did."""
    function, arguments = model.__reduce__()
    assert callable(function)
    assert isinstance(arguments, tuple)
    assert (function.__module__, function.__qualname__) == ("trady2.learning.model", "_restore")
    assert [type(argument) for argument in arguments] == [str, str]
    assert function(*arguments).files() == model.files()


def test_text_that_is_no_model(model: Model) -> None:
    """A text without a model is refused with LightGBM's reason."""
    values = json.loads(model.files()["calibrator.json"])
    with pytest.raises(IntegrityError, match=r"model.txt cannot be read: .* restore the version"):
        Model.from_files("no model", values)


def test_feature_without_any_value(model: Model) -> None:
    """A range that is unknown in training survives the files as unknown."""
    values = json.loads(model.files()["calibrator.json"])
    values["minimum"][1] = values["maximum"][1] = None
    bare = Model.from_files(model.text, values)
    assert np.isnan(parsed(bare).minimum).tolist() == [False, True, False]
    assert bare.outside_range(np.array([0, 5, 0], np.float32)) == []
