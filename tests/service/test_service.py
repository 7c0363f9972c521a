import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.schema import Batch, Explicit, ModelList, Ready, Stored
from service.service import Trady2
from tests.service.tiny_service import GOOD, PREDICT, refused, running, stock
from tests.serving.tiny_version import explicit, publish_tiny, tiny_model
from trady2.learning.model import Model
from trady2.registry.activation import activate


def test_models_are_listed_newest_first(home: Path, model: Model) -> None:
    """Each with SHA-256, birth, verdict and headline figures; the active one is marked."""
    _, version = stock(home, model)
    other = publish_tiny(model, "1.1.0", verdict=None, scorecard=None)
    with running() as client:
        listed = ModelList.model_validate_json(client.get("/api/v1/models/").content)
    assert [one.version for one in listed.versions] == [other.version, version.version]
    assert [one.active for one in listed.versions] == [False, True]
    assert (listed.answering, listed.refused) == (version.version, None)
    assert listed.versions[1].verdict == "unproven"
    assert listed.versions[1].metrics == {"roc_auc": 0.56, "direction_auc": 0.51, "direction_skill": None}
    assert listed.versions[1].sha256 == version.sha256
    assert (listed.versions[0].verdict, listed.versions[0].metrics, listed.versions[0].error) == (None, {}, None)


def test_without_an_active_version_everything_else_works(home: Path) -> None:
    """Predicting and readiness give 503 with the way out; life, list, metrics and documents answer."""
    assert list(home.iterdir()) == []
    with running() as client:
        for response in (client.post(PREDICT, json={"asset": "BTC-EUR"}), client.get("/readyz")):
            assert "`trady2 activate VERSION" in refused(response, 503, "no_active_model")
        listed = ModelList.model_validate_json(client.get("/api/v1/models/").content)
        assert (listed.answering, listed.versions) == (None, [])
        assert [client.get(path).status_code for path in ("/", "/livez", "/metrics", "/docs.json")] == [200] * 4


def test_an_activation_is_picked_up_without_a_restart(home: Path) -> None:
    """The first activation ends the 503, the next one changes the answers."""
    assert home.exists()
    with running() as client:
        for seed, semver in ((1, "1.0.0"), (2, "2.0.0")):
            activate("trady2", publish_tiny(tiny_model(seed=seed), semver).version, reason="a test", actor="tester")
            deadline = time.monotonic() + 20
            while semver not in (response := client.post(PREDICT, json={"features": GOOD})).text:
                assert time.monotonic() < deadline, response.text
                time.sleep(0.02)
            assert Ready.model_validate_json(client.get("/readyz").content).version.startswith(semver)


def test_metrics_count_by_route_and_not_by_path(home: Path, model: Model) -> None:
    """Requests to random paths all count as `other`; predictions count by outcome."""
    stock(home, model)
    with running() as client:
        for number in range(50):
            client.get(f"/random/{number}")
        client.post(PREDICT, json={"features": GOOD})
        client.post(PREDICT, json={"features": {**GOOD, "momentum_12": 1e6}})
        text = client.get("/metrics").text
    assert 'trady2_http_requests_total{route="other",status="404"} 50.0' in text
    assert 'trady2_http_requests_total{route="predict",status="200"} 2.0' in text
    assert 'trady2_answers_total{outcome="outside_training_range"} 1.0' in text
    assert 'trady2_model_refused{model="trady2"} 0.0' in text
    assert "random" not in text


def test_the_twin_in_python_answers_like_the_front(home: Path, model: Model) -> None:
    """Calling the service's method gives what the same request gives over HTTP."""
    panel, _ = stock(home, model)
    instances = [Stored(asset="BTC-EUR"), Explicit(features=explicit(panel, -3))]
    with running() as client:
        for request in (*instances, Stored(asset="OLD-EUR", as_of="latest"), Batch(instances=instances)):
            body = request.model_dump(mode="json", exclude_unset=True)
            assert Trady2.instance.predict.local(request) == client.post(PREDICT, json=body).json()


def test_bodies_are_described_strictly() -> None:
    """What the document forbids, the described bodies forbid: other keys, other times, numbers that are none."""
    with pytest.raises(ValidationError, match="aset"):
        Stored.model_validate({"aset": "BTC-EUR", "asset": "BTC-EUR"})
    with pytest.raises(ValidationError, match="finite"):
        Explicit.model_validate({"features": {"rsi_14": float("inf")}})
