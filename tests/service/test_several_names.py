"""Two model names behind one service: each answers for its assets, and each can be away without the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from service.schema import Answer, Answers, ModelList, Ready
from tests.service.bento_process import until
from tests.service.tiny_service import GOOD, PREDICT, last_open, refused, running, settle, stock
from tests.serving.tiny_version import publish_tiny, store, tiny_model, tiny_panel
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.serving.workers import workers


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Iterator[TestClient]:
    """A service of trady2, which is active, for BTC-EUR, and of alts, which is not, for the rest."""
    with pytest.MonkeyPatch.context() as patch:
        folder = settle(tmp_path_factory.mktemp("names"), patch)
        stock(folder, model)
        store(folder / "vectors", tiny_panel("ETH-EUR", last_open=last_open(), seed=8))
        (folder / "serve.yaml").write_text('serve: {models: {trady2: [BTC-EUR], alts: ["*"]}}', "utf-8")
        patch.setenv("TRADY2_SERVE_CONFIG", str(folder / "serve.yaml"))
        with running() as client:
            yield client


def test_a_name_without_a_version_leaves_the_others_alone(client: TestClient) -> None:
    """Its assets get 503 by name, the service as a whole is not ready, and the other name answers."""
    assert client.post(PREDICT, json={"asset": "BTC-EUR"}).status_code == 200
    assert "alts has no active version" in refused(
        client.post(PREDICT, json={"asset": "ETH-EUR"}), 503, "no_active_model"
    )
    assert "trady2 answers with 1.0.0" in refused(client.get("/readyz"), 503, "no_active_model")
    listed = ModelList.model_validate_json(client.get("/api/v1/models/").content)
    assert [(one.model, one.assets, one.answering is None) for one in listed.models] == [
        ("trady2", ["BTC-EUR"], False),
        ("alts", ["*"], True),
    ]


def test_requests_that_nobody_answers_are_refused_by_name(client: TestClient) -> None:
    """Another model, and features without asset and model."""
    message = refused(client.post(PREDICT, json={"asset": "BTC-EUR", "model": "alt"}), 404, "unknown_model")
    assert "model 'alt' is not served: did you mean 'alts'?" in message
    message = refused(client.post(PREDICT, json={"features": GOOD}), 422, "model_needed")
    assert "add asset, or model: trady2, alts" in message


def test_each_name_answers_once_it_is_active(client: TestClient) -> None:
    """Alone and mixed in a batch, visible in each answer; those who wait for the activation see the worker follow."""
    version = publish_tiny(tiny_model(seed=2), "2.0.0", name="alts").version
    activate("alts", version, reason="a test", actor="tester")
    until(lambda: client.get("/readyz").status_code == 200)
    ready = Ready.model_validate_json(client.get("/readyz").content)
    assert [(one.model, one.version[:5]) for one in ready.models] == [("trady2", "1.0.0"), ("alts", "2.0.0")]
    until(lambda: [worker.version for worker in workers("alts")] == [version])
    instances = [{"asset": "ETH-EUR"}, {"asset": "BTC-EUR"}, {"features": GOOD, "model": "alts"}]
    answers = Answers.model_validate_json(client.post(PREDICT, json={"instances": instances}).content).predictions
    assert [(one.model, one.version[:5]) for one in answers] == [
        ("alts", "2.0.0"),
        ("trady2", "1.0.0"),
        ("alts", "2.0.0"),
    ]
    alone = [Answer.model_validate_json(client.post(PREDICT, json=one).content) for one in instances]
    assert alone == answers
    text = client.get("/metrics").text
    assert 'trady2_model_refused{model="alts"} 0.0' in text
    assert 'trady2_model_refused{model="trady2"} 0.0' in text
