from __future__ import annotations

from types import SimpleNamespace

from trady2.reports.numerals import MISSING
from trady2.reports.origin_section import origin_section


def test_settings_keep_their_keys(case: SimpleNamespace) -> None:
    """The configuration is shown with the keys and values of the YAML."""
    details = dict(origin_section(case.report)["details"])
    assert ("backtest.hold_bars", "12") in details["The whole configuration"]
    assert ("stop_loss", MISSING) in details["The backtest's rules"]
    assert ("Method", "platt") in details["How the probability was calibrated"]


def test_no_number_is_shown_twice(case: SimpleNamespace) -> None:
    """What is counted stands with the signals, not among the metrics; a table in a section is left to the JSON."""
    shown = origin_section(case.report)
    assert "Ambiguous bars" not in dict(pair for group in shown["metrics"].values() for pair in group)
    assert [name for name, _ in dict(shown["details"])["How the threshold was chosen"]] == ["Threshold", "Method"]


def test_the_origin_names_the_model(case: SimpleNamespace) -> None:
    """Model and version first, times without their zone; no version is said in words."""
    shown = origin_section(case.report | {"version": None})["origin"]
    assert shown[0] == ("Model", "trady2 without a version")
    assert ("First", "2023-01-01 00:00") in shown
    assert origin_section(case.report)["origin"][0][1] == "trady2 1.0.0+20251101_120000"
