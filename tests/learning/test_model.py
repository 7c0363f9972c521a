from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from io import BytesIO

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.conftest import FEATURES, matrix_of, small_model
from trady2.errors import DataError, IntegrityError
from trady2.learning.model import Calibrator, Model, sigmoid


def parsed(model: Model) -> Model:
    """Return the model as the service reads it."""
    files = model.files()
    return Model.from_files(files["model.txt"].decode(), json.loads(files["calibrator.json"]))


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


@pytest.mark.parametrize("method", ["identity", "platt", "beta", "isotonic"])
def test_joblib_and_text_predict_the_same_bits(method: str) -> None:
    """The joblib file, the text files and the model itself give the same bits for every calibrator."""
    parameters = {"identity": (), "platt": (2, 0.1), "beta": (1, 0.9, 0), "isotonic": (-1, 1, 0.2, 0.8)}[method]
    model = small_model(Calibrator(method, parameters))  # type: ignore[arg-type]
    matrix = matrix_of(500, seed=4)
    unpickled = joblib.load(BytesIO(model.files()["model.joblib"]))
    for other in (unpickled, parsed(model)):
        assert other.probability(matrix).tobytes() == model.probability(matrix).tobytes()
        assert other.files() == model.files()
        assert other.missing_allowed == model.missing_allowed
        assert (other.features, other.threshold, other.horizon_steps) == (model.features, 0.6, 12)


def test_files_are_the_same_in_every_process() -> None:
    """Another process with another hash seed writes the same bytes."""
    code = (
        "import hashlib; from tests.learning.conftest import small_model; files = small_model().files();"
        "print([hashlib.sha256(files[name]).hexdigest() for name in sorted(files)])"
    )
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True)
    files = small_model().files()
    assert printed.stdout.strip() == str([sha256(files[name]).hexdigest() for name in sorted(files)])


def test_calibrator_json_is_canonical(model: Model) -> None:
    """The settings are sorted, compact JSON without NaN."""
    text = model.files()["calibrator.json"].decode()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_frame_columns_are_taken_by_name(model: Model) -> None:
    """Another order of columns and columns beside the features change nothing."""
    matrix = matrix_of(20)
    frame = pd.DataFrame(matrix, columns=list(FEATURES))
    shuffled = frame[["volume z", "momentum", "range"]].assign(asset="BTC-EUR")
    assert model.predict_probability(shuffled).tobytes() == model.probability(matrix).tobytes()


def test_missing_column(model: Model) -> None:
    """A feature that the vectors lack is named."""
    with pytest.raises(DataError, match=r"lack momentum, volume z; build them with the features") as caught:
        model.predict_probability(pd.DataFrame({"range": [1.0]}))
    assert caught.value.missing == ["momentum", "volume z"]


@pytest.mark.parametrize(
    ("column", "value", "unusable"),
    [("momentum", np.nan, True), ("range", np.nan, False), ("range", np.inf, True), ("volume z", -np.inf, True)],
)
def test_rows_that_cannot_be_judged(model: Model, column: str, value: float, unusable: bool) -> None:
    """A value missing as never in training, or infinite, gives NaN; other rows keep their probability."""
    frame = pd.DataFrame(matrix_of(3)[1:], columns=list(FEATURES))
    whole = model.predict_probability(frame)
    frame.loc[0, column] = value
    probability = model.predict_probability(frame)
    assert np.isnan(probability[0]) == unusable
    assert probability[1] == whole[1]


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
