from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from trady2.reports.first_screen import first_screen


def judged(case: SimpleNamespace, **criterion: Any) -> dict[str, str]:
    """The one criterion of a verdict as it is shown."""
    row = {"name": "excess", "value": -0.0123, "threshold": 0.0, "passed": False, "text": "It lost."} | criterion
    (shown,) = first_screen(case.report | {"verdict": {"criteria": [row]}})["criteria"]
    return shown


@pytest.mark.parametrize(
    ("passed", "word", "sign"), [(True, "passed", "✓"), (False, "failed", "✕"), (None, "not applicable", "–")]
)
def test_a_criterion_has_its_word(case: SimpleNamespace, passed: bool | None, word: str, sign: str) -> None:
    """Whether it was passed is said as well as shown; one that does not apply is neither."""
    shown = judged(case, passed=passed)
    assert (shown["word"], shown["mark"]) == (word, sign)


@pytest.mark.parametrize(
    ("value", "threshold", "text"),
    [
        (-0.0123, 0.0, "\u22120.0123 against 0"),
        (2.414, 3.09, "2.41 against 3.09"),
        (7, None, "7"),
        (None, None, ""),
        (None, 1.0, ""),
    ],
)
def test_a_criterion_says_what_was_measured(case: SimpleNamespace, value: Any, threshold: Any, text: str) -> None:
    """What was measured against what was needed, where there are numbers."""
    assert judged(case, value=value, threshold=threshold)["measured"] == text


def test_without_criteria_there_are_none(case: SimpleNamespace) -> None:
    """A report that nobody judged lists nothing."""
    assert first_screen(case.report)["criteria"] == []


def test_figures_are_set_in_their_units(case: SimpleNamespace) -> None:
    """A lost return has its minus and its tone, an interval both ends with signs, a count no unit."""
    rows = {row["key"]: row for row in case.report["headline"]}
    lost = rows["total_return"] | {"value": -0.5, "low": -0.7, "high": 0.2}
    report = case.report | {
        "headline": [lost, rows["n_trades"] | {"value": 1234}, rows["max_drawdown"] | {"low": None}]
    }
    first, second, third = first_screen(report)["numbers"]
    assert (first["value"], first["css"]) == ("\u221250.0\u202f%", "loss-text")
    assert first["interval"] == "\u221270.0\u202f% to +20.0\u202f%"
    market = rows["buy_and_hold_return"] | {"value": -0.5}
    assert first_screen(case.report | {"headline": [market]})["numbers"][0]["css"] == "plain-text"
    assert (second["value"], second["css"], second["interval"]) == ("1,234", "plain-text", "")
    assert (third["interval"], third["css"]) == ("", "plain-text")


def test_the_intervals_are_explained(case: SimpleNamespace) -> None:
    """Where numbers have a range of resampled histories, the heading says what it is."""
    assert first_screen(case.report)["interval_note"] == "small: the range of 90 in 100 resampled histories"
    assert first_screen(case.report | {"robustness": None})["interval_note"] == ""


def test_many_assets_are_shortened(case: SimpleNamespace) -> None:
    """Six assets are named, the rest counted."""
    data = case.report["data"] | {"assets": [f"A{i}" for i in range(9)]}
    assert first_screen(case.report | {"data": data})["assets"] == "A0, A1, A2, A3, A4, A5 and 3 more"
