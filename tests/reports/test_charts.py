from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np

from trady2.reports.charts import charts


def test_everything_known_is_drawn(case: SimpleNamespace) -> None:
    """Four charts, each strict JSON with a text for those who cannot see it."""
    drawn = charts(case.report, case.backtest.trades, case.backtest.equity, case.backtest.benchmark)
    assert list(drawn) == ["equity", "returns", "reliability", "deciles"]
    assert all(chart["alt"] for chart in drawn.values())
    assert json.loads(json.dumps(drawn, allow_nan=False)) == drawn


def test_nothing_known_is_not_drawn(case: SimpleNamespace) -> None:
    """One bar, no trade and no deciles leave no chart."""
    empty = case.report | {"deciles": [], "scorecard": None}
    assert charts(empty, case.backtest.trades.iloc[:0], case.backtest.equity.iloc[:1], None) == {}


def test_the_histogram_counts_every_trade(case: SimpleNamespace) -> None:
    """The bars hold all trades, and none spans zero: what is coloured as a loss is one."""
    (bars,) = charts(case.report, case.backtest.trades, case.backtest.equity, None)["returns"]["data"]
    net = case.backtest.trades["net_return"].to_numpy()
    middle, counts = np.array(bars["x"]), np.array(bars["y"])
    assert counts.sum() == len(net)
    assert counts[middle < 0].sum() == (net < 0).sum()
    assert [colour == "--loss" for colour in bars["marker"]["color"]] == (middle < 0).tolist()


def test_equal_trades_fit_one_bar(case: SimpleNamespace) -> None:
    """A single value has no range, and still a histogram."""
    same = case.backtest.trades.assign(net_return=0.0)
    (bars,) = charts(case.report, same, case.backtest.equity, None)["returns"]["data"]
    assert max(bars["y"]) == len(same)


def test_probability_charts_are_the_deciles(case: SimpleNamespace) -> None:
    """Both charts hold the report's numbers unchanged."""
    drawn = charts(case.report, case.backtest.trades, case.backtest.equity, None)
    deciles = case.report["deciles"]
    assert drawn["reliability"]["data"][1]["x"] == [row["probability_mean"] for row in deciles]
    assert drawn["reliability"]["data"][1]["y"] == [row["realised_rate"] for row in deciles]
    assert drawn["deciles"]["data"][0]["y"] == [row["mean_forward_return"] for row in deciles]


def test_the_scorecard_stands_in_for_the_deciles(case: SimpleNamespace) -> None:
    """Without predictions the reliability of the scorecard is drawn, and no returns."""
    drawn = charts(case.report | {"deciles": []}, case.backtest.trades, case.backtest.equity, None)
    assert list(drawn) == ["equity", "returns", "reliability"]
    assert drawn["reliability"]["data"][1]["y"] == [0.25, 0.3]


def test_unknown_forward_returns_are_said(case: SimpleNamespace) -> None:
    """Without forward returns the bars are empty and the text says why."""
    report = case.report | {"deciles": [row | {"mean_forward_return": None} for row in case.report["deciles"]]}
    drawn = charts(report, case.backtest.trades, case.backtest.equity, None)["deciles"]
    assert drawn["alt"] == "No forward returns are known."
