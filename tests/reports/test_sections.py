from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from trady2.reports.numerals import MISSING
from trady2.reports.sections import bare_percent, depth, footnote, headline_value, tone, view


def test_the_contents_name_what_is_there(case: SimpleNamespace) -> None:
    """The links follow the sections of the page, and an empty section has none."""
    full = [anchor for anchor, _ in view(case.report)["sections"]]
    assert full == ["equity", "months", "trades", "probability", "zones", "all", "origin"]
    bare = case.report | {"zones": [], "scorecard": None, "deciles": []}
    assert [anchor for anchor, _ in view(bare)["sections"]] == ["equity", "months", "trades", "all", "origin"]


def test_years_compound_their_months(case: SimpleNamespace) -> None:
    """A year has twelve places, empty where there were no bars, and the compound of the others."""
    rows = [{"year": 2023, "month": 12, "return": 0.1}, {"year": 2024, "month": 1, "return": 0.2}]
    rows.append({"year": 2024, "month": 3, "return": -0.5})
    years = view(case.report | {"monthly_returns": rows})["months"]
    assert years[1]["months"] == [0.2, None, -0.5] + [None] * 9
    assert [year["total"] for year in years] == [pytest.approx(0.1), pytest.approx(1.2 * 0.5 - 1)]


def test_the_strip_is_to_scale(case: SimpleNamespace) -> None:
    """Zones lie on the strip where they lie in time: 365 days of train, 31 of gap, 28 of test."""
    strip = view(case.report)["strip"]
    assert [zone["zone"] for zone in strip] == ["train", "test"]
    assert [float(zone["left"]) for zone in strip] == pytest.approx([0, 100 * 396 / 424], abs=0.001)
    assert [float(zone["width"]) for zone in strip] == pytest.approx([100 * 365 / 424, 100 * 28 / 424], abs=0.001)


def test_scores_have_their_bounds(case: SimpleNamespace) -> None:
    """Each score stands with its interval; an end that is unknown is a dash."""
    intervals = case.report["scorecard"]["intervals"] | {"brier": {"low": None, "high": 0.3}}
    card: dict[str, Any] = case.report["scorecard"] | {"intervals": intervals}
    rows = {row[0]: row[1:] for row in view(case.report | {"scorecard": card})["scores"]}
    assert rows["Direction AUC"] == ["0.523", "0.493", "0.553"]
    assert rows["Brier"] == [MISSING, MISSING, "0.300"]
    assert len(rows) == 3


def test_a_small_sample_is_admitted(case: SimpleNamespace) -> None:
    """The note under the scores has rows, independent rows and level, and warns where they are too few."""
    note = view(case.report)["score_note"]
    assert note.startswith("Over 1,500 rows, whose labels overlap: they are worth 125 independent ones.")
    assert "90\u202f% intervals" in note
    assert note.endswith("the intervals may be too narrow.")
    card = {"intervals": {}, "n": 10_000, "n_eff": 900.0, "promised": True}
    assert "narrow" not in view(case.report | {"scorecard": card})["score_note"]
    assert view(case.report | {"scorecard": None})["score_note"] == ""


def test_settings_keep_their_keys(case: SimpleNamespace) -> None:
    """The configuration is shown with the keys and values of the YAML."""
    details = dict(view(case.report)["details"])
    assert ("backtest.hold_bars", "12") in details["The whole configuration"]
    assert ("stop_loss", MISSING) in details["The backtest's rules"]
    assert ("Method", "platt") in details["How the probability was calibrated"]


def test_no_number_is_shown_twice(case: SimpleNamespace) -> None:
    """What is counted stands with the signals, not among the metrics; a table in a section is left to the JSON."""
    shown = view(case.report)
    assert ("Ambiguous bars", "0") in shown["counts"]
    assert "Ambiguous bars" not in dict(pair for group in shown["metrics"].values() for pair in group)
    assert [name for name, _ in dict(shown["details"])["How the threshold was chosen"]] == ["Threshold", "Method"]


def test_many_assets_are_shortened(case: SimpleNamespace) -> None:
    """Six assets are named, the rest counted."""
    data = case.report["data"] | {"assets": [f"A{i}" for i in range(9)]}
    assert view(case.report | {"data": data})["assets"] == "A0, A1, A2, A3, A4, A5 and 3 more"


def test_a_trade_across_a_gap_says_so(case: SimpleNamespace) -> None:
    """The flag of a trade stands beside its reason."""
    worst = [case.report["worst_trades"][0] | {"gap": True, "exit_reason": "time"}]
    assert view(case.report | {"worst_trades": worst})["worst"][0][-1] == "Held to the end (across a gap)"


@pytest.mark.parametrize(
    ("bars", "trades", "whole"), [(4800, 240, True), (4801, 240, False), (100, 241, False), (1, 0, True)]
)
def test_the_footnote_admits_what_is_not_drawn(bars: int, trades: int, whole: bool) -> None:
    """Only where every point is drawn does the page say so."""
    assert footnote(bars, trades).startswith("Every bar and every trade is drawn") is whole


def test_small_things_of_the_template() -> None:
    """Percent without its sign, colour depth from 0 to 1, a plus for returns, a tone for losses."""
    assert (bare_percent(0.1234), bare_percent(None)) == ("12.3", MISSING)
    assert (depth(-0.1, 0.2), depth(0.0, 0.0)) == ("0.50", "0.00")
    lost = {"key": "total_return", "unit": "fraction", "value": -0.5}
    assert (headline_value(lost | {"value": 0.5}), tone(lost)) == ("+50.0\u202f%", "loss-text")
    assert tone({"key": "max_drawdown", "value": -0.5}) == "plain-text"
