"""A service with a shadow: answers are as without it, and log, list and metrics tell what it scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.schema import Answer, ModelList
from tests.service.bento_process import until
from tests.service.tiny_service import GOOD, PREDICT, running, stock
from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.serving.workers import workers


def logged(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of the prediction log."""
    return [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text("utf-8").splitlines()]


def test_a_shadow_is_told_and_never_answers(home: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absent, then active: the same answers; its scores stand in the log beside them, under the same request id."""
    stock(home, model)
    (home / "serve.yaml").write_text("serve: {shadows: {trady2: [next]}}", "utf-8")
    monkeypatch.setenv("TRADY2_SERVE_CONFIG", str(home / "serve.yaml"))
    monkeypatch.setenv("TRADY2_PREDICTION_LOG", str(home / "log"))
    with running() as client:
        before = client.post(PREDICT, json={"features": GOOD})
        Answer.model_validate_json(before.content)
        until(
            lambda: 'trady2_shadow_unfit_total{reason="not_answering",shadow="next"} 1.0' in client.get("/metrics").text
        )
        version = publish_tiny(tiny_model(seed=2), "2.0.0", name="next").version
        activate("next", version, reason="a test", actor="tester")
        until(lambda: [worker.version for worker in workers("next")] == [version])
        after = client.post(PREDICT, json={"features": GOOD}, headers={"x-request-id": "mine-3"})
        assert after.json() == before.json()
        assert client.get("/readyz").json()["models"] == [
            {"model": "trady2", "version": after.json()["version"], "refused": None}
        ]
        until(lambda: 'trady2_shadow_scored_total{shadow="next"} 1.0' in client.get("/metrics").text)
        text = client.get("/metrics").text
        assert "trady2_shadow_dropped_total 0.0" in text
        assert 'trady2_shadow_refused{shadow="next"} 0.0' in text
        (listed,) = ModelList.model_validate_json(client.get("/api/v1/models/").content).models
        assert [(one.shadow, one.answering, one.scored, one.unfit) for one in listed.shadows] == [
            ("next", version, 1, {"not_answering": 1})
        ]
    answered, shadowed = [line for line in logged(home / "log") if line["request_id"] == "mine-3"]
    assert "shadow_of" not in answered
    assert (shadowed["shadow_of"], shadowed["model"], shadowed["version"]) == ("trady2", "next", version)
    assert shadowed.keys() - {"shadow_of"} == answered.keys()
