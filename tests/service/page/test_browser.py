"""The page in a real browser, served by a real `bentoml serve` with two workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from service.api_keys import new_key
from tests.service.bento_process import ROOT, Served, serving, until
from tests.service.tiny_service import settle, stock
from tests.serving.tiny_version import publish_tiny, store, tiny_model
from trady2.learning.model import Model
from trady2.registry import alias
from trady2.registry.activation import activate
from trady2.registry.ledger import Ledger
from trady2.registry.version import Version

pytestmark = pytest.mark.browser
CHECKS = (Path(__file__).parent / "page_checks.js").read_text("utf-8")
SCREENS = {"wide": (1280, 900), "phone": (360, 740)}
_REFUSAL = "the server responded with a status of 4"
KEY, ENTRY = new_key("admin")
REPORT = b"""<!doctype html><title>waiting</title><p>A report</p><script>
let told = self.origin; try { document.cookie; told += " cookie"; } catch { told += " shut"; } document.title = told;
</script>"""
TOLD = {
    "backtest": {"total_return": 0.28731, "buy_and_hold_return": -0.2185, "n_trades": 1284, "max_drawdown": -0.0577},
    "target": {"horizon_steps": 12, "return_threshold": 0.015},
    "data": {"assets": ["BTC-EUR", "ETH-EUR"]},
    "leak_certificate": {"passed": True, "level": "full", "findings": [], "warnings": []},
    "zones": [{"zone": "test", "start": "2023-02-01T00:00:00Z", "end": "2023-03-01T00:00:00Z", "rows": 600}],
    "scorecard": {"direction_auc": 0.603, "intervals": {"direction_auc": {"low": 0.545, "high": 0.659}}},
    "verdict": {
        "label": "no edge",
        "text": "What it earned is what luck earns.",
        "criteria": [
            {"name": "net return", "passed": True, "text": "After costs the trades earned money."},
            {"name": "deflated Sharpe ratio of the excess", "value": 0.71, "passed": False, "text": "Many were tried."},
        ],
    },
}
AUDIT = {"passed": False, "findings": [{"check": "A2", "column": "range_24", "detail": "it looks ahead"}]}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Iterator[SimpleNamespace]:
    """A store with four versions of which the first is active: .first, .second, .leaking, .bad, .panel, .folder."""
    with pytest.MonkeyPatch.context() as patch:
        folder = settle(tmp_path_factory.mktemp("browser"), patch)
        panel, first = stock(folder, model)
        second = publish_tiny(tiny_model(seed=2), "1.1.0", reports={"report.html": REPORT}, **TOLD)
        leaking = publish_tiny(tiny_model(seed=3), "1.2.0", leak_certificate=AUDIT)
        bad = publish_tiny(tiny_model(seed=4), "1.3.0")
        yield SimpleNamespace(first=first, second=second, leaking=leaking, bad=bad, panel=panel, folder=folder)


@pytest.fixture(scope="module")
def served(place: SimpleNamespace) -> Iterator[Served]:
    """The service, which asks for keys."""
    environment = {"PYTHONPATH": str(ROOT), "TRADY2_WORKERS": "2", "TRADY2_API_KEYS": ENTRY}
    with serving(cwd=ROOT, log=place.folder / "serve.log", environment=environment) as running:
        yield running


@pytest.fixture
def opened(browser: Any, served: Served, place: SimpleNamespace) -> Iterator[Any]:
    """Open pages: ``opened(screen, scheme="light", javascript=True)``.

    What the browser complains about, a request to another host and a part that is missing fail the test; that a page
    itself is a refusal is no complaint.
    """
    activate("trady2", place.first.version, reason="begin", actor="tester")
    complaints: list[str] = []
    contexts = []

    def open_one(screen: str, *, scheme: str = "light", javascript: bool = True) -> Any:
        width, height = SCREENS[screen]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=javascript,
            base_url=served.client.url,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _REFUSAL in message.text or complaints.append(message.text))
        page.on("response", lambda one: one.request.is_navigation_request() or one.ok or complaints.append(one.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(served.client.url) or complaints.append(request.url))
        page.goto("/")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def signed_in(page: Any) -> Any:
    """Sign in by keyboard: the field has the focus already."""
    page.wait_for_function("document.activeElement.id === 'key'")
    page.keyboard.type(KEY)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.inner_text("main h1") == "Model trady2"
    return page


def tab_to(page: Any, name: str) -> None:
    """Press Tab until what has the focus is called *name*; it has to be seen that it has it."""
    look = """() => {
      const one = document.activeElement, name = (one.labels?.[0] ?? one).textContent;
      return [name.replace(/\\s+/g, " ").trim(), getComputedStyle(one).outlineStyle];
    }"""
    for _ in range(120):
        page.keyboard.press("Tab")
        found, outline = page.evaluate(look)
        if found.startswith(name):
            assert outline == "solid"
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


def path_of(version: Version, verb: str) -> str:
    """Return the page that does *verb*."""
    return f"/models/trady2/{version.version}/{verb}"


def test_a_version_is_activated_and_rolled_back_by_keyboard_alone(opened: Any, place: SimpleNamespace) -> None:
    """Sign in, activate, go back: with Tab, Enter and letters."""
    page = signed_in(opened("wide"))
    tab_to(page, f"Activate {place.second.version}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#reason")
    tab_to(page, "Reason")
    page.keyboard.type("beats the last one")
    tab_to(page, "Activate")
    page.keyboard.press("Enter")
    page.wait_for_selector("#versions")
    assert page.inner_text(".alert h2") == f"{place.second.version} is active"
    assert "2 of 2 workers answer with it" in page.inner_text(".state")
    tab_to(page, "Roll back")
    page.keyboard.press("Enter")
    page.wait_for_selector("#reason")
    tab_to(page, "Reason")
    page.keyboard.type("drift")
    tab_to(page, "Roll back")
    page.keyboard.press("Enter")
    page.wait_for_selector("#versions")
    assert page.inner_text(".alert h2") == f"{place.first.version} is active again"
    told = [(event.kind, event.reason, event.actor) for event in Ledger().events(kinds=["activated", "rolled_back"])]
    actor = f"key {ENTRY.partition(':')[2][:12]}"
    assert told[-2:] == [("activated", "beats the last one", actor), ("rolled_back", "drift", actor)]


def test_a_reason_that_says_nothing_is_refused(opened: Any, place: SimpleNamespace) -> None:
    """An empty one by the browser, blanks by the service, which says so aloud and keeps the form."""
    page = signed_in(opened("wide"))
    page.goto(path_of(place.second, "activate"))
    page.click(".decide button")
    assert page.evaluate("document.querySelector('#reason').validity.valueMissing")
    page.fill("#reason", "   ")
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.click(".decide button")
    assert answer.value.status == 422
    assert "say in 1 to 500 why" in page.inner_text("[role=alert]")
    assert page.get_attribute("#reason", "aria-describedby") == "wrong"
    assert Ledger().events(kinds=["activated"])[-1].version == place.first.version


def test_a_failed_audit_asks_for_more(opened: Any, place: SimpleNamespace) -> None:
    """The warning stands first, and without the tick nothing is activated."""
    page = signed_in(opened("phone"))
    page.goto(path_of(place.leaking, "activate"))
    assert "Its leak audit failed" in page.inner_text(".alert")
    page.fill("#reason", "I know better")
    page.click(".decide button")
    assert "failed its leak audit" in page.inner_text(".wrong")
    page.check("#force")
    page.click(".decide button")
    page.wait_for_selector("#versions")
    assert Ledger().events(kinds=["activated"])[-1].payload["force"] is True


def test_the_live_panel_follows_the_vectors(opened: Any, place: SimpleNamespace) -> None:
    """A new price and a new probability appear without loading the page again, in the cells that have changed."""
    page = signed_in(opened("wide"))
    price = "[data-asset='BTC-EUR'] [data-cell=price]"
    probability = "[data-asset='BTC-EUR'] [data-cell=probability]"
    assert page.inner_text(price) == "100.00"
    before = page.inner_text(probability)
    features = place.panel.features.copy()
    features[-1] = -features[-1]
    closes = np.full(len(place.panel), 123.45)
    store(place.folder / "vectors", replace(place.panel, close=closes, features=features))
    page.wait_for_function(f"""() => document.querySelector("{price}").textContent === "123.45" """, timeout=15_000)
    assert page.inner_text(probability) != before
    assert page.locator("#live-summary").get_attribute("aria-live") == "polite"
    assert page.locator("#news").is_hidden()
    activate("trady2", place.second.version, reason="somebody else", actor="bob")
    page.wait_for_selector("#news", state="visible", timeout=15_000)


def test_everything_works_without_scripts(opened: Any, place: SimpleNamespace) -> None:
    """Sign in, look, search, activate, sign out."""
    page = opened("wide", javascript=False)
    page.fill("#key", KEY)
    page.click("main button")
    assert page.inner_text("[data-asset='BTC-EUR'] [data-cell=threshold]") == "0.500"
    page.click(f"a[href$='{place.second.version}/manifest']")
    assert page.inner_text("h1") == place.second.version
    page.go_back()
    page.click(f"a[href$='{place.second.version}/activate']")
    page.fill("#reason", "no script was needed")
    page.click(".decide button")
    assert page.inner_text(".alert h2") == f"{place.second.version} is active"
    page.click(".out button")
    assert page.inner_text("h1") == "Sign in"
    page.goto(path_of(place.second, "manifest.json"))
    assert page.inner_text("h1") == "Sign in"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_is_for_everybody(opened: Any, place: SimpleNamespace, screen: str, scheme: str) -> None:
    """Labels, names, headings, contrast of at least 4.5, and no scrolling sideways, on each page and screen."""
    page = opened(screen, scheme=scheme)
    found = {"sign in": page.evaluate(CHECKS)}
    signed_in(page)
    paths = ["/", "/?asset=nothing", "/models/trady2/rollback", "/models/trady2/1.0.0/activate"]
    paths += [path_of(place.second, "manifest"), path_of(place.leaking, "activate")]
    for path in paths:
        page.goto(path)
        found[path] = page.evaluate(CHECKS)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_a_report_cannot_act_for_who_reads_it(opened: Any, place: SimpleNamespace) -> None:
    """Its script runs, in an origin of its own, without the cookie."""
    page = signed_in(opened("wide"))
    page.goto(path_of(place.second, "report"))
    assert page.title() == "null shut"


def test_a_refused_version_is_told_before_all_else(opened: Any, served: Served, place: SimpleNamespace) -> None:
    """The page names version and reason, says that the one before answers, and no other colour is needed to see it."""
    folder, home = alias.target_folder("trady2"), place.folder / "store"
    activate("trady2", place.bad.version, reason="will be spoilt", actor="tester")
    activate("trady2", place.first.version, reason="back", actor="tester")
    page = signed_in(opened("wide"))
    activate("trady2", place.first.version, reason="so that all follow", actor="tester")
    file = home / "aliases/trady2" / place.bad.folder / "model.txt"
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[: len(content) // 2])
    file.chmod(0o444)
    link = home / "models/trady2/active"
    (link.parent / "next").symlink_to(f"../../aliases/trady2/{place.bad.folder}")
    (link.parent / "next").rename(link)

    def told() -> bool:
        page.goto("/")
        return page.locator(".alert").count() > 0

    until(told)
    alert = page.locator(".alert").first
    assert alert.get_attribute("role") == "alert"
    assert f"{place.bad.version} is refused" in alert.inner_text()
    assert "model.txt has" in alert.inner_text() or "model.txt does not have" in alert.inner_text()
    assert f"{place.first.version} goes on answering" in alert.inner_text()
    assert "active, refused" in page.inner_text(".versions tr.active")
    assert folder is not None
    assert len(served.workers()) == 2
    activate("trady2", place.first.version, reason="a good one", actor="tester")
    until(lambda: not told())
