from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.serving.tiny_version import HOUR, LAST_OPEN, NOON, explicit, publish_tiny, store, tiny_model, tiny_panel
from trady2.data.panel import Panel
from trady2.errors import DataError, NotFoundError, StaleDataError
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.registry.version import Version
from trady2.serving import predictor as predictor_module
from trady2.serving.predictor import Predictor
from trady2.serving.routing import Routing
from trady2.serving.row import Row
from trady2.serving.snapshot import Snapshot


def test_the_latest_vector_gives_the_probability_of_the_library(
    predictor: Predictor, panel: Panel, model: Model, version: Version
) -> None:
    """An asset's answer is `Model.predict` on its newest vector, to the last bit, and says whence it is."""
    probability, score, expected_return = (values[-1] for values in model.predict(panel))
    answer = predictor.answer({"asset": "BTC-EUR"})
    assert answer == {
        "asset": "BTC-EUR",
        "timestamp": "2025-11-01T11:00:00Z",
        "decision_time": "2025-11-01T12:00:00Z",
        "horizon": {"steps": 4, "duration": "PT4H"},
        "probability": probability,
        "expected_return": expected_return,
        "signal_kind": "expected_return",
        "score": score,
        "threshold": 0.5,
        "signal": bool(score > 0.5),
        "reason": None if score > 0.5 else "below_threshold",
        "reason_features": [],
        "model": "trady2",
        "version": version.version,
        "sha256": version.sha256,
    }


def test_as_of_takes_what_was_known_then(predictor: Predictor, panel: Panel, model: Model) -> None:
    """At 08:59 the bar of 07:00 is known, that of 08:00 is not; the answer is not refused for its age."""
    answer = predictor.answer({"asset": "BTC-EUR", "as_of": "2025-11-01T08:59:00Z"})
    assert answer["timestamp"] == "2025-11-01T07:00:00Z"
    assert answer["probability"] == model.predict_probability(panel)[-5]


def test_as_of_takes_any_zone(predictor: Predictor) -> None:
    """09:59 in UTC+1 is 08:59 in UTC."""
    here, there = (
        {"asset": "BTC-EUR", "as_of": text} for text in ("2025-11-01T09:59:00+01:00", "2025-11-01T08:59:00Z")
    )
    assert predictor.answer(here) == predictor.answer(there)


def test_explicit_features_give_the_bits_of_the_stored_vector(predictor: Predictor) -> None:
    """The features of a stored vector, sent as numbers, give the same probability; there is no time to name."""
    panel = tiny_panel("BTC-EUR")
    for row in (-1, -2, -60):  # the last one misses market_beta
        stored = predictor.answer({"asset": "BTC-EUR", "as_of": str(panel.decision_time[row]) + "Z"})
        answer = predictor.answer({"features": explicit(panel, row)})
        assert (answer["probability"], answer["signal"]) == (stored["probability"], stored["signal"])
        assert (answer["asset"], answer["timestamp"], answer["decision_time"]) == (None, None, None)
    assert predictor.answer({"features": explicit(panel, -1), "asset": "my own"})["asset"] == "my own"


def test_a_batch_is_its_singles(predictor: Predictor) -> None:
    """A batch of all forms gives the answers that each instance gives alone, in order."""
    panel = tiny_panel("BTC-EUR")
    instances = [
        {"asset": "BTC-EUR"},
        *({"features": explicit(panel, row)} for row in range(40)),
        {"asset": "BTC-EUR", "as_of": "2025-10-31T00:00:00Z"},
    ]
    assert predictor.answer({"instances": instances}) == {"predictions": [predictor.answer(one) for one in instances]}


def test_a_batch_is_answered_as_a_whole_or_not_at_all(predictor: Predictor) -> None:
    """An unknown asset in the middle fails the batch, and the message names its place."""
    with pytest.raises(NotFoundError, match=r"instances\[1\]: unknown asset 'BTC-USD': near are BTC-EUR") as caught:
        predictor.answer({"instances": [{"asset": "BTC-EUR"}, {"asset": "BTC-USD"}]})
    assert (caught.value.code, caught.value.instance) == ("unknown_asset", 1)


@pytest.mark.parametrize(("minutes_late", "stale"), [(0, False), (120, False), (121, True)])
def test_a_vector_goes_stale_two_bars_after_its_decision_time(
    home: Path, panel: Panel, version: Version, minutes_late: int, stale: bool
) -> None:
    """Known at noon and hourly, it is good until 14:00 and refused a minute later, with age and way out."""
    assert panel.assets
    late = Predictor(version.name, home / "vectors", now=lambda: NOON + timedelta(minutes=minutes_late))
    late.refresh()
    assert late.answer({"asset": "BTC-EUR", "as_of": "latest"})["timestamp"] == "2025-11-01T11:00:00Z"
    if not stale:
        assert late.answer({"asset": "BTC-EUR"})["timestamp"] == "2025-11-01T11:00:00Z"
        return
    with pytest.raises(StaleDataError, match=r"BTC-EUR was known 2.02 hours ago.*`trady2 bars import`") as caught:
        late.answer({"asset": "BTC-EUR"})
    assert caught.value.age_seconds == minutes_late * 60


def test_the_configuration_of_the_version_says_what_is_stale(home: Path, panel: Panel, model: Model) -> None:
    """With `stale_after_bars` 0.5 a vector is refused after half an hour."""
    assert panel.assets
    impatient = publish_tiny(model, config={"monitor": {"stale_after_bars": 0.5}})
    activate("trady2", impatient.version, reason="a test", actor="tester")
    predictor = Predictor("trady2", home / "vectors", now=lambda: NOON + timedelta(minutes=31))
    predictor.refresh()
    with pytest.raises(StaleDataError, match="after 30 minutes it is stale"):
        predictor.answer({"asset": "BTC-EUR"})


def test_a_version_that_has_expired_gives_no_number(home: Path, panel: Panel, model: Model) -> None:
    """With `expires_after_days` it answers until the moment comes, then refuses whatever is asked, by either way."""
    short_lived = publish_tiny(model, config={"monitor": {"expires_after_days": 30}})
    activate("trady2", short_lived.version, reason="a test", actor="tester")
    now = [short_lived.born + timedelta(days=30, seconds=-1)]
    predictor = Predictor("trady2", home / "vectors", now=lambda: now[0])
    predictor.refresh()
    asks: list[dict[str, Any]] = [{"features": explicit(panel, -1)}, {"asset": "BTC-EUR", "as_of": "latest"}]
    assert [predictor.answer(ask)["version"] for ask in asks] == [short_lived.version] * 2
    now[0] += timedelta(seconds=1)
    for ask in asks:
        for answer in (predictor.answer, predictor.answer_at_once):
            with pytest.raises(StaleDataError, match=r"has expired on .*train a new version") as caught:
                answer(ask)
            assert caught.value.values["code"] == "expired_version"


def test_a_bar_that_has_not_closed_is_not_used(home: Path, panel: Panel, version: Version) -> None:
    """At 11:59 the vector of the 11:00 bar, though stored, is not known; the answer is from the bar before."""
    assert panel.assets
    early = Predictor(version.name, home / "vectors", now=lambda: NOON - timedelta(minutes=1))
    early.refresh()
    assert early.answer({"asset": "BTC-EUR"})["timestamp"] == "2025-11-01T10:00:00Z"


def test_vectors_without_a_feature_of_the_model_are_refused(predictor: Predictor, home: Path) -> None:
    """A set that was built with other features is named, with what it lacks."""
    panel = tiny_panel("ETH-EUR")
    lacking = Panel(
        **{**vars(panel), "features": panel.features[:, 1:].copy(), "feature_names": panel.feature_names[1:]}
    )
    store(home / "vectors", lacking)
    with pytest.raises(DataError, match=r"vectors of ETH-EUR have no feature momentum_12.*1.0.0") as caught:
        predictor.answer({"asset": "ETH-EUR"})
    assert caught.value.code == "vectors_do_not_fit"


def test_vectors_of_another_timeframe_are_refused(predictor: Predictor, home: Path) -> None:
    """A model of hours does not answer for quarters of an hour."""
    quarters = tiny_panel("ETH-EUR", last_open=NOON - HOUR / 4, step=HOUR / 4)
    store(home / "vectors", quarters)
    with pytest.raises(DataError, match=r"vectors of ETH-EUR are 15 minutes apart, .* trained on 60 minutes"):
        predictor.answer({"asset": "ETH-EUR"})


def test_a_time_before_all_vectors_is_said(predictor: Predictor) -> None:
    """There is an asset, but nothing was known of it by then."""
    with pytest.raises(NotFoundError, match="BTC-EUR has no vector that was known at 2001-01-01") as caught:
        predictor.answer({"asset": "BTC-EUR", "as_of": "2001-01-01T00:00:00Z"})
    assert caught.value.code == "no_vector"


def test_an_asset_name_is_no_path(predictor: Predictor) -> None:
    """A name that climbs out of the folder is just an unknown asset."""
    with pytest.raises(NotFoundError, match=r"unknown asset '../../etc': near are BTC-EUR"):
        predictor.answer({"asset": "../../etc"})


def test_a_warm_up_vector_has_no_probability(predictor: Predictor, home: Path) -> None:
    """A stored vector that misses what training always had gives null, no signal, and the features' names."""
    panel = tiny_panel("NEW-EUR")
    panel.features[-1, [1, 4]] = np.nan
    store(home / "vectors", panel)
    answer = predictor.answer({"asset": "NEW-EUR"})
    assert (answer["probability"], answer["signal"]) == (None, False)
    assert (answer["reason"], answer["reason_features"]) == ("missing_features", ["range_24"])
    assert LAST_OPEN.isoformat().startswith(answer["timestamp"][:-1])


def test_answers_at_once_are_the_same(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    """From features, or from a vector in memory, the quick answer is the answer; the rest takes the long way."""
    single, explicit_one = {"asset": "BTC-EUR"}, {"features": explicit(tiny_panel("BTC-EUR"), -1)}
    monkeypatch.setattr("trady2.serving.newest._TICK_NS", 0)
    predictor.newest.read("BTC-EUR", None)
    for request in (single, explicit_one, {**single, "as_of": "latest"}, {**single, "as_of": "2025-11-01T12:00:00Z"}):
        assert predictor.answer_at_once(request) == predictor.answer(request)
    for request in ({"instances": [single]}, {**single, "as_of": "2025-10-31T12:00:00Z"}, {"asset": "NEW-EUR"}, []):
        assert predictor.answer_at_once(request) is None
    with pytest.raises(DataError, match="unknown key 'aset'"):
        predictor.answer_at_once({"aset": 1})


def test_each_version_predicts_once_from_a_vector(
    predictor: Predictor, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer vector or another version is predicted from anew; what a caller does to an answer is its own affair."""
    monkeypatch.setattr("trady2.serving.newest._TICK_NS", 0)
    predicted = []
    before = predictor_module.answers

    def counting(snapshot: Snapshot, rows: list[Row]) -> list[dict[str, Any]]:
        predicted.append(snapshot.version)
        return before(snapshot, rows)

    def ask() -> dict[str, Any]:
        expected = predictor.answer({"asset": "BTC-EUR"})
        predicted.clear()
        found = [predictor.answer_at_once({"asset": "BTC-EUR"}) for _ in range(3)]
        assert found == [expected] * 3
        return found[0] or {}

    monkeypatch.setattr(predictor_module, "answers", counting)
    first = ask()
    assert len(predicted) == 1
    first["signal"] = None
    assert ask()["signal"] is not None
    assert len(predicted) == 0
    activate("trady2", publish_tiny(tiny_model(seed=2), "1.1.0").version, reason="better", actor="tester")
    predictor.refresh()
    assert ask()["version"].startswith("1.1.0+")
    assert len(predicted) == 1
    store(home / "vectors", tiny_panel("BTC-EUR", seed=8))
    assert ask()["probability"] != first["probability"]
    assert len(predicted) == 1


def test_each_name_answers_for_its_assets(
    predictor: Predictor, version: Version, home: Path, panel: Panel, model: Model
) -> None:
    """A batch of both names gives what each instance gives alone, by the bits of its own model."""
    other = tiny_model(seed=2)
    activate("alts", publish_tiny(other, "2.0.0", name="alts").version, reason="a test", actor="tester")
    alt = store(home / "vectors", tiny_panel("ETH-EUR", seed=8))
    both = Predictor(Routing({"trady2": ["BTC-EUR"], "alts": ["*"]}), home / "vectors", now=lambda: NOON)
    both.refresh()
    features = explicit(panel, -3)
    instances: list[dict[str, Any]] = [
        {"asset": "ETH-EUR"},
        {"asset": "BTC-EUR"},
        {"features": features, "model": "alts"},
        {"features": features, "asset": "BTC-EUR"},
        {"asset": "BTC-EUR", "model": "alts"},
    ]
    found = both.answer({"instances": instances})["predictions"]
    assert [answer["model"] for answer in found] == ["alts", "trady2", "alts", "trady2", "alts"]
    assert [answer["probability"] for answer in found] == [
        other.predict_probability(alt)[-1],
        model.predict_probability(panel)[-1],
        other.predict_probability(panel)[-3],
        model.predict_probability(panel)[-3],
        other.predict_probability(panel)[-1],
    ]
    assert found == [both.answer(one) for one in instances]
    assert found[1] == predictor.answer(instances[1])
    assert found[1]["version"] == version.version


def test_a_name_without_a_version_leaves_the_others_alone(predictor: Predictor, home: Path) -> None:
    """Its assets are refused by name, alone and in a batch; those of the other name are answered."""
    both = Predictor(Routing({"trady2": ["BTC-EUR"], "alts": ["*"]}), home / "vectors", now=lambda: NOON)
    both.refresh()
    assert both.answer({"asset": "BTC-EUR"}) == predictor.answer({"asset": "BTC-EUR"})
    with pytest.raises(NotFoundError, match=r"^alts has no active version") as caught:
        both.answer_at_once({"asset": "ETH-EUR"})
    assert caught.value.code == "no_active_model"
    with pytest.raises(NotFoundError, match=r"^instances\[1\]: alts has no active version"):
        both.answer({"instances": [{"asset": "BTC-EUR"}, {"asset": "ETH-EUR"}]})
