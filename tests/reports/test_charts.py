from __future__ import annotations

import json
from types import SimpleNamespace

from trady2.reports.charts import charts

TIME = ["equity", "price", "rolling", "days", "returns"]
ALL = [*TIME, "reliability", "deciles", "luck", "costs", "thresholds", "surface", "sweep"]


def test_everything_known_is_drawn(case: SimpleNamespace) -> None:
    """Twelve charts in the order of the page, each strict JSON with a text for those who cannot see it."""
    drawn = charts(case.report, case.backtest.trades, case.frame)
    assert list(drawn) == ALL
    assert all(chart["alt"] for chart in drawn.values())
    assert json.loads(json.dumps(drawn, allow_nan=False)) == drawn


def test_nothing_known_is_not_drawn(case: SimpleNamespace) -> None:
    """One bar, no trade, no deciles, nothing tried leave no chart."""
    empty = case.report | {"deciles": [], "scorecard": None, "robustness": None, "sweep": None}
    assert charts(empty, case.backtest.trades.iloc[:0], case.frame.iloc[:1]) == {}


def test_each_part_of_robustness_may_be_missing(case: SimpleNamespace) -> None:
    """What was not measured is left out alone."""
    names = ("costs", "threshold_curve", "cost_threshold_surface", "random_entries", "bootstrap")
    robustness = case.report["robustness"] | dict.fromkeys(names)
    drawn = charts(case.report | {"robustness": robustness}, case.backtest.trades, case.frame)
    assert list(drawn) == [*TIME, "reliability", "deciles", "sweep"]


def test_only_charts_over_time_have_zones(case: SimpleNamespace) -> None:
    """Parts of history lie on the three charts whose axis is time."""
    drawn = charts(case.report, case.backtest.trades, case.frame)
    assert [name for name, chart in drawn.items() if "zones" in chart] == ["equity", "price", "rolling"]
