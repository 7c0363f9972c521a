from __future__ import annotations

import json
import re
import time
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
    frame = getattr(case, "frame", case.backtest.equity)
    known = {"report": case.report, "trades": case.backtest.trades, "equity": frame} | given
    return render_html(**known).replace(get_plotlyjs(), "")


def embedded(html: str, key: str) -> Any:
    """The JSON that a page carries in a script element."""
    return json.loads(re.search(f'<script type="application/json" id="{key}">(.*?)</script>', html, re.DOTALL)[1])


def test_the_first_screen_comes_first(case: SimpleNamespace) -> None:
    """Verdict, assumptions and the ten numbers stand before any chart, in this order, with all their sentences."""
    html = unescape(page(case))
    wanted = [case.report["verdict"]["text"], *case.report["verdict"]["shows"], *case.report["assumptions"]]
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
    """Without trades the page says why, draws what is left, and names what it does not have."""
    html = page(SimpleNamespace(report=report_of(silent), backtest=silent))
    assert "There was no trade" in html
    assert list(embedded(html, "charts")) == ["equity"]
    for section in ("zones", "probability", "robustness", "sweep", "price"):
        assert f'id="{section}"' not in html
    assert html.count("<li>", html.index("What is not in this report")) == 6


def test_everything_has_its_place(case: SimpleNamespace) -> None:
    """A full report has every section, each linked from the top, and lacks nothing."""
    html = page(case)
    linked = re.findall(r'<a href="#([a-z]+)">', html)
    assert linked == [
        *("equity", "price", "months", "trades", "probability", "robustness", "sweep", "zones", "all", "origin")
    ]
    assert [f'<section id="{anchor}"' in html for anchor in linked] == [True] * 10
    assert "What is not in this report" not in html
    for part in ("The deepest falls", "The best trades", "The worst trades", "Accuracy against profit", "Why trades"):
        assert part in html


def test_a_series_is_drawn_too(case: SimpleNamespace) -> None:
    """Equity and benchmark as series give the same page as a frame of both."""
    backtest, both = case.backtest, case.frame[["equity", "benchmark"]]
    assert page(case, equity=backtest.equity, benchmark=backtest.benchmark) == page(case, equity=both)


def test_one_bar_is_a_page() -> None:
    """A single bar has nothing to draw and still everything to say."""
    backtest = held(random_bars(1), np.zeros(1), BacktestConfig(threshold=0.5, hold_bars=3))
    html = page(SimpleNamespace(report=report_of(backtest), backtest=backtest))
    assert embedded(html, "charts") == {}
    assert "Not judged" in html


def test_criteria_are_listed_in_words(case: SimpleNamespace, verdict: dict[str, Any]) -> None:
    """A criterion says in words, not only by its mark, whether it was passed, and what was measured."""
    html = page(case, report=report_of(case.backtest, verdict=verdict))
    assert "No edge" in html
    assert re.search(r'<span class="unseen">failed: </span>The lower bound of the timing excess is below 0\.', html)
    assert '<span class="measured">\u22120.1 against 0</span>' in html
    assert "What the numbers cannot show" in html


def test_charts_and_tables_can_be_heard(case: SimpleNamespace) -> None:
    """Every chart has its words, every table a caption and headers with a scope, every heading follows its parent."""
    html = page(case)
    drawn = embedded(html, "charts")
    words = dict(re.findall(r'<p class="words" id="([a-z]+)-words">([^<]*)</p>', html))
    assert {key: unescape(text) for key, text in words.items()} == {key: chart["alt"] for key, chart in drawn.items()}
    described = re.findall(r'role="group" aria-labelledby="([a-z]+)-title" aria-describedby="([a-z]+)-words"', html)
    assert described == [(key, key) for key in words]
    assert html.count("<table") == html.count("<caption") == 13
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
    """Ink, muted text, accent and loss reach the contrast of 4.5 on page and sheet, ink in every cell of a grid too."""
    css = (files("trady2.reports") / "page.css").read_text("utf-8")
    schemes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in css.split("prefers-color-scheme")[:2]
    ]
    assert len(schemes) == 2
    pairs = [*product(("ground", "sheet"), ("ink", "muted", "accent", "loss"))]
    pairs += [(cell, "ink") for cell in ("accent-deep", "neutral", "loss-deep")]
    for scheme, (ground, text) in product(schemes, pairs):
        dark, light = sorted((luminance(scheme[ground]), luminance(scheme[text])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, scheme[ground], text)


def large(case: SimpleNamespace, n: int, assets: int) -> SimpleNamespace:
    """A report of *n* minute bars of some assets, with a trade every twelve or so and everything else of the case."""
    index = pd.date_range("2000-01-01", periods=n, freq="min", tz="UTC", unit="us", name="timestamp")
    walk = np.exp(np.random.default_rng(5).standard_normal(n).cumsum() * 1e-4)
    columns = {"equity": 10_000 * walk, "benchmark": 10_100 * walk, "exposure": np.round(walk % 1)}
    columns |= {"equity_pessimistic": 9_900 * walk, "equity_optimistic": 10_000 * walk}
    columns |= {f"close:ASSET-{place}": walk * (place + 1) for place in range(assets)}
    trades = pd.concat([case.backtest.trades] * (n // 12 // len(case.backtest.trades)), ignore_index=True)
    rng = np.random.default_rng(6)
    trades["asset"] = np.array([f"ASSET-{place}" for place in range(assets)])[rng.integers(0, assets, len(trades))]
    trades["net_return"] = rng.standard_normal(len(trades)) * 0.01
    trades["entry_time"] = index[np.sort(rng.integers(0, n - 20, len(trades)))]
    trades["exit_time"] = trades["entry_time"] + pd.Timedelta("12min")
    return SimpleNamespace(report=case.report, trades=trades, equity=pd.DataFrame(columns, index=index))


@pytest.mark.slow
def test_a_million_bars_stay_small(case: SimpleNamespace) -> None:
    """The page of 1,000,000 bars, eight assets and 80,000 trades has at most 6 MB, and takes at most 3 s of CPU."""
    given = large(case, 1_000_000, 8)
    began = time.process_time()
    html = render_html(given.report, given.trades, given.equity)
    spent = time.process_time() - began
    assert len(html.encode()) <= 6_000_000
    assert spent <= 3
    assert "at most 240 are marked" in html


def test_a_page_is_made_quickly(case: SimpleNamespace) -> None:
    """The page of 30,000 bars takes at most 1 s of CPU; the library that it carries was read before."""
    given = large(case, 30_000, 1)
    began = time.process_time()
    render_html(given.report, given.trades, given.equity)
    assert time.process_time() - began <= 1
