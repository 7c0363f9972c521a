from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from trady2.reports.downsample import MOST_MARKS
from trady2.reports.equity_chart import equity_chart


def unpacked(values: dict[str, str]) -> np.ndarray:
    """Doubles as plotly.js reads them."""
    return np.frombuffer(base64.b64decode(values["bdata"]), dtype="<f8")


def traces(case: SimpleNamespace, **given: Any) -> dict[str, dict[str, Any]]:
    """The lines and marks of the chart by name."""
    backtest = case.backtest
    known = {"trades": backtest.trades, "equity": backtest.equity, "benchmark": backtest.benchmark} | given
    chart = equity_chart(case.report, known["trades"], known["equity"], known["benchmark"])
    return {trace["name"]: trace for trace in chart["data"]}


def test_short_lines_are_drawn_to_the_bit(case: SimpleNamespace) -> None:
    """Times in milliseconds and money are those of the series, exactly."""
    drawn, equity = traces(case)["strategy"], case.backtest.equity
    np.testing.assert_array_equal(unpacked(drawn["y"]), equity.to_numpy())
    np.testing.assert_array_equal(unpacked(drawn["x"]), [time.timestamp() * 1000 for time in equity.index])


def test_the_deepest_fall_is_the_metric(case: SimpleNamespace) -> None:
    """The lowest point below the peak is the maximum drawdown of the report."""
    assert unpacked(traces(case)["below the peak"]["y"]).min() == case.report["metrics"]["max_drawdown"]


def test_long_lines_keep_their_extremes(case: SimpleNamespace) -> None:
    """Of 50,000 bars few are drawn, the highest and lowest among them."""
    index = pd.date_range("2020-01-01", periods=50_000, freq="h", tz="UTC", unit="us")
    money = pd.Series(np.exp(np.random.default_rng(0).standard_normal(50_000).cumsum() * 0.001), index=index)
    drawn = unpacked(traces(case, equity=money, benchmark=None)["strategy"]["y"])
    assert len(drawn) <= 4800
    assert (drawn.min(), drawn.max(), drawn[-1]) == (money.min(), money.max(), money.iloc[-1])


def test_marks_sit_on_the_line(case: SimpleNamespace) -> None:
    """Each trade is marked at its exit, at the equity of that bar, won and lost by shape as well as colour."""
    drawn = traces(case)
    won, lost = drawn["trade won"], drawn["trade lost"]
    assert won["marker"]["symbol"] != lost["marker"]["symbol"]
    times = unpacked(won["x"])
    expected = case.backtest.trades.loc[case.backtest.trades["net_return"] > 0, "exit_time"]
    np.testing.assert_array_equal(times, [time.timestamp() * 1000 for time in expected])
    np.testing.assert_array_equal(unpacked(won["y"]), case.backtest.equity[expected].to_numpy())


def test_many_marks_are_thinned_to_the_extremes(case: SimpleNamespace) -> None:
    """Thousands of trades leave few marks, and the best and the worst trade are among them."""
    many = pd.concat([case.backtest.trades] * 60, ignore_index=True)
    many["net_return"] = np.random.default_rng(1).standard_normal(len(many))
    drawn = traces(case, trades=many)
    texts = [text for name in ("trade won", "trade lost") for text in drawn[name]["text"]]
    assert len(texts) <= MOST_MARKS
    for extreme in (many["net_return"].max(), many["net_return"].min()):
        assert any(f"{abs(extreme) * 100:.2f}" in text for text in texts)


def test_names_cannot_be_markup(case: SimpleNamespace) -> None:
    """plotly.js reads hover texts as a kind of HTML; an asset's name is escaped for it."""
    renamed = case.backtest.trades.assign(asset="<b>A</b>")
    assert traces(case, trades=renamed)["trade won"]["text"][0].startswith("&lt;b&gt;A&lt;/b&gt; ")


def test_the_chart_is_told_in_words(case: SimpleNamespace) -> None:
    """The alternative text has both returns and the deepest fall."""
    alt = equity_chart(case.report, case.backtest.trades, case.backtest.equity, None)["alt"]
    assert alt.startswith("Equity from 10,000.00 to ")
    assert "for buy and hold; the deepest fall is \u2212" in alt
