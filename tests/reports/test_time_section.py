from __future__ import annotations

from types import SimpleNamespace

import pytest

from trady2.reports.numerals import MISSING
from trady2.reports.time_section import bare_percent, depth, time_section


def test_years_compound_their_months(case: SimpleNamespace) -> None:
    """A year has twelve places, empty where there were no bars, and the compound of the others."""
    rows = [{"year": 2023, "month": 12, "return": 0.1}, {"year": 2024, "month": 1, "return": 0.2}]
    rows.append({"year": 2024, "month": 3, "return": -0.5})
    years = time_section(case.report | {"monthly_returns": rows})["months"]
    assert years[1]["months"] == [0.2, None, -0.5] + [None] * 9
    assert [year["total"] for year in years] == [pytest.approx(0.1), pytest.approx(1.2 * 0.5 - 1)]


def test_the_strip_is_to_scale(case: SimpleNamespace) -> None:
    """Zones lie on the strip where they lie in time: 365 days of train, 31 of gap, 28 of test."""
    strip = time_section(case.report)["strip"]
    assert [zone["zone"] for zone in strip] == ["train", "test"]
    assert [float(zone["left"]) for zone in strip] == pytest.approx([0, 100 * 396 / 424], abs=0.001)
    assert [float(zone["width"]) for zone in strip] == pytest.approx([100 * 365 / 424, 100 * 28 / 424], abs=0.001)
    assert time_section(case.report | {"zones": []})["strip"] == []


def test_falls_have_their_dates_and_length(case: SimpleNamespace) -> None:
    """Depth, three dates, how long; one that was not recovered lasts until the last bar."""
    fall = {"start": "2023-01-02T00:00:00Z", "bottom": "2023-01-03T05:00:00Z", "depth": -0.1234, "bars": 1234}
    rows = [fall | {"end": "2023-02-01T00:00:00Z"}, fall | {"end": None}]
    data = case.report["data"] | {"last": "2023-01-12T00:00:00Z"}
    shown = time_section(case.report | {"drawdowns": rows, "data": data})["drawdowns"].rows
    assert shown[0] == [
        *("\u221212.34\u202f%", "2023-01-02 00:00", "2023-01-03 05:00", "2023-02-01 00:00", "30\u202fd", "1,234")
    ]
    assert shown[1][3:5] == ["not yet", "10\u202fd"]


def test_zones_are_a_table(case: SimpleNamespace) -> None:
    """Each zone in order of time with its ends and rows; rows that nobody counted are a dash."""
    shown = time_section(case.report)["zones"].rows
    assert shown[0] == ["Train", "2022-01-01 00:00", "2023-01-01 00:00", "8,000"]
    bare = [{name: zone[name] for name in ("zone", "start", "end")} for zone in case.report["zones"]]
    assert time_section(case.report | {"zones": bare})["zones"].rows[1][-1] == MISSING


def test_small_things_of_the_template() -> None:
    """Percent without its sign, and colour depth from 0 to 1."""
    assert (bare_percent(0.1234), bare_percent(None)) == ("12.3", MISSING)
    assert (depth(-0.1, 0.2), depth(0.0, 0.0)) == ("0.50", "0.00")
