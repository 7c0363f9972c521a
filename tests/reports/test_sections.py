from __future__ import annotations

from types import SimpleNamespace

import pytest

from trady2.reports.first_screen import first_screen
from trady2.reports.origin_section import origin_section
from trady2.reports.probability_section import probability_section
from trady2.reports.robustness_section import robustness_section
from trady2.reports.sections import absent, contents, footnote, view
from trady2.reports.time_section import time_section
from trady2.reports.trade_section import trade_section

ALL = ["equity", "price", "rolling"]


def test_the_contents_name_what_is_there(case: SimpleNamespace) -> None:
    """The links follow the sections of the page, and an empty section has none."""
    full = [anchor for anchor, _ in contents(case.report, ALL)]
    assert full == [
        *("equity", "price", "months", "trades", "probability", "robustness", "sweep", "zones", "all", "origin")
    ]
    bare = case.report | {"zones": [], "scorecard": None, "deciles": [], "robustness": None, "sweep": None}
    assert [anchor for anchor, _ in contents(bare, ["equity"])] == ["equity", "months", "trades", "all", "origin"]


def test_what_is_missing_is_said(case: SimpleNamespace) -> None:
    """A full report lacks nothing; each section that is left out has its sentence."""
    assert absent(case.report, ALL) == []
    bare = case.report | {"zones": [], "scorecard": None, "deciles": [], "robustness": None, "sweep": None}
    sentences = absent(bare, ["equity"])
    assert [sentence.split(":")[0] for sentence in sentences] == [
        *("Price", "Rolling Sharpe ratio", "Probability", "Robustness", "Sweep", "Zones")
    ]


def test_the_view_has_every_section(case: SimpleNamespace) -> None:
    """What the template gets are the names of all sections, none of which overwrites another's."""
    parts = (first_screen, time_section, trade_section, probability_section, robustness_section, origin_section)
    names = [name for part in parts for name in part(case.report)]
    assert sorted([*names, "sections", "absent"]) == sorted(view(case.report, ALL))


@pytest.mark.parametrize(
    ("bars", "trades", "whole"), [(2000, 120, True), (2001, 120, False), (100, 121, False), (1, 0, True)]
)
def test_the_footnote_admits_what_is_not_drawn(bars: int, trades: int, whole: bool) -> None:
    """Only where every point is drawn on every chart does the page say so."""
    assert footnote(bars, trades).startswith("Every bar and every trade is drawn") is whole
