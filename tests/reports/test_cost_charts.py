from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.reports.stand_in import THRESHOLDS
from trady2.reports.cost_charts import cost_chart, surface_chart, threshold_chart


def changed(case: SimpleNamespace, **robustness: Any) -> dict[str, Any]:
    """The report with other parts of its robustness."""
    return case.report | {"robustness": case.report["robustness"] | robustness}


def labels(chart: dict[str, Any]) -> dict[str, float]:
    """What stands at which place of an upright line."""
    return {mark["text"]: mark["x"] for mark in chart["layout"]["annotations"] if "x" in mark and "showarrow" in mark}


def test_the_curve_is_the_table(case: SimpleNamespace) -> None:
    """Net return over cost per side, as measured; the configured cost stands in it."""
    chart, rows = cost_chart(case.report), case.report["robustness"]["costs"]
    (curve,) = chart["data"]
    assert (curve["x"], curve["y"]) == (
        [row["cost_bps_per_side"] for row in rows],
        [row["total_return"] for row in rows],
    )
    assert labels(chart)["as configured"] == 12.0


@pytest.mark.parametrize(
    ("even", "shown"), [(20.0, True), (0.0, True), (90.0, True), (91.0, False), (-1.0, False), (None, False)]
)
def test_the_break_even_line_stands_where_it_fits(case: SimpleNamespace, even: float | None, shown: bool) -> None:
    """A break-even cost up to half beyond the costs tried is drawn; a negative or far one is left to the words."""
    chart = cost_chart(changed(case, break_even_cost_bps=even))
    assert ("break-even" in labels(chart)) is shown
    assert [shape["x0"] for shape in chart["layout"]["shapes"]] == list(labels(chart).values())


def test_costs_are_told_in_words(case: SimpleNamespace) -> None:
    """Without cost, as configured, at twice that, and where it ends."""
    rows = [{"cost_multiple": m, "cost_bps_per_side": 12.0 * m, "total_return": 0.2 - 0.1 * m} for m in (0, 1, 2)]
    rows = [row | {"sharpe_ratio": 1.0} for row in rows]
    alt = cost_chart(changed(case, costs=rows, break_even_cost_bps=24.5))["alt"]
    assert alt == (
        "Without any cost the net return is +20.0\u202f%, at the configured 12.0\u202fbps per side +10.0\u202f%, "
        "at twice that 0.0\u202f%. It is gone at 24.5\u202fbps per side."
    )
    assert "nothing to lose to costs" in cost_chart(changed(case, break_even_cost_bps=-3.0))["alt"]
    assert cost_chart(changed(case, break_even_cost_bps=None))["alt"].endswith("No cost brings it to 0.")


def test_costs_of_nothing_mark_nothing(case: SimpleNamespace) -> None:
    """Where no cost is configured, the multiples of a basis are neither marked nor called twice anything."""
    free = changed(case, break_even_cost_bps=5.0) | {
        "backtest": {"threshold": 0.7, "fee_bps": 0.0, "slippage_bps": 0.0}
    }
    chart = cost_chart(free)
    assert list(labels(chart)) == ["break-even"]
    assert "twice" not in chart["alt"]


def test_the_threshold_curve_is_the_table(case: SimpleNamespace) -> None:
    """Net return above, trades below, the chosen threshold marked, the best one told."""
    chart, rows = threshold_chart(case.report), case.report["robustness"]["threshold_curve"]
    curve, trades = chart["data"]
    assert curve["y"] == [row["total_return"] for row in rows]
    assert trades["y"] == [row["n_trades"] for row in rows]
    assert labels(chart)["as chosen"] == THRESHOLDS.index(0.7)
    best = max(rows, key=lambda row: row["total_return"])
    assert f"The best is {best['threshold']:.2f}" in chart["alt"]


@pytest.mark.parametrize(("even", "anchor"), [(5.0, "left"), (55.0, "right")])
def test_a_label_stays_inside(case: SimpleNamespace, even: float, anchor: str) -> None:
    """Beside a line at the right end of the axis the text stands on its left."""
    marks = cost_chart(changed(case, break_even_cost_bps=even))["layout"]["annotations"]
    assert [mark["xanchor"] for mark in marks if mark["text"] == "break-even"] == [anchor]


def test_a_threshold_outside_is_not_marked(case: SimpleNamespace) -> None:
    """Neither a threshold beyond the curve nor none at all has a line."""
    for threshold in (0.99, None):
        chart = threshold_chart(case.report | {"backtest": {"threshold": threshold}})
        assert "as chosen" not in labels(chart)


def test_a_curve_without_results_says_so(case: SimpleNamespace) -> None:
    """Thresholds at which nothing came out are told as such."""
    rows = [row | {"total_return": None} for row in case.report["robustness"]["threshold_curve"]]
    assert threshold_chart(changed(case, threshold_curve=rows))["alt"] == "At no threshold was there a result."


def test_the_surface_is_the_table_with_its_line(case: SimpleNamespace) -> None:
    """Cells as measured, the line where they turn, a frame around the configuration."""
    found = {"thresholds": [0.6, 0.7, 0.8], "cost_bps": [0.0, 10.0, 20.0]}
    found |= {"total_return": [[0.1, 0.3, -0.1], [-0.1, 0.1, -0.2], [-0.2, -0.1, None]]}
    chart = surface_chart(changed(case, cost_threshold_surface=found))
    cells, line = chart["data"]
    assert cells["z"] == found["total_return"]
    assert line["y"] == pytest.approx([0.5, 1.5, None], nan_ok=True)
    (frame,) = chart["layout"]["shapes"]
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (0.5, 1.5, 0.5, 1.5)
    assert chart["alt"].startswith(
        "Net return from \u221220.0\u202f% to +30.0\u202f%; 38\u202f% of the cells are above 0."
    )


def test_a_configuration_outside_the_surface_has_no_frame(case: SimpleNamespace) -> None:
    """Without its threshold in the grid there is no cell to frame; without any value there is nothing to tell."""
    surface = case.report["robustness"]["cost_threshold_surface"]
    assert surface_chart(case.report | {"backtest": {"threshold": 0.99, "fee_bps": 5}})["layout"]["shapes"] == []
    empty = surface | {"total_return": [[None] * len(surface["thresholds"])] * len(surface["cost_bps"])}
    assert surface_chart(changed(case, cost_threshold_surface=empty))["alt"] == "Nothing is known."
    assert surface_chart(changed(case, cost_threshold_surface=surface | {"total_return": []})) is None
