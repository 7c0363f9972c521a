from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from trady2.reports.numerals import MISSING
from trady2.reports.probability_section import probability_section


def test_scores_have_their_bounds(case: SimpleNamespace) -> None:
    """Each score stands with its interval; an end that is unknown is a dash."""
    ends = {"brier": {"low": None, "high": 0.3}, "signal_rate": {"low": 0.02, "high": 0.04}}
    intervals = case.report["scorecard"]["intervals"] | ends
    card: dict[str, Any] = case.report["scorecard"] | {"intervals": intervals}
    rows = {row[0]: row[1:] for row in probability_section(case.report | {"scorecard": card})["scores"].rows}
    assert rows["Direction AUC"] == ["0.523", "0.493", "0.553"]
    assert rows["Brier"] == [MISSING, MISSING, "0.300"]
    assert rows["Signal rate"] == [MISSING, "2.00\u202f%", "4.00\u202f%"]
    assert len(rows) == 4


def test_a_small_sample_is_admitted(case: SimpleNamespace) -> None:
    """The note under the scores has rows, independent rows and level, and warns where they are too few."""
    note = probability_section(case.report)["score_note"]
    assert note.startswith("Over 1,500 rows, whose labels overlap: they are worth 125 independent ones.")
    assert "90\u202f% intervals" in note
    assert note.endswith("the intervals may be too narrow.")
    card = {"intervals": {}, "n": 10_000, "n_eff": 900.0, "promised": True}
    assert "narrow" not in probability_section(case.report | {"scorecard": card})["score_note"]
    assert probability_section(case.report | {"scorecard": None})["score_note"] == ""


def test_accuracy_stands_beside_profit(case: SimpleNamespace) -> None:
    """Each tenth has how often it came true and gained, and what it earned before and after costs."""
    row = {"rows": 150, "probability_low": 0.1, "probability_mean": 0.15, "probability_high": 0.2, "realised_rate": 0.3}
    row |= {"mean_forward_return": 0.001, "mean_net_return": -0.0014, "win_rate": 0.45}
    full, bare = probability_section(
        case.report | {"deciles": [row, row | {"mean_net_return": None, "win_rate": None}]}
    )["deciles"].rows
    assert full == [*("1", "0.10 to 0.20", "30.0\u202f%", "+0.100\u202f%", "45.0\u202f%", "\u22120.140\u202f%", "150")]
    assert (bare[4], bare[5]) == (MISSING, MISSING)
