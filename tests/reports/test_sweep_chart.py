from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from trady2.reports.sweep_chart import sweep_chart


def changed(case: SimpleNamespace, **heat_map: Any) -> dict[str, Any]:
    """The report with another heat map of its sweep."""
    sweep = case.report["sweep"]
    return case.report | {"sweep": sweep | {"heat_map": sweep["heat_map"] | heat_map}}


def test_the_cells_are_the_reports(case: SimpleNamespace) -> None:
    """Values and settings as they were tried, with their names."""
    chart = sweep_chart(case.report)
    assert chart["data"][0]["z"] == case.report["sweep"]["heat_map"]["z"]
    assert chart["layout"]["xaxis"]["ticktext"] == ["0.50", "0.60", "0.70", "0.80"]
    assert chart["layout"]["yaxis"]["ticktext"] == ["6", "12", "24"]
    assert (chart["layout"]["xaxis"]["title"]["text"], chart["layout"]["yaxis"]["title"]["text"]) == (
        "Threshold",
        "Hold bars",
    )


def test_the_sweep_is_told_in_words(case: SimpleNamespace) -> None:
    """Range, number of pairs, and how many are above 0."""
    alt = sweep_chart(changed(case, x_values=[1, 2], y_values=[3], z=[[-0.5, 1.5]]))["alt"]
    assert alt.startswith("Sharpe ratio from \u22120.50 to 1.50 over 2 pairs of settings; 1 of them are above 0.")
    assert (
        sweep_chart(changed(case, x_values=[1], y_values=[3], z=[[None]]))["alt"] == "No configuration gave a result."
    )


def test_a_cell_of_many_says_so(case: SimpleNamespace) -> None:
    """Where several configurations share a cell, the words say how many; where each has its own, they do not."""
    many = case.report | {"sweep": case.report["sweep"] | {"n_configurations": 60}}
    assert "Each cell is the middle one of 5 configurations." in sweep_chart(many)["alt"]
    assert "middle" not in sweep_chart(case.report)["alt"]


def test_without_a_grid_there_is_no_chart(case: SimpleNamespace) -> None:
    """No sweep, one without a heat map, or one without rows."""
    assert sweep_chart(case.report | {"sweep": None}) is None
    assert sweep_chart(case.report | {"sweep": case.report["sweep"] | {"heat_map": None}}) is None
    assert sweep_chart(changed(case, z=[])) is None
