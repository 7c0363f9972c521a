from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.reports.stand_in import report_of
from trady2.reports import write_report

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")
SCREENS = {"wide": (1280, 800, "light"), "phone": (360, 740, "dark")}
DRAWN = """() => [...document.querySelectorAll("[data-chart]")].map(place => {
  const box = place.querySelector("svg.main-svg")?.getBoundingClientRect();
  const marks = place.querySelectorAll(".scatterlayer path, .barlayer path").length;
  return [place.dataset.chart, Boolean(box && box.width > 200 && box.height > 200 && marks > 0)];
})"""
WIDTH = "() => [document.documentElement.scrollWidth, innerWidth]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by playwright."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(case: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A full report on disk."""
    prefix = tmp_path_factory.mktemp("page") / "r"
    backtest = case.backtest
    return write_report(prefix, case.report, backtest.trades, backtest.equity, backtest.benchmark)[0].as_uri()


def opened(browser: Any, address: str, screen: str) -> SimpleNamespace:
    """Open a page without a network: .page, what it complained about, what it asked for."""
    width, height, scheme = SCREENS[screen]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
    seen = SimpleNamespace(page=context.new_page(), complaints=[], requests=[])
    seen.page.on("console", lambda message: seen.complaints.append(message.text))
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.goto(address)
    seen.page.wait_for_function("document.querySelectorAll('[data-chart] svg.main-svg').length >= 2", timeout=20_000)
    return seen


@pytest.fixture(scope="module")
def screens(browser: Any, address: str) -> dict[str, SimpleNamespace]:
    """The full report on every screen."""
    return {screen: opened(browser, address, screen) for screen in SCREENS}


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_opens_and_draws(screens: dict[str, SimpleNamespace], address: str, screen: str) -> None:
    """Every chart is drawn, nothing complains, nobody is asked, and nothing scrolls sideways."""
    seen = screens[screen]
    assert seen.page.evaluate(DRAWN) == [[key, True] for key in ("equity", "returns", "reliability", "deciles")]
    assert (seen.complaints, seen.requests) == ([], [address])
    wide, screen_width = seen.page.evaluate(WIDTH)
    assert wide <= screen_width


def test_no_button_sends_a_chart_away(screens: dict[str, SimpleNamespace]) -> None:
    """The tools of a chart save it as a picture, zoom, move and reset; none of them shares it."""
    tools = "[...document.querySelectorAll('#chart-equity .modebar-btn')].map(button => button.dataset.title)"
    assert screens["wide"].page.evaluate(tools) == ["Download plot as a PNG", "Zoom", "Pan", "Reset axes"]


def test_the_first_screen_holds_the_ten_numbers(screens: dict[str, SimpleNamespace]) -> None:
    """On a common laptop the verdict, the assumptions and the ten numbers need no scrolling."""
    places = "[...document.querySelectorAll('.headline dd')].map(dd => dd.getBoundingClientRect().bottom)"
    bottoms = screens["wide"].page.evaluate(places)
    assert len(bottoms) == 20
    assert max(bottoms) <= 800


def test_the_scale_button_works(screens: dict[str, SimpleNamespace]) -> None:
    """A click changes the axis to logarithmic, and says so to those who listen."""
    seen = screens["wide"]
    seen.page.click("#log-scale")
    kind = seen.page.evaluate("document.getElementById('chart-equity').layout.yaxis.type")
    assert (kind, seen.page.get_attribute("#log-scale", "aria-pressed"), seen.complaints) == ("log", "true", [])


def test_paper_is_light_and_narrow(screens: dict[str, SimpleNamespace]) -> None:
    """Printed from a dark phone, the charts are drawn for light paper, and go back afterwards."""
    page = screens["phone"].page
    look = """event => {
      if (event) dispatchEvent(new Event(event));
      const chart = document.getElementById("chart-equity");
      return [chart.layout.font.color, Math.round(chart.querySelector("svg").getBoundingClientRect().width)];
    }"""
    dark = page.evaluate(look, None)
    assert page.evaluate(look, "beforeprint") == ["#171b20", 680]
    assert page.evaluate(look, "afterprint") == dark == ["#e7eaee", 328]


def test_an_empty_report_opens(browser: Any, silent: SimpleNamespace, tmp_path: Path) -> None:
    """A report with no trade, no benchmark and no scores complains about nothing either."""
    html, _ = write_report(tmp_path / "r", report_of(silent), silent.trades, silent.equity)
    seen = opened(browser, html.as_uri(), "phone")
    assert (seen.complaints, seen.requests) == ([], [html.as_uri()])
    wide, screen_width = seen.page.evaluate(WIDTH)
    assert wide <= screen_width
