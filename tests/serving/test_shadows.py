import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.serving.tiny_version import FEATURES, NOON, explicit, publish_tiny, store, tiny_model, tiny_panel
from trady2.data.panel import Panel
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.registry.version import Version
from trady2.serving import shadows as shadows_module
from trady2.serving.prediction_log import PredictionLog
from trady2.serving.predictor import Predictor
from trady2.serving.row import Row
from trady2.serving.shadows import Shadows


class Watched:
    """The predictor with shadows, which score when they are told to, and the lines that they log."""

    def __init__(self, predictor: Predictor, folder: Path, *keys: str) -> None:
        """Let the versions of *keys* shadow trady2."""
        self.predictor, self.log, self._folder = predictor, PredictionLog(folder), folder
        self.shadows = predictor.shadows = Shadows({"trady2": keys}, predictor.following, self.log)
        for following in self.shadows.following.values():
            following.refresh()

    def lines(self) -> list[dict[str, Any]]:
        """Score all that waits and return the log."""
        while self.shadows.score():
            pass
        return [json.loads(line) for file in self._folder.glob("*") for line in file.read_text("utf-8").splitlines()]


@pytest.fixture
def other(version: Version) -> Model:
    """Another model, the active version of the name next."""
    model = tiny_model(seed=2)
    activate("next", publish_tiny(model, "2.0.0", name="next").version, reason="a test", actor="tester")
    assert version.name == "trady2"
    return model


def test_a_shadow_scores_what_was_answered(predictor: Predictor, panel: Panel, other: Model, tmp_path: Path) -> None:
    """By asset, by time, by features, alone and in a batch: the line is the answer that the shadow would give."""
    single = {"asset": "BTC-EUR"}
    asked = [
        (single, -1),
        ({"asset": "BTC-EUR", "as_of": "2025-11-01T08:59:00Z"}, -5),
        ({"features": explicit(panel, -7), "asset": "mine"}, -7),
    ]
    without = [predictor.answer(request) for request, _ in asked]
    watched = Watched(predictor, tmp_path / "log", "next")
    assert [predictor.answer(request, f"id-{row}") for request, row in asked] == without
    predictor.answer({"instances": [request for request, _ in asked]}, "batch")
    assert predictor.answer_at_once({"features": explicit(panel, -9)}, "once") is not None
    lines = watched.lines()
    expected = [*(row for _, row in asked)] * 2 + [-9]
    assert [line["probability"] for line in lines] == [other.predict_probability(panel)[row] for row in expected]
    assert [line["request_id"] for line in lines] == ["id--1", "id--5", "id--7", "batch", "batch", "batch", "once"]
    assert {(line["shadow_of"], line["model"], line["version"][:5]) for line in lines} == {("trady2", "next", "2.0.0")}
    assert [line["asset"] for line in lines[:3]] == ["BTC-EUR", "BTC-EUR", "mine"]
    assert watched.shadows.scored == {"next": 7}


def test_several_shadows_and_fixed_versions(
    predictor: Predictor, panel: Panel, version: Version, tmp_path: Path
) -> None:
    """A fixed version of the name itself scores beside one that is not there, which is only counted."""
    fixed = publish_tiny(tiny_model(seed=3), "3.0.0")
    watched = Watched(predictor, tmp_path / "log", f"trady2:{fixed.version}", "nobody")
    predictor.answer({"asset": "BTC-EUR"})
    (line,) = watched.lines()
    assert line["probability"] == tiny_model(seed=3).predict_probability(panel)[-1]
    assert line["version"] == fixed.version != version.version
    assert watched.shadows.state("trady2") == [
        {"shadow": f"trady2:{fixed.version}", "answering": fixed.version, "refused": None, "scored": 1, "unfit": {}},
        {"shadow": "nobody", "answering": None, "refused": None, "scored": 0, "unfit": {"not_answering": 1}},
    ]
    assert watched.shadows.state("other") == []


def renamed(model: Model, *names: str) -> Model:
    """Return the model as if its first features had other names."""
    from dataclasses import replace

    return replace(model, features=(*names, *FEATURES[len(names) :]), missing_allowed=frozenset())


def test_a_shadow_takes_its_own_features_from_a_stored_vector(
    predictor: Predictor, home: Path, version: Version, tmp_path: Path
) -> None:
    """A feature that the answering model lacks is found in the vector, and missed in explicit features: counted."""
    panel = tiny_panel("BTC-EUR")
    wider = Panel(
        **{
            **vars(panel),
            "features": panel.features[:, [0, 1, 2, 3, 4, 0]].copy(),
            "feature_names": (*FEATURES, "momentum_99"),
        }
    )
    store(home / "vectors", wider)
    next_one = renamed(tiny_model(seed=2), "momentum_99")
    activate("next", publish_tiny(next_one, name="next").version, reason="a test", actor="tester")
    watched = Watched(predictor, tmp_path / "log", "next")
    predictor.answer({"asset": "BTC-EUR"})
    predictor.answer({"features": explicit(panel, -1)})
    (line,) = watched.lines()
    assert line["probability"] == tiny_model(seed=2).predict_probability(panel)[-1]
    assert watched.shadows.unfit == {("next", "missing_feature"): 1}
    assert version.name == "trady2"


def test_vectors_that_do_not_fit_are_counted(predictor: Predictor, version: Version, tmp_path: Path) -> None:
    """A shadow whose features are in no vector touches no answer."""
    unfit = publish_tiny(renamed(tiny_model(seed=2), "unheard_of"), name="next")
    activate("next", unfit.version, reason="a test", actor="tester")
    watched = Watched(predictor, tmp_path / "log", "next")
    assert predictor.answer({"asset": "BTC-EUR"})["version"] == version.version
    assert watched.lines() == []
    assert watched.shadows.unfit == {("next", "vectors_do_not_fit"): 1}


def test_a_shadow_that_fails_touches_no_answer(
    predictor: Predictor,
    other: Model,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever goes wrong in it is logged once and counted."""

    def explode(*_: object) -> None:
        raise RuntimeError("a shadow fell")

    watched = Watched(predictor, tmp_path / "log", "next")
    monkeypatch.setattr(shadows_module, "answers", explode)
    for _ in range(40):
        assert predictor.answer({"asset": "BTC-EUR"})["model"] == "trady2"
    assert watched.lines() == []
    assert watched.shadows.unfit == {("next", "failed"): 40}
    assert caplog.text.count("the shadow next failed") == 1
    assert other.features == FEATURES


def test_the_queue_is_bounded_and_drops_the_oldest(predictor: Predictor, other: Model, tmp_path: Path) -> None:
    """What finds no place pushes out what has waited longest, and that is counted."""
    watched = Watched(predictor, tmp_path / "log", "next")
    snapshot, row = predictor.answering(), Row("X", None, tiny_panel("X").features[-1])
    for number in range(shadows_module._MOST_WAITING + 3):
        watched.shadows.offer(snapshot, row, str(number))
    assert watched.shadows.dropped == 3
    assert watched.lines()[0]["request_id"] == "3"
    assert watched.shadows.scored["next"] == shadows_module._MOST_WAITING
    assert other.features == FEATURES


def test_names_without_shadows_offer_nothing(predictor: Predictor, tmp_path: Path) -> None:
    """The queue stays empty for them."""
    shadows = Shadows({"other": ["next"]}, predictor.following, PredictionLog(tmp_path / "log"))
    predictor.shadows = shadows
    predictor.answer({"asset": "BTC-EUR"})
    assert shadows.score() == 0


def test_a_disk_that_refuses_keeps_its_memory_for_answers(
    predictor: Predictor, other: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While lines of answers wait for the disk, those of shadows are dropped and counted."""
    watched = Watched(predictor, tmp_path / "log", "next")
    with monkeypatch.context() as full:
        full.setattr(PredictionLog, "waiting_bytes", 100)
        predictor.answer({"asset": "BTC-EUR"})
        assert watched.lines() == []
    assert (watched.shadows.dropped, watched.shadows.scored["next"]) == (1, 0)
    assert other.features == FEATURES


def test_a_thread_scores_until_it_is_stopped(predictor: Predictor, other: Model, tmp_path: Path) -> None:
    """Beside the caller; an offer costs him microseconds."""
    watched = Watched(predictor, tmp_path / "log", "next")
    watched.shadows.start()
    assert predictor.answer({"asset": "BTC-EUR"})["decision_time"] == f"{NOON:%Y-%m-%dT%H:%M:%S}Z"
    deadline = time.monotonic() + 20
    while not watched.shadows.scored["next"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    watched.shadows.stop()
    snapshot, row = predictor.answering(), Row("X", None, tiny_panel("X").features[-1])
    begun = time.thread_time()
    for _ in range(10_000):
        watched.shadows.offer(snapshot, row, "1")
    assert (time.thread_time() - begun) / 10_000 < 5e-6
    assert other.features == FEATURES
