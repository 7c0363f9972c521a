from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.api_keys import new_key
from tests.service.bento_process import until
from tests.service.tiny_service import refused, running, settle, stock
from tests.serving.tiny_version import publish_tiny, store, tiny_model, tiny_panel
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.registry.ledger import Ledger
from trady2.registry.version import Version

HERE = {"origin": "http://127.0.0.1"}
EVIL = "<script>alert(1)</script>\"'&"
REPORT = b"<!doctype html><title>r</title><script>document.title = 1</script>"


def token_in(response: Any) -> str:
    """Return the token of the form in a page."""
    found = re.search(r'name="token" value="([0-9a-f]{64})"', response.text)
    assert found is not None, response.text
    return found[1]


def form_of(response: Any, **fields: str) -> dict[str, str]:
    """Return the hidden fields of the last form in a page, with *fields* as a person fills them in."""
    form = response.text.rpartition("<form")[2]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    return {name: value.replace("&#43;", "+") for name, value in hidden.items()} | fields


def test_a_decision_is_shown_then_made(home: Path, model: Model) -> None:
    """The form shows verdict and change, asks for a reason, and leads back to the overview, which tells of it."""
    _, first = stock(home, model)
    second = publish_tiny(tiny_model(seed=2), "1.1.0")
    with running() as client:
        path = f"/models/trady2/{second.version}/activate"
        page = client.get(path)
        assert f'Then: <span class="version">1.1.0+<wbr>{second.version[6:]}' in page.text
        assert "unproven" in page.text
        empty = client.post(path, data=form_of(page, reason=" "), headers=HERE)
        assert (empty.status_code, "the reason has 0 characters" in empty.text) == (422, True)
        done = client.post(path, data=form_of(page, reason="it is better"), headers=HERE)
        assert (done.status_code, done.url.path) == (200, "/")
        assert "Activated by loopback, without a key: it is better" in done.text
        page = client.get("/models/trady2/rollback")
        done = client.post("/models/trady2/rollback", data=form_of(page, reason="drift"), headers=HERE)
        assert f"{first.version} is active again" in done.text
    told = [(event.version, event.reason) for event in Ledger().events(kinds=["activated", "rolled_back"])][1:]
    assert told == [(second.version, "it is better"), (first.version, "drift")]


def test_a_decision_on_what_is_no_longer_so_is_not_made(home: Path, model: Model) -> None:
    """Somebody else activated another version while the form was open: it is shown again, and nothing is done."""
    stock(home, model)
    second, third = publish_tiny(tiny_model(seed=2), "1.1.0"), publish_tiny(tiny_model(seed=3), "1.2.0")
    with running() as client:
        path = f"/models/trady2/{second.version}/activate"
        form = form_of(client.get(path), reason="so")
        activate("trady2", third.version, reason="quicker", actor="bob")
        late = client.post(path, data=form, headers=HERE)
        assert (late.status_code, f"meanwhile {third.version} became active" in late.text) == (409, True)
        assert Ledger().events(kinds=["activated"])[-1].version == third.version


def test_force_is_offered_only_where_the_audit_failed(home: Path, model: Model) -> None:
    """Without the tick it is refused; a tick that the form does not offer changes nothing for a sound version."""
    _, sound = stock(home, model)
    finding = {"check": "A2", "column": "momentum_12", "detail": "it looks ahead"}
    leaking = publish_tiny(
        tiny_model(seed=2), "2.0.0", leak_certificate={"passed": False, "findings": [finding], "warnings": []}
    )
    with running() as client:
        assert 'id="force"' not in client.get(f"/models/trady2/{sound.version}/activate").text
        path = f"/models/trady2/{leaking.version}/activate"
        page = client.get(path)
        assert 'id="force"' in page.text
        assert "A2 momentum_12: it looks ahead" in page.text
        without = client.post(path, data=form_of(page, reason="so"), headers=HERE)
        assert (without.status_code, "failed its leak audit" in without.text) == (409, True)
        done = client.post(path, data=form_of(page, reason="so", force="yes"), headers=HERE)
        assert f"{leaking.version} is active" in done.text


def test_a_version_that_cannot_be_trusted_is_shown_and_refused(home: Path, model: Model) -> None:
    """It stands in the list with its reason and without figures, and a form for it changes nothing."""
    _, good = stock(home, model)
    bad = publish_tiny(tiny_model(seed=2), "2.0.0")
    (bad.path / "manifest.json").unlink()
    with running() as client:
        listed = client.get("/").text
        assert "manifest.json is missing" in listed
        assert f"/{bad.version}/activate" not in listed
        page = client.get(f"/models/trady2/{bad.version}/activate")
        assert "This version cannot be trusted" in page.text
        tried = client.post(
            f"/models/trady2/{bad.version}/activate", data=form_of(page, reason="so", force="yes"), headers=HERE
        )
        assert tried.status_code == 409
        assert client.get("/readyz").json()["version"] == good.version


def test_nothing_breaks_out_of_the_page(home: Path, model: Model) -> None:
    """Names, reasons and texts with markup in them are shown as text, wherever they come from."""
    stock(home, model)
    told = {"verdict": {"label": EVIL, "text": EVIL, "criteria": [{"name": EVIL, "text": EVIL, "passed": False}]}}
    evil = publish_tiny(tiny_model(seed=2), "1.1.0", data={"assets": [EVIL]}, run=EVIL, **told)
    activate("trady2", evil.version, reason=EVIL, actor=EVIL)
    store(home / "vectors", tiny_panel("<b>&'\""))
    with running() as client:
        paths = ["/", f"/models/trady2/{evil.version}/manifest", f"/models/trady2/{evil.version}/activate"]
        paths += ["/?asset=%3Cscript%3Ealert(1)&model=%3Cscript%3Ealert(1)", "/models/%3Cscript%3Ealert(1)/rollback"]
        for path in paths:
            text = client.get(path).text
            assert "&lt;" in text
            assert "<script>" not in text
            assert "<b>&'" not in text


@pytest.mark.usefixtures("home")
def test_many_versions_come_in_pages(model: Model) -> None:
    """Twenty at a time, newest first; a page that is not there is the last one."""
    versions = [publish_tiny(model, f"1.0.{number}").version for number in range(23)][::-1]
    with running() as client:
        shown = [re.findall(r"(1\.0\.\d+)\+<wbr>", client.get(f"/?page={page}").text) for page in ("1", "2", "99", "x")]
    semvers = [version.partition("+")[0] for version in versions]
    assert shown == [semvers[:20], semvers[20:], semvers[20:], semvers[:20]]


@pytest.mark.usefixtures("home")
def test_an_empty_store_says_what_to_do() -> None:
    """Without versions and vectors the page names the commands that make them."""
    with running() as client:
        text = client.get("/").text
    assert "trady2 train --config" in text
    assert "trady2 features build --config" in text
    assert "Every prediction gets 503" in text


def test_a_foreign_name_for_loopback_gets_nothing(home: Path, model: Model) -> None:
    """Without keys, a page that had its own name lead to loopback is refused by the page and the API alike."""
    _, version = stock(home, model)
    path = f"/api/v1/models/trady2/{version.version}/activate"
    with running() as client:
        for name in ("localhost", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST:80"):
            assert client.get("/", headers={"host": name}).status_code == 200
        for host in ("evil.example", "evil.example:3000", "127.0.0.1.evil.example", "[::2]", "0.0.0.0"):  # noqa: S104 - a name
            assert client.get("/", headers={"host": host}).status_code == 403
            refused(client.get("/api/v1/models/", headers={"host": host}), 403, "no_api_keys")
            refused(client.post(path, json={"reason": "so"}, headers={"host": host}), 403, "no_api_keys")


@pytest.fixture(scope="module")
def keys() -> dict[str, tuple[str, str]]:
    """A key and its entry for each scope."""
    return {"admin": new_key("admin"), "predict": new_key("predict")}


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, tuple[str, str]]) -> Path:
    """The file of both entries."""
    file = tmp_path_factory.mktemp("keys") / "keys"
    file.write_text("\n".join(entry for _, entry in keys.values()), "utf-8")
    return file


@pytest.fixture(scope="module")
def guarded(
    tmp_path_factory: pytest.TempPathFactory, listing: Path, model: Model
) -> Iterator[tuple[TestClient, Version]]:
    """A client that nobody has signed in with, and a version that is not active."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADY2_API_KEYS_FILE", str(listing))
        stock(settle(tmp_path_factory.mktemp("page"), patch), model)
        version = publish_tiny(tiny_model(seed=2), "1.1.0", reports={"report.html": REPORT})
        with running() as client:
            yield client, version


@pytest.fixture
def client(guarded: tuple[TestClient, Version]) -> TestClient:
    """Its client, with no cookie."""
    guarded[0].cookies.clear()
    return guarded[0]


def sign_in(client: TestClient, key: str) -> Any:
    """Send the form of the sign-in page."""
    form = {"token": token_in(client.get("/")), "key": key}
    return client.post("/login", data=form, headers=HERE, follow_redirects=False)


def test_without_a_session_there_is_only_the_form(client: TestClient, guarded: tuple[TestClient, Version]) -> None:
    """Nothing of the store shows, on no path of the page."""
    version = guarded[1]
    paths = ["/live.json", "/models/trady2/rollback"]
    verbs = ("activate", "manifest", "manifest.json", "report")
    paths += [f"/models/trady2/{version.version}/{verb}" for verb in verbs]
    for path, status in [("/", 200), *((path, 401) for path in paths)]:
        response = client.get(path)
        assert (response.status_code, "<h1>Sign in</h1>" in response.text) == (status, True)
        assert version.semver not in response.text
        assert "set-cookie" in client.get(path).headers or "trady2_session" in client.cookies


def test_a_key_signs_in_and_out(client: TestClient, keys: dict[str, tuple[str, str]]) -> None:
    """The cookie holds no key; after signing out it is gone."""
    key, entry = keys["admin"]
    response = sign_in(client, key)
    assert (response.status_code, response.headers["location"]) == (303, "./")
    cookie = response.headers["set-cookie"]
    assert entry.partition(":")[2][:12] in cookie
    assert key not in cookie
    assert "HttpOnly; SameSite=Strict" in cookie
    page = client.get("/")
    assert "Sign out" in page.text
    client.post("/logout", data={"token": token_in(page)}, headers=HERE)
    assert "<h1>Sign in</h1>" in client.get("/").text


def test_a_wrong_key_waits_and_gets_nothing(client: TestClient, keys: dict[str, tuple[str, str]]) -> None:
    """401 and the form again, with a word on it; the entry of a key is no key."""
    for wrong in ("", "wrong", "é" * 50, keys["admin"][1].partition(":")[2]):
        response = sign_in(client, wrong)
        assert (response.status_code, 'role="alert"' in response.text) == (401, True)
        assert response.elapsed.total_seconds() >= 0.4
        assert "set-cookie" not in response.headers


def test_a_key_for_predictions_may_look_alone(
    client: TestClient, guarded: tuple[TestClient, Version], keys: dict[str, tuple[str, str]]
) -> None:
    """It sees versions, report and manifest, no button, and 403 where it would decide."""
    version = guarded[1].version
    sign_in(client, keys["predict"][0])
    page = client.get("/").text
    assert "may look only" in page
    assert "/activate" not in page
    assert client.get(f"/models/trady2/{version}/manifest.json").json() == guarded[1].manifest
    path = f"/models/trady2/{version}/activate"
    assert client.get(path).status_code == 403
    form = {"token": token_in(client.get("/")), "reason": "so", "version": version, "active": ""}
    assert client.post(path, data=form, headers=HERE).status_code == 403


def test_a_report_runs_in_a_sandbox(
    client: TestClient, guarded: tuple[TestClient, Version], keys: dict[str, tuple[str, str]]
) -> None:
    """What it brings along may run, but neither ask the service nor see the session."""
    sign_in(client, keys["predict"][0])
    response = client.get(f"/models/trady2/{guarded[1].version}/report")
    assert response.content == REPORT
    assert response.headers["content-security-policy"].startswith("sandbox allow-scripts allow-downloads;")


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"token": ""}, HERE),
        ({"token": "0" * 64}, HERE),
        ({}, {"origin": "http://evil.example"}),
        ({}, {"origin": "null"}),
        ({}, {}),
        ({}, {**HERE, "sec-fetch-site": "cross-site"}),
    ],
)
def test_a_form_of_another_site_decides_nothing(
    client: TestClient,
    guarded: tuple[TestClient, Version],
    keys: dict[str, tuple[str, str]],
    change: dict[str, str],
    headers: dict[str, str],
) -> None:
    """Without the token of this session, or from elsewhere: 403, and nothing has happened."""
    sign_in(client, keys["admin"][0])
    path = f"/models/trady2/{guarded[1].version}/activate"
    form = form_of(client.get(path), reason="so") | change
    response = client.post(path, data=form, headers=headers)
    assert (response.status_code, "this form" in response.text) == (403, True)
    assert len(Ledger().events(kinds=["activated"])) == 1


def test_a_removed_key_ends_its_session(client: TestClient, keys: dict[str, tuple[str, str]], listing: Path) -> None:
    """The cookie is worth nothing within a second after the entry is no longer listed."""
    sign_in(client, keys["admin"][0])
    assert "Sign out" in client.get("/").text
    whole = listing.read_text("utf-8")
    listing.write_text(keys["predict"][1], "utf-8")
    try:
        until(lambda: "<h1>Sign in</h1>" in client.get("/").text, seconds=5)
    finally:
        listing.write_text(whole, "utf-8")
    until(lambda: sign_in(client, keys["admin"][0]).status_code == 303, seconds=10)


def test_the_cookie_is_secure_over_https(client: TestClient, keys: dict[str, tuple[str, str]]) -> None:
    """Behind a proxy that speaks HTTPS too."""
    form = {"token": token_in(client.get("/")), "key": keys["admin"][0]}
    headers = {**HERE, "x-forwarded-proto": "https"}
    response = client.post("/login", data=form, headers=headers, follow_redirects=False)
    assert response.headers["set-cookie"].endswith("; Secure")


def test_style_and_script_are_ours(client: TestClient) -> None:
    """They are open to everybody, and name no other host."""
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        response = client.get(f"/{name}")
        assert response.headers["content-type"].startswith(kind)
        assert "://" not in response.text.replace("http://www.w3.org/2000/svg", "")


def test_the_live_panel_comes_as_json(client: TestClient, keys: dict[str, tuple[str, str]]) -> None:
    """It says what a prediction says, marks what is stale, and is not written into the prediction log."""
    sign_in(client, keys["predict"][0])
    shown = client.get("/live.json").json()["live"]
    asked = client.post(
        "/api/v1/analytics/predict/", json={"asset": "BTC-EUR"}, headers={"x-api-key": keys["predict"][0]}
    ).json()
    rows = {row["asset"]: row for row in shown["rows"]}
    assert list(rows) == ["BTC-EUR", "OLD-EUR"]
    assert rows["BTC-EUR"]["probability"] == f"{asked['probability'] * 100:.1f}\u202f%"
    assert rows["BTC-EUR"]["decided"] == asked["decision_time"]
    assert (rows["BTC-EUR"]["stale"], rows["OLD-EUR"]["stale"], rows["OLD-EUR"]["outcome"]) == (
        False, True, "refused as stale",
    )  # fmt: skip
    assert [row["asset"] for row in client.get("/live.json?asset=old").json()["live"]["rows"]] == ["OLD-EUR"]
