from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from tests.reports.unpacking import by_name, unpacked
from trady2.reports.downsample import MOST_MARKS
from trady2.reports.price_chart import price_chart


def two_assets(case: SimpleNamespace) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Trades and frame of the case with a second asset, which has bars in its second half and half the trades."""
    trades = case.backtest.trades.copy()
    trades.loc[trades.index % 2 == 0, "asset"] = "<b>"
    late = case.frame["close:SIM-USD"].where(np.arange(len(case.frame)) >= 700)
    return trades, case.frame.assign(**{"close:<b>": late})


def test_the_price_is_drawn_to_the_bit(case: SimpleNamespace) -> None:
    """The line holds every close at its time."""
    (choice,) = price_chart(case.report, case.backtest.trades, case.frame)["choices"]
    drawn = by_name(choice)["SIM-USD"]
    np.testing.assert_array_equal(unpacked(drawn["y"]), case.bars["close"])
    np.testing.assert_array_equal(unpacked(drawn["x"]), [time.timestamp() * 1000 for time in case.bars["timestamp"]])


def test_entries_and_exits_lie_at_their_prices(case: SimpleNamespace) -> None:
    """Bought at the entry, sold at the exit, won and lost apart by shape; a line joins each pair."""
    trades = case.backtest.trades
    (choice,) = price_chart(case.report, trades, case.frame)["choices"]
    drawn = by_name(choice)
    won = trades[trades["net_return"] > 0]
    np.testing.assert_array_equal(unpacked(drawn["bought"]["y"]), trades["entry_price"])
    np.testing.assert_array_equal(unpacked(drawn["sold, won"]["y"]), won["exit_price"])
    np.testing.assert_array_equal(unpacked(drawn["sold, won"]["x"]), [t.timestamp() * 1000 for t in won["exit_time"]])
    assert drawn["sold, won"]["marker"]["symbol"] != drawn["sold, lost"]["marker"]["symbol"]
    joined = unpacked(choice["data"][1]["y"]).reshape(-1, 3)
    np.testing.assert_array_equal(joined[:, :2], won[["entry_price", "exit_price"]])
    assert np.isnan(joined[:, 2]).all()


def test_each_asset_is_a_choice_of_its_own(case: SimpleNamespace) -> None:
    """A line begins where its asset has bars, holds only its own trades, and its name is no markup."""
    trades, frame = two_assets(case)
    first, second = price_chart(case.report, trades, frame)["choices"]
    assert [first["name"], second["name"]] == ["SIM-USD", "<b>"]
    assert len(unpacked(by_name(second)["&lt;b&gt;"]["y"])) == len(frame) - 700
    assert first["layout"]["xaxis"]["range"] == second["layout"]["xaxis"]["range"]
    own = trades[trades["asset"] == "<b>"]
    np.testing.assert_array_equal(unpacked(by_name(second)["bought"]["y"]), own["entry_price"])


def test_thousands_of_trades_are_thinned(case: SimpleNamespace) -> None:
    """Few are marked, the best and the worst among them."""
    many = pd.concat([case.backtest.trades] * 60, ignore_index=True)
    many["net_return"] = np.random.default_rng(1).standard_normal(len(many))
    drawn = by_name(price_chart(case.report, many, case.frame)["choices"][0])
    assert len(drawn["bought"]["text"]) <= MOST_MARKS / 2
    for extreme in (many["net_return"].max(), many["net_return"].min()):
        assert any(f"{abs(extreme) * 100:.2f}" in text for text in drawn["bought"]["text"])


def test_the_words_count_the_trades(case: SimpleNamespace) -> None:
    """From where to where the price went, and how many trades won."""
    trades = case.backtest.trades
    alt = price_chart(case.report, trades, case.frame)["alt"]
    assert alt.startswith("SIM-USD from 100.")
    assert alt.endswith(f"{(trades['net_return'] > 0).sum()} won, {(trades['net_return'] <= 0).sum()} lost.")


def test_nothing_to_draw_is_no_chart(case: SimpleNamespace) -> None:
    """Without closes, or with fewer than two, there is no chart; without trades there is the price alone."""
    trades, bare = case.backtest.trades, case.frame[["equity"]]
    assert price_chart(case.report, trades, bare) is None
    assert price_chart(case.report, trades, bare.assign(**{"close:A": np.nan})) is None
    (choice,) = price_chart(case.report, trades.iloc[:0], case.frame)["choices"]
    assert [trace["name"] for trace in choice["data"]] == ["SIM-USD"]
