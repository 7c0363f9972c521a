from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.admin.schema import Decided, EventList
from service.api_keys import new_key
from tests.service.bento_process import until
from tests.service.tiny_service import GOOD, JSON, PREDICT, refused, running, settle, stock
from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.registry.ledger import Ledger
from trady2.registry.version import Version

MODELS = "/api/v1/models/trady2/"


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Iterator[tuple[TestClient, Version]]:
    """A client and the one version, which is active; for tests that change nothing."""
    with pytest.MonkeyPatch.context() as patch:
        _, version = stock(settle(tmp_path_factory.mktemp("admin"), patch), model)
        with running() as client:
            yield client, version


def path_of(version: Version, verb: str) -> str:
    """Return the path that does *verb* with a version."""
    return f"{MODELS}{version.version}/{verb}"


def decided(response: Any) -> Decided:
    """Check that *response* is a decision that was made."""
    assert response.status_code == 200, response.text
    return Decided.model_validate_json(response.content)


def test_activate_and_roll_back(home: Path, model: Model) -> None:
    """Both answer as the command line does, wait for the workers when asked to, and are in the ledger."""
    _, first = stock(home, model)
    second = publish_tiny(tiny_model(seed=2), "1.1.0")
    with running() as client:
        sent = {"reason": " beats the last one\n", "wait": True}
        now = decided(client.post(path_of(second, "activate"), json=sent))
        assert (now.name, now.version, now.sha256, now.workers) == ("trady2", second.version, second.sha256, 1)
        assert client.post(PREDICT, json={"features": GOOD}).json()["version"] == second.version
        back = decided(client.post(MODELS + "rollback", json={"reason": "drift", "wait": True}))
        assert (back.version, back.workers) == (first.version, 1)
        assert client.post(PREDICT, json={"features": GOOD}).json()["version"] == first.version
    told = [(event.kind, event.reason, event.actor) for event in Ledger().events(kinds=["activated", "rolled_back"])]
    who = "loopback, without a key"
    assert told[1:] == [("activated", "beats the last one", who), ("rolled_back", "drift", who)]


def test_the_actor_is_the_fingerprint_of_the_key(home: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger names the key by the beginning of its hash; a key for predictions decides nothing, but reads."""
    _, version = stock(home, model)
    (admin, admin_entry), (reader, reader_entry) = new_key("admin"), new_key("predict")
    monkeypatch.setenv("TRADY2_API_KEYS", f"{admin_entry} {reader_entry}")
    with running() as client:
        path, sent = path_of(version, "activate"), {"reason": "again"}
        refused(client.post(path, json=sent), 401, "unauthorized")
        refused(client.post(path, json=sent, headers={"x-api-key": reader}), 403, "forbidden")
        assert client.get(MODELS + "events", headers={"x-api-key": reader}).status_code == 200
        decided(client.post(path, json=sent, headers={"authorization": f"Bearer {admin}"}))
    last = Ledger().events(kinds=["activated"])[-1]
    assert last.actor == f"key {admin_entry.partition(':')[2][:12]}"
    assert admin not in json.dumps(last.payload)


def test_a_failed_audit_needs_force(home: Path, model: Model) -> None:
    """409 without force; with it the version is active, and the ledger says that it was forced and the verdict."""
    stock(home, model)
    leaking = publish_tiny(tiny_model(seed=3), "3.0.0", leak_certificate={"passed": False})
    with running() as client:
        path = path_of(leaking, "activate")
        assert "leak audit" in refused(client.post(path, json={"reason": "I know"}), 409, "refused")
        assert decided(client.post(path, json={"reason": "I know", "force": True})).version == leaking.version
    payload = Ledger().events(kinds=["activated"])[-1].payload
    assert (payload["force"], payload["verdict"]) == (True, "unproven")


def test_a_report_comes_with_a_policy_of_its_own(home: Path, model: Model) -> None:
    """It is the file of the version, checked, in a sandbox; a version without one says so."""
    _, plain = stock(home, model)
    reported = publish_tiny(model, "1.2.0", reports={"report.html": b"<!doctype html><p>r</p>"})
    with running() as client:
        response = client.get(path_of(reported, "report"))
        assert (response.status_code, response.content) == (200, b"<!doctype html><p>r</p>")
        policy = response.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts allow-downloads; default-src 'none'")
        assert "has no report.html" in refused(client.get(path_of(plain, "report")), 404, "no_file")
        file = reported.path / "report.html"
        file.unlink()
        file.write_bytes(b"<!doctype html><p>R</p>")
        file.chmod(0o444)
        assert "SHA-256" in refused(client.get(path_of(reported, "report")), 503, "model_refused")


def test_a_tampered_version_is_never_activated(home: Path, model: Model) -> None:
    """409 by name and reason, even with force; the one before answers on."""
    _, good = stock(home, model)
    bad = publish_tiny(tiny_model(seed=2), "2.0.0")
    file = bad.path / "model.txt"
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content.replace(b"leaf_value=", b"leaf_value =", 1))
    file.chmod(0o444)
    with running() as client:
        sent = {"reason": "so", "force": True, "wait": True}
        assert "model.txt" in refused(client.post(path_of(bad, "activate"), json=sent), 409, "model_refused")
        assert client.get("/readyz").json()["version"] == good.version


def test_without_workers_to_follow_the_answer_says_so(
    home: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version is active, but nobody says that it answers: 409 `workers_behind` after the patience."""
    stock(home, model)
    other = publish_tiny(tiny_model(seed=2), "1.1.0")
    monkeypatch.setattr("service.admin.decisions._PATIENCE_SECONDS", 0.2)
    with running() as client:
        monkeypatch.setenv("TRADY2_HOME", str(home / "elsewhere"))
        response = client.post(path_of(other, "activate"), json={"reason": "so", "wait": True})
        assert "no worker of the service is seen" in refused(response, 409, "workers_behind")
        until(lambda: client.get("/readyz").json()["version"] == other.version)


def test_activation_under_its_own_name_only(home: Path, model: Model) -> None:
    """A second model name is switched without touching the first."""
    stock(home, model)
    other = publish_tiny(model, name="other")
    activate("other", other.version, reason="a test", actor="tester")
    newer = publish_tiny(tiny_model(seed=2), "1.1.0", name="other")
    with running() as client:
        now = decided(client.post(f"/api/v1/models/other/{newer.version}/activate", json={"reason": "so"}))
        assert (now.name, now.version) == ("other", newer.version)
        assert client.get("/readyz").json()["model"] == "trady2"


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ({}, "invalid_request", "reason: Field required"),
        ({"reason": ""}, "invalid_request", "reason: "),
        ({"reason": " \n\t "}, "invalid_reason", "0 characters"),
        ({"reason": "x" * 501}, "invalid_request", "at most 500"),
        ({"reason": 5}, "invalid_request", "reason: "),
        ({"reason": "so", "force": "yes"}, "invalid_request", "force: "),
        ({"reason": "so", "version": "1.0.0"}, "unknown_key", "it takes reason, force, wait"),
        ([], "invalid_request", "the body: "),
    ],
)
def test_bad_decisions_are_refused(stocked: tuple[TestClient, Version], body: Any, code: str, says: str) -> None:
    """A reason is needed, and nothing that is not understood is passed over."""
    client, version = stocked
    response = client.post(path_of(version, "activate"), content=json.dumps(body), headers=JSON)
    assert says in refused(response, 422, code)


@pytest.mark.parametrize("verb", ["activate", "manifest", "report"])
@pytest.mark.parametrize(
    ("name", "version", "code"),
    [
        ("trady2", "1.0.0", "not_found"),
        ("trady2", "active", "not_found"),
        ("trady2", "latest", "not_found"),
        ("trady2", "..%2F..%2Fledger.db", "not_found"),
        ("trady2", "1.0.0+20251101_120000%0A", "not_found"),
        ("other", "1.0.0+20251101_120000", "unknown_model"),
        ("..", "1.0.0+20251101_120000", "unknown_model"),
        ("..%2Faliases%2Ftrady2", "1.0.0+20251101_120000", "unknown_model"),
        ("trady2%00", "1.0.0+20251101_120000", "unknown_model"),
    ],
)
def test_names_from_outside_touch_no_path(
    stocked: tuple[TestClient, Version], name: str, version: str, verb: str, code: str
) -> None:
    """Only a whole version of a known name leads anywhere; a beginning, an alias and a path do not."""
    client, _ = stocked
    url = f"http://127.0.0.1/api/v1/models/{name}/{version}/{verb}"
    scope_path = client.post(url, json={"reason": "so"}) if verb == "activate" else client.get(url)
    refused(scope_path, 404, "not_found" if name == ".." else code)


def test_either_spelling_names_a_version(stocked: tuple[TestClient, Version]) -> None:
    """+ and - are the same version, and the manifest is the one that was published."""
    client, version = stocked
    answers = [client.get(f"{MODELS}{spelt}/manifest") for spelt in (version.version, version.folder)]
    assert [answer.json() for answer in answers] == [version.manifest] * 2


def test_nothing_before_means_nothing_to_roll_back_to(stocked: tuple[TestClient, Version]) -> None:
    """404 with the way out."""
    response = stocked[0].post(MODELS + "rollback", json={"reason": "so"})
    assert "nothing to roll back to" in refused(response, 404, "not_found")


def test_events_are_those_of_the_ledger(stocked: tuple[TestClient, Version]) -> None:
    """Newest first, each as the ledger holds it."""
    response = stocked[0].get(MODELS + "events")
    listed = EventList.model_validate_json(response.content).events
    known = Ledger().events(name="trady2", kinds=["trained", "activated"])
    assert [(event.number, event.at, event.payload) for event in listed] == [
        (event.number, event.at, event.payload) for event in reversed(known)
    ]
