from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from trady2.reports.luck_chart import luck_chart, luck_text

RANDOM = {"runs": 1000, "percentile": 0.93, "total_return_low": -0.2, "total_return_median": -0.05}
RANDOM |= {"total_return_high": 0.1}
BOOTSTRAP = {"runs": 500, "level": 0.9, "total_return": {"low": -0.1, "high": 0.4}}


def report(random: Any = RANDOM, bootstrap: Any = BOOTSTRAP, held: float | None = 0.2) -> dict[str, Any]:
    """A report with the parts that the chart needs."""
    metrics = {"total_return": 0.15, "buy_and_hold_return": held}
    return {"robustness": {"random_entries": random, "bootstrap": bootstrap}, "metrics": metrics}


def rows(chart: dict[str, Any]) -> dict[str, list[list[float]]]:
    """What is drawn in each row."""
    found: dict[str, list[list[float]]] = {}
    for trace in chart["data"]:
        found.setdefault(trace["y"][0], []).append(trace["x"])
    return found


def test_all_returns_stand_side_by_side() -> None:
    """Random entries with their middle, the strategy within its interval, buy and hold, each in its row."""
    assert rows(luck_chart(report())) == {
        "buy and hold": [[0.2]],
        "random entries": [[-0.2, 0.1], [-0.05]],
        "strategy": [[-0.1, 0.4], [0.15]],
    }


def test_a_distant_benchmark_is_left_to_the_words() -> None:
    """Buy and hold that would squeeze everything else is told instead of drawn."""
    chart = luck_chart(report(held=12.8))
    assert list(rows(chart)) == ["random entries", "strategy"]
    assert chart["alt"].endswith("Buy and hold made +1,280.0\u202f%.")
    assert "Buy and hold" not in luck_chart(report())["alt"]
    assert list(rows(luck_chart(report(held=None)))) == ["random entries", "strategy"]


def test_one_half_is_enough() -> None:
    """Without random entries, or without a bootstrap, the rest is drawn; without both nothing is."""
    assert rows(luck_chart(report(random=None)))["strategy"] == [[-0.1, 0.4], [0.15]]
    assert rows(luck_chart(report(bootstrap=None)))["strategy"] == [[0.15]]
    assert luck_chart(report(random=None, bootstrap=None)) is None
    assert luck_chart({"robustness": None, "metrics": {}}) is None


def test_nothing_lies_on_the_edge(case: SimpleNamespace) -> None:
    """The axis reaches beyond everything drawn, and holds 0."""
    chart = luck_chart(case.report)
    low, high = chart["layout"]["xaxis"]["range"]
    drawn = [value for trace in chart["data"] for value in trace["x"]]
    assert low < min([0, *drawn])
    assert high > max([0, *drawn])


def test_luck_is_told_in_words() -> None:
    """The place among random entries and the interval of the resampled past, in plain sentences."""
    text = luck_text({"random_entries": RANDOM, "bootstrap": BOOTSTRAP})
    assert text.startswith("The strategy earned more than 93\u202f% of 1,000 strategies that entered at random")
    assert text.endswith("shuffled 500 times, gives \u221210.0\u202f% to +40.0\u202f% in 90\u202f% of the cases.")
    assert luck_text({"random_entries": RANDOM | {"percentile": None}, "bootstrap": None}) == ""
