from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.reports.stand_in import report_of
from trady2.reports import write_report

pytestmark = pytest.mark.browser
SCREENS = {"wide": (1280, 800, "light"), "phone": (360, 740, "dark")}
DRAWN = """() => [...document.querySelectorAll("[data-chart]")].map(place => {
  const box = place.querySelector("svg.main-svg")?.getBoundingClientRect();
  const marks = place.querySelectorAll(".scatterlayer path, .barlayer path, .heatmaplayer image").length;
  return [place.dataset.chart, Boolean(box && box.width > 200 && box.height > 150 && marks > 0)];
})"""
ALL_DRAWN = "() => [...document.querySelectorAll('[data-chart]')].every(place => place.querySelector('svg.main-svg'))"
ALL = ("equity", "rolling", "price", "days", "returns", "reliability", "deciles")
ALL += ("luck", "costs", "thresholds", "surface", "sweep")
WIDTH = "() => [document.documentElement.scrollWidth, innerWidth]"


@pytest.fixture(scope="module")
def address(case: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A full report on disk, of two assets."""
    prefix = tmp_path_factory.mktemp("page") / "r"
    trades = case.backtest.trades.copy()
    trades.loc[trades.index % 3 == 0, "asset"] = "OTHER"
    frame = case.frame.assign(**{"close:OTHER": case.frame["close:SIM-USD"] * 3})
    return write_report(prefix, case.report, trades, frame)[0].as_uri()


def opened(browser: Any, address: str, screen: str) -> SimpleNamespace:
    """Open a page without a network: .page, what it complained about, what it asked for."""
    width, height, scheme = SCREENS[screen]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
    seen = SimpleNamespace(page=context.new_page(), complaints=[], requests=[])
    seen.page.on("console", lambda message: seen.complaints.append(message.text))
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.goto(address)
    seen.page.wait_for_function(ALL_DRAWN, timeout=20_000)
    return seen


@pytest.fixture(scope="module")
def screens(browser: Any, address: str) -> dict[str, SimpleNamespace]:
    """The full report on every screen."""
    return {screen: opened(browser, address, screen) for screen in SCREENS}


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_opens_and_draws(screens: dict[str, SimpleNamespace], address: str, screen: str) -> None:
    """Every chart is drawn, nothing complains, nobody is asked, and nothing scrolls sideways."""
    seen = screens[screen]
    assert seen.page.evaluate(DRAWN) == [[key, True] for key in ALL]
    assert (seen.complaints, seen.requests) == ([], [address])
    wide, screen_width = seen.page.evaluate(WIDTH)
    assert wide <= screen_width


def test_no_button_sends_a_chart_away(screens: dict[str, SimpleNamespace]) -> None:
    """The tools of a chart save it as a picture, zoom, move and reset; none of them shares it."""
    tools = "[...document.querySelectorAll('#chart-equity .modebar-btn')].map(button => button.dataset.title)"
    assert screens["wide"].page.evaluate(tools) == ["Download plot as a PNG", "Zoom", "Pan", "Reset axes"]


LEVELS = {"stop_loss": 0.02, "take_profit": 0.03, "trailing_stop": 0.01}
COSTS = {"slippage_range_share": 0.1, "impact_bps": 20.0, "funding_bps_per_bar": 0.1, "delay_bars": 1}
MONEY = {"sizing": "kelly", "capital": "shared", "max_positions": 4, "max_volume_share": 0.05}


@pytest.mark.parametrize("rules", [{"stop_loss": 0.02}, LEVELS | COSTS | MONEY], ids=["one stop", "every option"])
def test_the_first_screen_holds_the_ten_numbers(
    browser: Any, case: SimpleNamespace, verdict: dict[str, Any], tmp_path: Path, rules: dict[str, Any]
) -> None:
    """On a common laptop verdict with five criteria, assumptions and ten numbers need no scrolling."""
    config = case.backtest.config.model_dump() | rules
    report = report_of(
        SimpleNamespace(**(vars(case.backtest) | {"config": config})),
        verdict=verdict | {"criteria": verdict["criteria"] * 5},
        data=case.report["data"] | {"assets": ["SIM-ALFA", "SIM-BETA"]},
        robustness=case.report["robustness"],
        scorecard=case.report["scorecard"],
        intrabar=case.report["intrabar"] | {"ambiguous_bars": 37, "ambiguous_share": 0.09},
    )
    html, _ = write_report(tmp_path / "r", report, case.backtest.trades, case.frame)
    places = "[...document.querySelectorAll('.headline dd')].map(dd => dd.getBoundingClientRect().bottom)"
    bottoms = opened(browser, html.as_uri(), "wide").page.evaluate(places)
    assert len(bottoms) == 20
    assert max(bottoms) <= 800


def test_the_scale_button_works(screens: dict[str, SimpleNamespace]) -> None:
    """A click changes the axis to logarithmic, and says so to those who listen."""
    seen = screens["wide"]
    seen.page.click("#log-scale")
    kind = seen.page.evaluate("document.getElementById('chart-equity').layout.yaxis.type")
    assert (kind, seen.page.get_attribute("#log-scale", "aria-pressed"), seen.complaints) == ("log", "true", [])


def test_zones_are_shaded_and_named(screens: dict[str, SimpleNamespace]) -> None:
    """Each chart over time shades the part of history that it touches, and names it where there is room."""
    look = """() => ["equity", "price", "rolling"].map(key => {
      const layout = document.getElementById("chart-" + key).layout;
      const named = layout.annotations.filter(mark => mark.text === "test").length;
      return [layout.shapes.length, layout.shapes[0].fillcolor !== "", named];
    })"""
    assert screens["wide"].page.evaluate(look) == [[1, True, 1]] * 3


def test_an_asset_can_be_chosen_by_keyboard(screens: dict[str, SimpleNamespace]) -> None:
    """The list takes the focus, its second entry draws another price, and the words follow."""
    page = screens["wide"].page
    first = page.inner_text("#price-words")
    page.focus("#asset-choice")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.getElementById('chart-price').data[0].name") == "OTHER"
    assert page.inner_text("#price-words").startswith("OTHER from ")
    assert first.startswith("SIM-USD from ")
    assert screens["wide"].complaints == []


def test_times_come_out_of_their_steps(screens: dict[str, SimpleNamespace], case: SimpleNamespace) -> None:
    """What the page counts out are the times of the bars, to the millisecond."""
    trace = "document.getElementById('chart-equity').data.find(trace => trace.name === 'strategy').x"
    drawn = screens["wide"].page.evaluate(f"Array.from({trace})")
    assert drawn == [time.timestamp() * 1000 for time in case.frame.index]


def test_a_chart_is_heard_by_its_words(screens: dict[str, SimpleNamespace]) -> None:
    """The drawing is hidden from those who listen; title, words and tools are not."""
    look = """() => [...document.querySelectorAll("[data-chart]")].map(place => [
      [...place.querySelectorAll("svg.main-svg")].every(picture => picture.getAttribute("aria-hidden") === "true"),
      document.getElementById(place.getAttribute("aria-describedby")).textContent.length > 20,
      document.getElementById(place.getAttribute("aria-labelledby")).textContent.length > 5,
      place.querySelector(".modebar-btn").getAttribute("aria-label").length > 2,
    ].every(Boolean))"""
    assert screens["wide"].page.evaluate(look) == [True] * 12


def test_long_tables_are_folded_on_a_phone(screens: dict[str, SimpleNamespace]) -> None:
    """On a narrow screen the long tables wait behind their headings; on a wide one they are open."""
    look = "[...document.querySelectorAll('details.fold')].map(part => part.open)"
    assert screens["wide"].page.evaluate(look) == [True] * 5
    assert screens["phone"].page.evaluate(look) == [False] * 5


def test_numbers_in_cells_need_room(screens: dict[str, SimpleNamespace]) -> None:
    """A wide grid has its numbers in its cells, a narrow one a scale beside it instead."""
    look = """() => {
      const [cells] = document.getElementById("chart-surface").data;
      return [Boolean(cells.texttemplate), cells.showscale];
    }"""
    assert screens["wide"].page.evaluate(look) == [True, False]
    narrow = screens["phone"].page.evaluate(look)
    assert narrow[0] is not narrow[1]


def test_paper_is_light_and_narrow(screens: dict[str, SimpleNamespace]) -> None:
    """Printed from a dark phone, all charts are drawn for light paper, and go back afterwards."""
    page = screens["phone"].page
    look = """event => {
      if (event) dispatchEvent(new Event(event));
      const charts = [...document.querySelectorAll("[data-chart]")];
      const widths = charts.map(chart => Math.round(chart.querySelector("svg").getBoundingClientRect().width));
      return [[...new Set(charts.map(chart => chart.layout.font.color))], [...new Set(widths)]];
    }"""
    dark = page.evaluate(look, None)
    assert page.evaluate(look, "beforeprint") == [["#171b20"], [680]]
    assert page.evaluate(look, "afterprint") == dark == [["#e7eaee"], [328]]


def test_an_empty_report_opens(browser: Any, silent: SimpleNamespace, tmp_path: Path) -> None:
    """A report with no trade, no benchmark and no scores complains about nothing either."""
    html, _ = write_report(tmp_path / "r", report_of(silent), silent.trades, silent.equity)
    seen = opened(browser, html.as_uri(), "phone")
    assert (seen.complaints, seen.requests) == ([], [html.as_uri()])
    wide, screen_width = seen.page.evaluate(WIDTH)
    assert wide <= screen_width
