from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reports.unpacking import by_name, unpacked
from trady2.reports.downsample import MOST_MARKS
from trady2.reports.equity_chart import bounds_differ, equity_chart, scale_of


def chart(case: SimpleNamespace, **given: Any) -> dict[str, Any]:
    """The chart of the case, with other trades or another equity frame."""
    known = {"report": case.report, "trades": case.backtest.trades, "equity": case.frame} | given
    return equity_chart(**known)


def traces(case: SimpleNamespace, **given: Any) -> dict[str, dict[str, Any]]:
    """Its lines and marks by name."""
    return by_name(chart(case, **given))


def parted(case: SimpleNamespace) -> pd.DataFrame:
    """The equity of the case, where the order inside a bar makes a tenth of a difference."""
    money = case.frame["equity"]
    return case.frame.assign(equity_pessimistic=money * 0.95, equity_optimistic=money * 1.05)


def test_short_lines_are_drawn_to_the_bit(case: SimpleNamespace) -> None:
    """Times in milliseconds and money are those of the frame, exactly."""
    drawn, equity = traces(case)["strategy"], case.backtest.equity
    np.testing.assert_array_equal(unpacked(drawn["y"]), equity.to_numpy())
    np.testing.assert_array_equal(unpacked(drawn["x"]), [time.timestamp() * 1000 for time in equity.index])


def test_the_deepest_fall_is_the_metric(case: SimpleNamespace) -> None:
    """The lowest point below the peak is the maximum drawdown of the report, and the axis reaches below it."""
    drawn = chart(case)
    deepest = unpacked(by_name(drawn)["below the peak"]["y"]).min()
    assert deepest == case.report["metrics"]["max_drawdown"]
    assert drawn["layout"]["yaxis2"]["range"][0] < deepest


def test_money_that_never_falls_has_an_axis(case: SimpleNamespace) -> None:
    """Without any fall the lower part still ends at 0 at its top."""
    low, high = chart(case, equity=case.frame.assign(equity=10.0))["layout"]["yaxis2"]["range"]
    assert low < high == 0


def test_long_lines_keep_their_extremes(case: SimpleNamespace) -> None:
    """Of 50,000 bars few are drawn, the highest and lowest among them."""
    index = pd.date_range("2020-01-01", periods=50_000, freq="h", tz="UTC", unit="us", name="timestamp")
    money = pd.Series(np.exp(np.random.default_rng(0).standard_normal(50_000).cumsum() * 0.001), index=index)
    drawn = unpacked(traces(case, equity=money.to_frame("equity"))["strategy"]["y"])
    assert len(drawn) <= 4000
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


def test_bounds_are_drawn_where_they_part(case: SimpleNamespace) -> None:
    """Both orders inside a bar are lines with the room between them filled; equal ones are left out."""
    drawn = traces(case, equity=parted(case))
    np.testing.assert_array_equal(unpacked(drawn["stop first"]["y"]), case.frame["equity"] * 0.95)
    np.testing.assert_array_equal(unpacked(drawn["target first"]["y"]), case.frame["equity"] * 1.05)
    assert list(drawn).index("target first") == list(drawn).index("stop first") + 1
    assert drawn["target first"]["fill"] == "tonexty"
    assert not {"stop first", "target first"} & set(traces(case))


def test_bounds_need_both_columns(case: SimpleNamespace) -> None:
    """One order alone is no range."""
    assert bounds_differ(parted(case))
    assert not bounds_differ(parted(case).drop(columns="equity_optimistic"))


def test_the_chart_is_told_in_words(case: SimpleNamespace) -> None:
    """The words have both returns and the deepest fall, and both orders where they differ."""
    alt = chart(case)["alt"]
    assert alt.startswith("Equity from 10,000.00 to ")
    assert "for buy and hold. The deepest fall is \u2212" in alt
    assert "the stop first gives" in chart(case, equity=parted(case))["alt"]


def test_zones_are_shaded_where_they_touch(case: SimpleNamespace) -> None:
    """Of the zones only that of the test lies in the bars shown."""
    assert [zone["zone"] for zone in chart(case)["zones"]] == ["test"]


@pytest.mark.parametrize(
    ("values", "scale"), [([1.0, 4.9], "linear"), ([1.0, 5.0], "log"), ([0.0, 9.0], "linear"), ([3.0, 3.0], "linear")]
)
def test_the_scale_follows_the_range(values: list[float], scale: str) -> None:
    """Five times is far enough for a logarithmic scale; nothing at or below 0 has one."""
    assert scale_of([np.array(values)]) == scale
    assert scale_of([np.array([value]) for value in values]) == scale
