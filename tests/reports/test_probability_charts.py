from __future__ import annotations

from types import SimpleNamespace

from tests.reports.unpacking import by_name
from trady2.reports.probability_charts import decile_chart, reliability_chart


def test_reliability_is_that_of_the_deciles(case: SimpleNamespace) -> None:
    """The chart holds the report's numbers unchanged, and both axes have one scale."""
    chart, deciles = reliability_chart(case.report), case.report["deciles"]
    drawn = by_name(chart)["model"]
    assert drawn["x"] == [row["probability_mean"] for row in deciles]
    assert drawn["y"] == [row["realised_rate"] for row in deciles]
    assert chart["layout"]["xaxis"]["range"] == chart["layout"]["yaxis"]["range"]


def test_the_scorecard_stands_in_for_the_deciles(case: SimpleNamespace) -> None:
    """Without predictions the reliability of the scorecard is drawn; without both there is none."""
    bare = case.report | {"deciles": []}
    assert by_name(reliability_chart(bare))["model"]["y"] == [0.25, 0.3]
    assert reliability_chart(bare | {"scorecard": None}) is None
    assert reliability_chart(bare | {"scorecard": {"intervals": {}}}) is None


def test_accuracy_stands_above_profit(case: SimpleNamespace) -> None:
    """Shares that came true and that gained above, mean returns after costs below, each the report's own."""
    deciles = case.report["deciles"]
    chart = decile_chart(deciles)
    came, gained, profit = chart["data"]
    assert came["y"] == [row["realised_rate"] for row in deciles]
    assert gained["y"] == [row["win_rate"] for row in deciles]
    assert profit["y"] == [row["mean_net_return"] for row in deciles]
    assert [colour == "--accent" for colour in profit["marker"]["color"]] == [value > 0 for value in profit["y"]]
    assert chart["layout"]["annotations"][0]["text"] == "mean return after costs"


def test_without_costs_it_says_so(case: SimpleNamespace) -> None:
    """Where net returns are not known the returns before costs are drawn, under their name."""
    deciles = [row | {"mean_net_return": None, "win_rate": None} for row in case.report["deciles"]]
    chart = decile_chart(deciles)
    assert [trace["y"] for trace in chart["data"]][1] == [row["mean_forward_return"] for row in deciles]
    assert chart["layout"]["annotations"][0]["text"] == "mean return before costs"
    assert "the mean return before costs from" in chart["alt"]


def test_unknown_forward_returns_are_said(case: SimpleNamespace) -> None:
    """Without any return the bars are empty and the words say why; without deciles there is no chart."""
    nothing = {"mean_forward_return": None, "mean_net_return": None, "win_rate": None}
    chart = decile_chart([row | nothing for row in case.report["deciles"]])
    assert chart["alt"].endswith("No forward returns are known.")
    assert decile_chart([]) is None
