from __future__ import annotations

import json
import re
from html import unescape
from importlib.resources import files
from itertools import pairwise, product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from plotly.offline import get_plotlyjs

from tests.reports.stand_in import held, random_bars, report_of
from trady2.config import BacktestConfig
from trady2.reports import render_html
from trady2.reports.numerals import percent

EVIL = "</script><script>alert('1')</script><!--"


def page(case: SimpleNamespace, **given: Any) -> str:
    """The page of a case, without the library that it carries."""
    backtest = case.backtest
    known = {"report": case.report, "trades": backtest.trades, "equity": backtest.equity} | given
    return render_html(**known, benchmark=backtest.benchmark).replace(get_plotlyjs(), "")


def embedded(html: str, key: str) -> Any:
    """The JSON that a page carries in a script element."""
    return json.loads(re.search(f'<script type="application/json" id="{key}">(.*?)</script>', html, re.DOTALL)[1])


def test_the_first_screen_comes_first(case: SimpleNamespace) -> None:
    """Verdict, assumptions and the ten numbers stand before any chart, in this order, with all their sentences."""
    html = unescape(page(case))
    wanted = [case.report["verdict"]["text"], *case.report["assumptions"]]
    wanted += [f'data-key="{row["key"]}"' for row in case.report["headline"]]
    places = [html.find(text) for text in wanted]
    assert -1 not in places
    assert places == sorted(places)
    assert places[-1] < html.index('id="chart-equity"')


def test_the_numbers_are_those_of_the_dict(case: SimpleNamespace) -> None:
    """Each of the ten numbers is written from its value, and another value gives another page."""
    html = page(case)
    total = case.report["metrics"]["total_return"]
    assert -0.1 < total < 0
    assert f'data-key="total_return">{percent(total, 2)}</dd>' in html
    rows = [row | {"value": 0.777} if row["key"] == "win_rate" else row for row in case.report["headline"]]
    assert f'data-key="win_rate">{percent(0.777)}</dd>' in page(case, report=case.report | {"headline": rows})


def test_the_page_carries_its_report(case: SimpleNamespace) -> None:
    """The dict that the page was made from can be read out of it again."""
    assert embedded(page(case), "report") == case.report


def test_the_same_input_gives_the_same_bytes(case: SimpleNamespace) -> None:
    """Nothing depends on the clock, on chance or on the order of a set."""
    assert page(case) == page(case)


def test_a_report_from_a_file_gives_the_same_page(case: SimpleNamespace) -> None:
    """The dict loses nothing on its way through JSON."""
    assert page(case, report=json.loads(json.dumps(case.report))) == page(case)


def test_the_page_asks_nobody(case: SimpleNamespace) -> None:
    """No address stands outside the charting library, and the page forbids itself to load or to send anything."""
    html = page(case)
    packed_numbers = r'"(?:bdata|steps)":"[^"]*"'
    assert re.findall(r"(?:https?:)?//[a-z]", re.sub(packed_numbers, "", html)) == []
    for forbidden in ("default-src", "form-action", "base-uri"):
        assert f"{forbidden} 'none'" in html
    assert "</script" not in get_plotlyjs().lower()


def test_names_cannot_break_out(case: SimpleNamespace) -> None:
    """An asset, a model or a verdict that looks like markup is shown, not obeyed."""
    trades = case.backtest.trades.assign(asset=EVIL)
    data = case.report["data"] | {"assets": [EVIL]}
    report = report_of(
        SimpleNamespace(**(vars(case.backtest) | {"trades": trades})), name=EVIL, data=data, version=EVIL
    )
    html = page(case, report=report, trades=trades)
    assert html.count("<script") == html.count("</script>") == 4
    assert "<script>alert" not in html
    assert embedded(html, "report")["name"] == EVIL


def test_an_empty_report_is_a_page(silent: SimpleNamespace) -> None:
    """Without trades the page says why, and draws no histogram."""
    html = page(SimpleNamespace(report=report_of(silent), backtest=silent))
    assert "There was no trade" in html
    assert list(embedded(html, "charts")) == ["equity"]
    assert 'id="zones"' not in html
    assert 'id="probability"' not in html


def test_one_bar_is_a_page() -> None:
    """A single bar has nothing to draw and still everything to say."""
    backtest = held(random_bars(1), np.zeros(1), BacktestConfig(threshold=0.5, hold_bars=3))
    html = page(SimpleNamespace(report=report_of(backtest), backtest=backtest))
    assert embedded(html, "charts") == {}
    assert "Not judged" in html


def test_criteria_are_listed_in_words(case: SimpleNamespace, verdict: dict[str, Any]) -> None:
    """A criterion says in words, not only by its mark, whether it was passed."""
    html = page(case, report=report_of(case.backtest, verdict=verdict))
    assert "No edge" in html
    assert re.search(r'<span class="unseen">failed: </span>The lower bound of the timing excess is below 0\.', html)


def test_charts_and_tables_can_be_heard(case: SimpleNamespace) -> None:
    """Every chart has a text, every table a caption and headers with a scope, every heading follows its parent."""
    html = page(case)
    assert re.findall(r'role="img" aria-label="([^"]*)"', html) == [
        unescape(text) for text in (chart["alt"] for chart in embedded(html, "charts").values())
    ]
    assert html.count("<table") == html.count("<caption") == 5
    assert re.findall(r"<th(?![^>]*scope=)[ >]", html) == []
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_text_stands_out_in_both_schemes() -> None:
    """Ink, muted text, accent and loss reach the contrast of 4.5 on page and sheet, light and dark."""
    css = (files("trady2.reports") / "page.css").read_text("utf-8")
    schemes = [
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block)) for block in css.split("prefers-color-scheme")[:2]
    ]
    assert len(schemes) == 2
    for scheme, ground, text in product(schemes, ("ground", "sheet"), ("ink", "muted", "accent", "loss")):
        dark, light = sorted((luminance(scheme[ground]), luminance(scheme[text])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme[ground], text)


@pytest.mark.slow
def test_a_million_bars_stay_small(case: SimpleNamespace) -> None:
    """The page of 1,000,000 bars and 80,000 trades has at most 6 MB."""
    n = 1_000_000
    index = pd.date_range("2000-01-01", periods=n, freq="min", tz="UTC", unit="us", name="timestamp")
    equity = pd.Series(10_000 * np.exp(np.random.default_rng(5).standard_normal(n).cumsum() * 1e-4), index=index)
    trades = pd.concat([case.backtest.trades] * (80_000 // len(case.backtest.trades)), ignore_index=True)
    backtest = SimpleNamespace(**(vars(case.backtest) | {"equity": equity, "trades": trades}))
    report = report_of(backtest, predictions=case.predictions)
    html = render_html(report, trades, equity, equity * 1.01)
    assert len(html.encode()) <= 6_000_000
    assert "at most 240 are marked" in html
