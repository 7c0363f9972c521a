from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest

from tests.features.conftest import simulate
from tests.serving.tiny_version import publish_tiny
from trady2.config import FeaturesConfig
from trady2.data.bars import write_bars
from trady2.data.importing import import_bars
from trady2.errors import DataError
from trady2.features.building import build, feature_names
from trady2.features.updating import update
from trady2.learning.model import Calibrator, Model
from trady2.registry.activation import activate
from trady2.serving.predictor import Predictor

CONFIG = FeaturesConfig(indicators={"rsi": {"windows": [7, 14]}, "close_volatility": {"windows": [24]}})
BARS = simulate(4_000, asset="BTC-EUR")
CLOSED = BARS["timestamp"].iloc[-1].to_pydatetime() + timedelta(hours=1)


def sent(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return bars as a client writes them."""
    rows = frame.drop(columns="asset").to_dict("records")
    return [{**row, "timestamp": row["timestamp"].isoformat().replace("+00:00", "Z")} for row in rows]


def model_on(config: FeaturesConfig, *, market: bool = False) -> Model:
    """Return a model that uses every feature of a configuration."""
    frames = [BARS, simulate(4_000, seed=2, asset="ETH-EUR")] if market else [BARS]
    built = build(pd.concat(frames, ignore_index=True), config)
    names = feature_names(config, market=market)
    matrix = built[names].to_numpy(np.float32)[-3_000:]
    labels = np.random.default_rng(0).random(len(matrix)) < 0.5
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 15}
    text = lightgbm.train(parameters, lightgbm.Dataset(matrix, labels), 20).model_to_string()
    return Model(
        text=text, features=tuple(names), calibrator=Calibrator(), threshold=0.5, missing_allowed=frozenset(),
        minimum=np.nanmin(matrix, axis=0), maximum=np.nanmax(matrix, axis=0), horizon_steps=4, step_seconds=3_600,
        best_iteration=20,
    )  # fmt: skip


def serving(home: Path, model: Model, config: FeaturesConfig | None) -> Predictor:
    """Activate *model* under the features of *config* and return a predictor at the close of the last bar."""
    section = {} if config is None else {"features": config.model_dump(mode="json")}
    version = publish_tiny(model, config=section)
    activate("trady2", version.version, reason="a test", actor="tester")
    predictor = Predictor("trady2", home / "vectors", now=lambda: CLOSED)
    predictor.refresh()
    return predictor


@pytest.fixture(scope="module")
def few() -> Model:
    """A model that was trained on a few indicators."""
    return model_on(CONFIG)


@pytest.fixture
def bars_predictor(home: Path, few: Model) -> Predictor:
    """A predictor with that model, at the close of the last bar."""
    return serving(home, few, CONFIG)


def test_bars_are_answered_like_the_stored_vector(bars_predictor: Predictor, home: Path) -> None:
    """The same bars through import, batch and vector file give the same answer, to the last bit."""
    file = home / "BTC-EUR.csv"
    BARS.drop(columns="asset").to_csv(file, index=False)
    imported = import_bars([file], asset="BTC-EUR", timeframe="1h", fetched_at=CLOSED + timedelta(hours=1))
    write_bars(home / "bars", imported)
    update(home / "bars", home / "vectors", "BTC-EUR", CONFIG)
    answer = bars_predictor.answer({"bars": sent(BARS), "asset": "BTC-EUR"})
    assert answer == bars_predictor.answer({"asset": "BTC-EUR"})
    assert answer["probability"] is not None
    assert answer["decision_time"] == CLOSED.isoformat().replace("+00:00", "Z")


def test_bars_outside_the_range_of_training_give_no_signal(home: Path, few: Model) -> None:
    """The guard looks at the features of bars as at any others: a model that never saw so high a value gives none."""
    name, highest = few.features[0], few.maximum.copy()
    highest[0] = few.minimum[0]
    answer = serving(home, replace(few, maximum=highest), CONFIG).answer({"bars": sent(BARS)})
    assert (answer["signal"], answer["reason"], answer["reason_features"]) == (False, "outside_training_range", [name])
    assert answer["probability"] is not None


def test_a_batch_may_hold_bars(bars_predictor: Predictor) -> None:
    """Each instance is answered as it is alone, and bars need no asset."""
    instances = [{"bars": sent(BARS.iloc[:-cut])} for cut in (1, 100)]
    answers = bars_predictor.answer({"instances": instances})["predictions"]
    assert answers == [bars_predictor.answer(one) for one in instances]
    assert [one["asset"] for one in answers] == [None, None]
    assert bars_predictor.answer_at_once(instances[0]) is None


def test_cross_asset_models_take_a_market(home: Path) -> None:
    """With the others' bars the answer is from the vector that `build` makes of all; without, it says to send them."""
    config = FeaturesConfig(higher_timeframes=())
    model = model_on(config, market=True)
    predictor = serving(home, model, config)
    other = simulate(4_000, seed=2, asset="ETH-EUR")
    built = build(pd.concat([BARS, other], ignore_index=True), config)
    wanted = model.predict(built[built["asset"] == "BTC-EUR"].iloc[-1:]).probability[0]
    request = {"bars": sent(BARS), "asset": "BTC-EUR", "market": {"ETH-EUR": sent(other)}}
    assert predictor.answer(request)["probability"] == wanted
    with pytest.raises(DataError, match="which these bars do not give; send the bars of other assets") as caught:
        predictor.answer({"bars": sent(BARS)})
    assert caught.value.code == "bars_not_enough"


def spoilt(row: int, **changes: object) -> list[dict[str, Any]]:
    """Return bars of which one is changed."""
    bars = sent(BARS.iloc[-600:])
    bars[row] = {**bars[row], **changes}
    return bars


@pytest.mark.parametrize(
    ("bars", "code", "says"),
    [
        (spoilt(5, high=1.0), "invalid_bars", r"bars\[5\]: high below low"),
        (spoilt(5, close=-1.0), "invalid_bars", r"bars\[5\]: a price is not positive"),
        (spoilt(5, volume=-1), "invalid_bars", r"bars\[5\]: volume is negative"),
        (spoilt(5, volume="1"), "invalid_bars", r"bars\[5\]: volume = '1' is no number"),
        (spoilt(5, volume=True), "invalid_bars", r"bars\[5\]: volume = True is no number"),
        (spoilt(5, volume=10**400), "invalid_bars", r"bars\[5\]: volume = 10+.* is no number"),
        (spoilt(5, volume=float("inf")), "invalid_bars", r"bars\[5\]: volume is missing or not finite"),
        (spoilt(5, closed=True), "invalid_bars", r"bars\[5\]: .* is no bar; a bar has close, high"),
        (["bar"], "invalid_bars", r"bars\[0\]: 'bar' is no bar"),
        (spoilt(5, timestamp="2021-03-05T07:00:00"), "invalid_bars", r"bars\[5\]: timestamp = .* is no time"),
        (spoilt(5, timestamp="0001-01-01T00:00:00+14:00"), "invalid_bars", r"bars\[5\]"),
        (spoilt(0, timestamp="0001-01-01T00:00:00+00:01")[:1], "invalid_bars", r"bars\[0\]: timestamp = .* is no time"),
        (spoilt(0, timestamp="9999-12-31T23:00:00Z")[:1], "invalid_bars", r"bars\[0\]: timestamp = .* is no time"),
        (spoilt(0, timestamp="9999-12-31T23:59:59-23:59")[:1], "invalid_bars", r"bars\[0\]: timestamp = .* is no time"),
        (spoilt(5, timestamp=1), "invalid_bars", r"bars\[5\]: timestamp = 1 is no time"),
        (list(reversed(spoilt(0))), "invalid_bars", r"bars\[1\]: not later than the bar before it"),
        (spoilt(0)[:10] + spoilt(0)[9:], "invalid_bars", r"bars\[10\]: not later"),
        (sent(simulate(600, freq="15min")), "invalid_bars", r"bars\[1\]: off the version's timeframe"),
        (spoilt(0)[:10], "too_few_bars", "10 bars are too few"),
        ([], "invalid_bars", "has to be a list of at least one bar"),
        ({}, "invalid_bars", "has to be a list of at least one bar"),
        ([{}] * 20_001, "too_many_bars", "20001 bars are more than the 20000 of one request"),
    ],
)
def test_bad_bars_are_refused_by_place(bars_predictor: Predictor, bars: object, code: str, says: str) -> None:
    """What no import would take is named with its row, and nothing is computed."""
    with pytest.raises(DataError, match=says) as caught:
        bars_predictor.answer({"bars": bars})
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"bars": [{}], "as_of": "latest"}, "as_of picks a stored vector, so it cannot stand beside bars"),
        ({"bars": [{}], "features": {}}, "bars cannot stand beside features"),
        ({"asset": "A", "market": {}}, "market stands beside bars"),
        ({"bars": [{}], "market": {"B": [{}]}}, "need their own name; add asset"),
        ({"bars": [{}], "asset": "A", "market": {"A": [{}]}}, "market holds 'A' itself; leave it out"),
        ({"bars": [{}], "asset": "A", "market": []}, "market has to be an object of other assets"),
        ({"bars": [{}], "asset": "A", "market": {"B": 1}}, "market has to be an object of other assets"),
        ({"bars": [{}], "asset": "A", "market": {"B": [{}] * 20_000}}, "20001 bars are more than"),
    ],
)
def test_what_does_not_belong_together_is_refused(bars_predictor: Predictor, request_: Any, says: str) -> None:
    """A request is of one form."""
    with pytest.raises(DataError, match=says):
        bars_predictor.answer(request_)


def test_a_bar_that_has_not_closed_is_refused(bars_predictor: Predictor) -> None:
    """It would be predicted from half a bar; two seconds are forgiven to clocks that differ."""
    unfinished = simulate(4_001, asset="BTC-EUR")
    with pytest.raises(DataError, match="which is still to come; leave it out") as caught:
        bars_predictor.answer({"bars": sent(unfinished)})
    assert caught.value.code == "unfinished_bar"
    bars_predictor._now = lambda: CLOSED - timedelta(seconds=2)
    assert bars_predictor.answer({"bars": sent(BARS)})["probability"] is not None


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (None, "does not say how its features are computed"),
        (FeaturesConfig(builder="my:own"), "works on frames"),
        (FeaturesConfig(higher_timeframes=("90m",)), "no multiple of the bars' own"),
    ],
)
def test_versions_that_cannot_take_bars_say_so(
    home: Path, few: Model, config: FeaturesConfig | None, says: str
) -> None:
    """Their features are not computable here, whatever the bars."""
    predictor = serving(home, few, config)
    with pytest.raises(DataError, match=says) as caught:
        predictor.answer({"bars": sent(BARS)})
    assert caught.value.code == "bars_not_taken"


def test_an_installation_without_indicators_says_so(bars_predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numba and TA-Lib are missing, everything else is answered."""

    def missing(*_: object) -> None:
        raise ImportError("No module named 'talib'")

    monkeypatch.setattr("trady2.serving.vector_child._planned", missing)
    with pytest.raises(DataError, match=r"No module named 'talib'.*install numba and TA-Lib, or send features"):
        bars_predictor.answer({"bars": sent(BARS)})


def test_times_are_compared_in_utc(bars_predictor: Predictor) -> None:
    """Another zone's spelling of the same moments gives the same answer."""
    bars, zone = sent(BARS), timezone(timedelta(hours=5, minutes=30))
    shifted = [
        {**bar, "timestamp": datetime.fromisoformat(bar["timestamp"]).astimezone(zone).isoformat()} for bar in bars
    ]
    assert shifted[0]["timestamp"].endswith("+05:30")
    assert bars_predictor.answer({"bars": shifted}) == bars_predictor.answer({"bars": bars})


LEAN = """
import json, sys
sys.modules["pandas"] = sys.modules["sklearn"] = None
from datetime import datetime
from trady2.serving.predictor import Predictor
name, vectors, now = sys.argv[1:]
predictor = Predictor(name, vectors, now=lambda: datetime.fromisoformat(now))
predictor.refresh()
print(json.dumps(predictor.answer(json.load(sys.stdin))))
"""


def test_bars_need_no_pandas(bars_predictor: Predictor, home: Path) -> None:
    """A worker, in which pandas and scikit-learn are not to be had, gives the same answer."""
    request = {"bars": sent(BARS), "asset": "BTC-EUR"}
    command = [sys.executable, "-c", LEAN, "trady2", str(home / "vectors"), CLOSED.isoformat()]
    told = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == bars_predictor.answer(request)
