import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.schema import Answer, Answers
from service.service import Trady2
from tests.service.tiny_service import GOOD, JSON, PREDICT, last_open, refused, running, settle, stock
from tests.serving.tiny_version import explicit, store, tiny_panel
from trady2.data.panel import Panel
from trady2.learning.model import Model
from trady2.serving.prediction_log import PredictionLog


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Iterator[tuple[TestClient, Panel]]:
    """One service for all tests here, none of which changes its store."""
    with pytest.MonkeyPatch.context() as patch:
        panel, _ = stock(settle(tmp_path_factory.mktemp("front"), patch), model)
        with running() as client:
            yield client, panel


@pytest.fixture(scope="module")
def client(stocked: tuple[TestClient, Panel]) -> TestClient:
    """Its client."""
    return stocked[0]


@pytest.fixture(scope="module")
def panel(stocked: tuple[TestClient, Panel]) -> Panel:
    """Its fresh vectors."""
    return stocked[1]


def test_an_asset_is_answered_from_its_latest_vector(client: TestClient, panel: Panel, model: Model) -> None:
    """Over HTTP the probability has the bits of `Model.predict_probability`, and the answer is as documented."""
    response = client.post(PREDICT, json={"asset": "BTC-EUR"})
    answer = Answer.model_validate_json(response.content)
    assert response.status_code == 200
    assert answer.probability == model.predict_probability(panel)[-1]
    assert response.json()["decision_time"] == str(panel.decision_time[-1])[:19] + "Z"


def test_the_last_slash_does_not_count(client: TestClient) -> None:
    """Both spellings of a path answer, without a redirect that would lose the body."""
    answers = [client.post(path, json={"features": GOOD}, follow_redirects=False) for path in (PREDICT, PREDICT[:-1])]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert client.get("/api/v1/models").json() == client.get("/api/v1/models/").json()


def test_a_batch_is_its_singles(client: TestClient, panel: Panel) -> None:
    """Answers come in order, and each is the one that its instance gets alone."""
    instances = [{"features": explicit(panel, row)} for row in range(-10, 0)] + [{"asset": "BTC-EUR"}]
    response = client.post(PREDICT, json={"instances": instances})
    assert len(Answers.model_validate_json(response.content).predictions) == 11
    assert response.json()["predictions"] == [client.post(PREDICT, json=one).json() for one in instances]


def test_a_stale_vector_is_refused_with_the_way_out(client: TestClient) -> None:
    """409 names the age; `as_of: latest` takes the vector all the same."""
    message = refused(client.post(PREDICT, json={"asset": "OLD-EUR"}), 409, "stale_vector")
    assert "days ago" in message
    assert '"as_of": "latest"' in message
    assert client.post(PREDICT, json={"asset": "OLD-EUR", "as_of": "latest"}).status_code == 200


def test_an_unknown_asset_names_near_ones(client: TestClient) -> None:
    """404, and nothing about folders of the server."""
    message = refused(client.post(PREDICT, json={"asset": "BTC-EURO"}), 404, "unknown_asset")
    assert message.startswith("unknown asset 'BTC-EURO': near are BTC-EUR")
    assert "/" not in message


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        ({}, 422, "invalid_request", "neither asset, features nor bars"),
        ([], 422, "invalid_request", "is no request"),
        ("BTC-EUR", 422, "invalid_request", "'BTC-EUR' is no request"),
        ({"asset": 5}, 422, "invalid_asset", "asset = 5 is refused"),
        ({"asset": ""}, 422, "invalid_asset", "asset = '' is refused"),
        ({"asset": "\ud800"}, 422, "invalid_asset", r"asset = '\ud800' is refused"),
        ({"asset": "A\u0000B"}, 422, "invalid_asset", r"asset = 'A\x00B' is refused"),
        ({"asset": "x" * 101}, 422, "invalid_asset", "at most 100"),
        ({"aset": "BTC-EUR"}, 422, "unknown_key", "unknown key 'aset': did you mean 'asset'?"),
        ({"bars": []}, 422, "invalid_bars", "has to be a list of at least one bar"),
        ({"features": GOOD, "bars": [{}]}, 422, "invalid_request", "bars cannot stand beside features"),
        ({"bars": [{}]}, 422, "invalid_bars", "bars[0]: {} is no bar"),
        ({"asset": "BTC-EUR", "as_of": "2025-11-01T12:00:00"}, 422, "invalid_time", "has no time zone"),
        ({"asset": "BTC-EUR", "as_of": "yesterday"}, 422, "invalid_time", "'yesterday' is no time"),
        ({"asset": "BTC-EUR", "as_of": 1730462400}, 422, "invalid_time", "1730462400 is no time"),
        ({"asset": "BTC-EUR", "as_of": "0001-01-01T00:00:00+14:00"}, 422, "invalid_time", "outside the years"),
        ({"asset": "BTC-EUR", "as_of": "1990-01-01T00:00:00Z"}, 404, "no_vector", "no vector that was known"),
        ({"features": GOOD, "as_of": "latest"}, 422, "invalid_request", "cannot stand beside features"),
        ({"features": [1, 2]}, 422, "invalid_features", "has to be an object"),
        ({"features": {}}, 422, "missing_feature", "feature 'momentum_12' and 4 others of the 5"),
        ({"features": {**GOOD, "range": 1}}, 422, "unknown_feature", "unknown feature 'range'"),
        ({"features": {**GOOD, "volume_z": None}}, 422, "missing_value", "'volume_z' is null"),
        ({"features": {**GOOD, "volume_z": "1"}}, 422, "invalid_value", "'volume_z' = '1' is refused"),
        ({"features": {**GOOD, "volume_z": True}}, 422, "invalid_value", "'volume_z' = True is refused"),
        ({"features": {**GOOD, "volume_z": 1e300}}, 422, "invalid_value", "float32 can hold"),
        ({"features": {**GOOD, "volume_z": 10**400}}, 422, "invalid_value", "float32 can hold"),
        ({"instances": []}, 422, "invalid_request", "at least one request"),
        ({"instances": {"asset": "BTC-EUR"}}, 422, "invalid_request", "has to be a list"),
        ({"instances": [{"asset": "A"}], "asset": "B"}, 422, "invalid_request", "'asset' stands beside 'instances'"),
        ({"instances": [{"asset": "BTC-EUR"}] * 1001}, 422, "batch_too_large", "1001 instances"),
        ({"instances": [{"features": GOOD}, {"features": {}}]}, 422, "missing_feature", "instances[1]: feature"),
        ({"instances": [{"features": GOOD}, {"instances": []}]}, 422, "unknown_key", "instances[1]: unknown key"),
    ],
)
def test_bad_requests_are_refused_by_name(client: TestClient, body: Any, status: int, code: str, says: str) -> None:
    """Each fault has its code, and a message with the value and the way out."""
    assert says in refused(client.post(PREDICT, content=json.dumps(body), headers=JSON), status, code)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b'{"asset": "BTC-EUR"', b"\xff\xfe\xfd", b"{'asset': 1}", b'{"features": {"volume_z": NaN}}',
        b'{"features": {"volume_z": Infinity}}', b'{"asset": "A", "asset": "B"}', b"[" * 100_000, b"1" * 5_000,
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)  # fmt: skip
def test_what_is_no_json_is_refused(client: TestClient, body: bytes) -> None:
    """NaN, infinities, keys that stand twice and endless nesting are no JSON."""
    response = client.post(PREDICT, content=body, headers=JSON)
    assert "is no JSON" in refused(response, 400, "invalid_json")


def test_numbers_beyond_floats_are_refused(client: TestClient) -> None:
    """`1e999` parses as infinity, and is refused as a value."""
    body = json.dumps({"features": GOOD}).replace("0.5", "1e999", 1)
    response = client.post(PREDICT, content=body, headers=JSON)
    assert "'momentum_12' = inf is refused" in refused(response, 422, "invalid_value")


@pytest.mark.parametrize("kind", ["text/csv", "application/vnd.bentoml+pickle", "multipart/form-data", "", None])
def test_only_json_is_taken(client: TestClient, kind: str | None) -> None:
    """Other media types, pickles above all, are refused before the body is read."""
    headers = {} if kind is None else {"content-type": kind}
    response = client.post(PREDICT, content=b'{"asset": "BTC-EUR"}', headers=headers)
    assert "send JSON with 'application/json'" in refused(response, 415, "unsupported_media_type")


def test_parameters_of_the_media_type_do_not_count(client: TestClient) -> None:
    """`Application/JSON; charset=utf-8` is JSON."""
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.post(PREDICT, content=json.dumps({"features": GOOD}), headers=headers).status_code == 200


def test_a_large_body_is_refused(client: TestClient) -> None:
    """By its declared length, and by counting when none was declared."""
    declared = client.post(PREDICT, content=b" " * (5 << 20), headers=JSON)
    streamed = client.post(PREDICT, content=iter([b" " * (1 << 20)] * 5), headers=JSON)
    for response in (declared, streamed):
        assert "larger than 4 MiB" in refused(response, 413, "body_too_large")
        assert response.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/analytics/predict/", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/models/", 405, "method_not_allowed"),
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/predict", 404, "not_found"),
        ("GET", "/static_content/index.css", 404, "not_found"),
        ("GET", "//", 404, "not_found"),
    ],
)
def test_other_paths_and_methods_have_the_same_shape(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    """Nothing of BentoML's own pages and errors shows."""
    response = client.request(method, f"http://127.0.0.1{path}")
    refused(response, status, code)
    assert (response.headers.get("allow") is not None) == (status == 405)


def test_an_unforeseen_fault_tells_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """500 with generic words; the log has the traceback under the same request id."""

    def explode(*_: object) -> None:
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr("trady2.serving.predictor.answers", explode)
    with caplog.at_level(logging.ERROR):
        response = client.post(PREDICT, json={"features": GOOD}, headers={"x-request-id": "mine-1"})
    assert "1234" not in refused(response, 500, "internal")
    assert response.headers["x-request-id"] == "mine-1"
    assert "request mine-1 failed inside" in caplog.text
    assert "the password is 1234" in caplog.text


def test_a_request_id_is_taken_over_only_when_decent(client: TestClient) -> None:
    """A client's id comes back; one that could break a log line is replaced."""
    given = client.get("/livez", headers={"x-request-id": "abc-123.4_5"}).headers["x-request-id"]
    replaced = client.get("/livez", headers={"x-request-id": "a b\tc"}).headers["x-request-id"]
    assert given == "abc-123.4_5"
    assert len(replaced) == 16


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    """What the page at / names is its own, and its policy forbids the rest."""
    response = client.get("/")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';")
    assert "://" not in response.text
    assert "style=" not in response.text


def test_a_head_request_gets_the_headers_alone(client: TestClient) -> None:
    """Probes may use HEAD."""
    response = client.head("/livez")
    assert (response.status_code, response.content) == (200, b"")


def test_web_sockets_are_closed(client: TestClient) -> None:
    """There is nothing to talk to."""
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect, match=r"^$"), client.websocket_connect("/"):
        pass


def test_an_answer_says_that_it_is_logged(
    stocked: tuple[TestClient, Panel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every prediction is in the log under its request id before its answer is out; refusals are not; `off` is off."""
    client, log = stocked[0], PredictionLog(tmp_path)
    monkeypatch.setattr(Trady2.instance, "log", log)
    sent = {"instances": [{"features": GOOD}, {"asset": "BTC-EUR"}]}
    response = client.post(PREDICT, json=sent, headers={"x-request-id": "mine-2"})
    assert response.headers["x-prediction-logged"] == "true"
    (file,) = tmp_path.iterdir()
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [line["probability"] for line in lines] == [one["probability"] for one in response.json()["predictions"]]
    assert [line["request_id"] for line in lines] == ["mine-2"] * 2
    assert "x-prediction-logged" not in client.post(PREDICT, json={"features": {}}).headers
    monkeypatch.setattr(log, "_open", lambda _: os.open("/dev/full", os.O_WRONLY))
    assert client.post(PREDICT, json={"features": GOOD}).headers["x-prediction-logged"] == "false"
    monkeypatch.setattr(Trady2.instance, "log", None)
    assert "x-prediction-logged" not in client.post(PREDICT, json={"features": GOOD}).headers


def test_features_outside_the_range_of_training_give_no_signal(client: TestClient) -> None:
    """The same guard for explicit features and a stored vector, alone and in a batch: a probability, and no signal."""
    far = tiny_panel("FAR-EUR", last_open=last_open())
    far.features[-1, 0] = 1e6
    store(Path(os.environ["TRADY2_VECTORS"]), far)
    requests = [{"features": {**GOOD, "momentum_12": 1e6}}, {"asset": "FAR-EUR"}]
    alone = [client.post(PREDICT, json=request).json() for request in requests]
    for answer in [*alone, *client.post(PREDICT, json={"instances": requests}).json()["predictions"]]:
        assert (answer["signal"], answer["reason"]) == (False, "outside_training_range")
        assert answer["reason_features"] == ["momentum_12"]
        assert answer["probability"] is not None
