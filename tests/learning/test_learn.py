from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import joblib
import numpy as np
import pandas as pd
import pytest

from tests.learning.conftest import panel_of
from trady2.config import Config
from trady2.data.panel import Panel
from trady2.errors import NotEnoughDataError
from trady2.learning.learn import Learned, learn
from trady2.learning.model import Model
from trady2.learning.signal import Prediction


def config(**model: object) -> Config:
    """Return a small configuration."""
    return Config(
        target={"horizon_steps": 2, "return_threshold": 0.01},
        model={"max_rounds": 120, "early_stopping_rounds": 40, "learning_rate": 0.05, "num_threads": 1, **model},
        backtest={"fee_bps": 2.0},
    )


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Two assets whose first feature knows something of the next return."""
    return panel_of(6000, assets=2, edge=0.6)


@pytest.fixture(scope="module")
def learned(panel: Panel) -> Learned:
    """What is learned from them."""
    return learn(panel, config())


def test_finds_the_planted_edge(learned: Learned) -> None:
    """Where a feature knows the next return, the model has direction skill and a threshold that earns."""
    card = learned.scorecard
    assert learned.fit.signal
    assert card.metrics["direction_skill"].low > 0.55
    assert card.metrics["log_loss_skill"].low > 0
    assert card.down_auc < 0.5
    assert learned.threshold.earns
    assert card.precision_at_threshold > card.prevalence


def test_finds_nothing_where_nothing_is() -> None:
    """Features that know nothing give no direction skill."""
    found = learn(panel_of(6000, assets=2, edge=0.0), config())
    low, high = found.scorecard.metrics["direction_skill"][1:]
    assert low < 0.5 < high


def test_circularly_shifted_labels_score_like_chance(panel: Panel) -> None:
    """With features moved against the prices by a third of history, nothing is left of the edge."""
    shifted = replace(panel, features=np.roll(panel.features, 2000, axis=0))
    low, high = learn(shifted, config()).scorecard.metrics["direction_auc"][1:]
    assert low < 0.5 < high


def test_predictions_are_the_models_to_the_bit(panel: Panel, learned: Learned) -> None:
    """The same rows give the same bits in training, from a frame, one by one, and from the files."""
    predictions = learned.predictions
    frame = panel.frame().merge(predictions[["timestamp", "asset"]], on=["timestamp", "asset"])
    expected = predictions[list(Prediction._fields)].to_numpy().T
    files = learned.model.files()
    texts = (files["model.txt"].decode(), json.loads(files["calibrator.json"]), files["model_down.txt"].decode())
    unpickled = joblib.load(BytesIO(files["model.joblib"]))
    for model in (learned.model, Model.from_files(*texts), unpickled):
        assert np.array(model.predict(frame)).tobytes() == expected.tobytes()
        assert model.predict_probability(frame).tobytes() == expected[0].tobytes()
        assert model.predict_signal(frame).tobytes() == expected[1].tobytes()
    alone = [np.array(learned.model.predict(frame.iloc[[row]]))[:, 0] for row in range(0, len(frame), 397)]
    assert np.array(alone).tobytes() == expected[:, ::397].T.tobytes()


def test_the_signal_decides_what_is_traded(panel: Panel, learned: Learned) -> None:
    """By the signal probability the probability itself is the score; what is known of rises stays the same."""
    found = learn(panel, config(signal="probability"))
    assert found.predictions["score"].equals(found.predictions["probability"].rename("score"))
    assert found.predictions["probability"].equals(learned.predictions["probability"])
    assert found.predictions["expected_return"].isna().all()
    assert (found.scorecard.signal_kind, learned.scorecard.signal_kind) == ("probability", "expected_return")
    assert found.scorecard.roc_auc == learned.scorecard.roc_auc
    assert found.scorecard.direction_auc < learned.scorecard.direction_auc
    assert found.calibration.down is None


def test_expected_returns_come_true(learned: Learned) -> None:
    """Rows of which more is expected earn more: as much, and what moves below the threshold add the same way."""
    test = learned.predictions[learned.predictions["zone"] == "test"]
    forward = learned.labels.forward_return[learned.zones.rows["test"]]
    expected = test["expected_return"].to_numpy()
    slope, intercept = np.polyfit(expected, forward, 1)
    assert 0.9 < slope < 1.6
    assert abs(intercept) < 0.0005


def test_predictions_hold_every_later_row(learned: Learned) -> None:
    """Each row of each zone but train stands there once, with its own label."""
    predictions, zones = learned.predictions, learned.zones
    expected = ["timestamp", "asset", "zone", "raw", "probability", "score", "expected_return", "label"]
    assert list(predictions.columns) == expected
    counts = predictions["zone"].value_counts().to_dict()
    assert counts == {name: len(zones.rows[name]) for name in zones.names[1:]} | {"train": 0}
    assert str(predictions["timestamp"].dtype) == "datetime64[us, UTC]"
    keys = pd.MultiIndex.from_frame(predictions[["asset", "timestamp"]])
    assert keys.is_monotonic_increasing
    assert keys.is_unique
    test = predictions[predictions["zone"] == "test"]
    assert test["label"].to_numpy(np.int8).tolist() == learned.labels.label[zones.rows["test"]].tolist()


def test_future_rows_change_no_earlier_zone(panel: Panel, learned: Learned) -> None:
    """Other features and prices in the test zone give the same trees, calibrator and threshold."""
    test = panel.decision_time >= learned.zones.start["test"]
    features, close = panel.features.copy(), panel.close.copy()
    features[test] = np.random.default_rng(9).standard_normal(features[test].shape)
    close[test] *= 1 + 0.05 * np.random.default_rng(9).random(test.sum())
    later = learn(replace(panel, features=features, close=close), config())
    assert later.model.files() == learned.model.files()


def test_same_input_same_result(panel: Panel, learned: Learned) -> None:
    """A second run gives the same files, predictions and summary."""
    again = learn(panel, config())
    assert again.model.files() == learned.model.files()
    assert again.predictions.equals(learned.predictions)
    assert again.summary() == learned.summary()


def test_summary_is_plain(learned: Learned) -> None:
    """The summary survives strict JSON and holds every part."""
    summary = json.loads(json.dumps(learned.summary(), allow_nan=False))
    assert list(summary) == ["zones", "fit", "calibration", "threshold", "scorecard"]
    assert summary["scorecard"]["threshold"] == summary["threshold"]["threshold"] == learned.model.threshold
    assert summary["fit"]["stop_log_loss"] == min(learned.fit.history)
    assert [0 < zone["prevalence"] < 1 for zone in summary["zones"]] == [True] * 5


def test_given_threshold_and_calibrator(panel: Panel) -> None:
    """What the configuration gives is used as it is."""
    given = config(calibration="beta")
    given = given.model_copy(update={"backtest": given.backtest.model_copy(update={"threshold": 0.4})})
    model = learn(panel, given).model
    assert (model.threshold, model.calibrator.method) == (0.4, "beta")


def test_feature_that_goes_missing_later(panel: Panel) -> None:
    """A feature that training never missed takes the probability of the rows that miss it, not the whole zone."""
    features = panel.features.copy()
    features[-700:-400, 2] = np.nan
    found = learn(replace(panel, features=features), config())
    gone = found.predictions["probability"].isna()
    assert 0 < gone.sum() <= 300
    assert found.scorecard.n_without_probability == gone.sum()


def test_progress_runs_from_start_to_end(panel: Panel) -> None:
    """The stages are told in order with a share that never falls."""
    told: list[tuple[str, float]] = []
    learn(panel, config(), progress=lambda text, done: told.append((text, done)))
    texts = [text for text, _ in told if not text.startswith("tree")]
    assert texts == [
        "label and cut into zones",
        "bin the features",
        "predict the later zones",
        "calibrate",
        "choose the threshold",
        "measure on the test zone",
        "learned",
    ]
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_too_little_history() -> None:
    """Too few rows are refused before anything is fitted."""
    with pytest.raises(NotEnoughDataError, match=r"too few for 5 zones"):
        learn(panel_of(300), config())
