from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.backtest.comparison import for_reference
from tests.backtest.markets import frame
from tests.backtest.reference import replay
from trady2.backtest import BacktestConfig, run
from trady2.errors import ConfigError

LEDGERS = sorted((Path(__file__).parent / "ledgers").glob("*.csv"))
ROWS = [(100, 101, 99, 100), (100, 103, 99, 102), (102, 104, 101, 103), (103, 105, 102, 104)]
CONFIG = BacktestConfig(threshold=0.5, hold_bars=2)


def events_of(trades: pd.DataFrame, timestamps: list) -> list[list[tuple[str, float]]]:
    """Return what happened in each bar as pairs of what and price."""
    events: list[list[tuple[str, float]]] = [[] for _ in timestamps]
    place = {time: row for row, time in enumerate(timestamps)}
    for trade in trades.to_dict("records"):
        events[place[trade["entry_time"]]].append(("buy", trade["entry_price"]))
        events[place[trade["exit_time"]]].append((trade["exit_reason"], trade["exit_price"]))
    return events


def test_every_rule_has_its_ledger():
    """Rules 1 to 11 of the semantics and the three native defects of peers stand in at least one ledger each."""
    names = " ".join(path.stem for path in LEDGERS)
    assert [rule for rule in range(1, 13) if f"rule_{rule:02d}_" not in names] == []
    assert [row for row in (1, 2, 3) if f"native_{row}" not in names] == []


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.stem)
def test_ledger(path):
    """The trades and the equity are those that were worked out by hand."""
    config = next(line for line in path.read_text().splitlines() if line.startswith("# {"))
    ledger = pd.read_csv(path, comment="#", keep_default_na=False, na_values={"probability": ""})
    bars = frame(ledger[["open", "high", "low", "close"]].to_numpy())
    values = {key: float(value) if key.endswith("_bps") else value for key, value in json.loads(config[2:]).items()}
    result = run(bars, ledger["probability"], BacktestConfig(initial_cash=1000.0, **values))
    expected = [
        [(what, float(price)) for what, price in (event.split() for event in cell.split("; ") if event)]
        for cell in ledger["events"]
    ]
    got = events_of(result.trades, bars["timestamp"].to_list())
    assert [[what for what, _ in bar] for bar in expected] == [[what for what, _ in bar] for bar in got]
    prices = [[price for bar in events for _, price in bar] for events in (got, expected)]
    np.testing.assert_allclose(*prices, rtol=1e-12)
    np.testing.assert_allclose(result.equity, ledger["equity"].to_numpy(), rtol=1e-12)


def test_threshold_none_says_the_way_out():
    """Without a threshold and without a version there is nothing to trade on."""
    with pytest.raises(ConfigError, match=r"threshold is None.*set threshold=0\.6.*or backtest a version"):
        run(frame(ROWS), np.zeros(4), BacktestConfig(hold_bars=2))


def test_frames_have_the_promised_shape():
    """Columns, types, clock and order are those of the public contract, with and without trades."""
    some = run(frame(ROWS), [0.9, 0, 0, 0], CONFIG)
    none = run(frame(ROWS), np.zeros(4), CONFIG)
    first = [
        "asset",
        "entry_time",
        "exit_time",
        "entry_price",
        "exit_price",
        "quantity",
        "net_return",
        "pnl",
        "exit_reason",
        "gap",
    ]
    assert some.trades.columns[:10].tolist() == first
    assert some.trades.dtypes.equals(none.trades.dtypes)
    assert str(some.trades["entry_time"].dtype) == "datetime64[us, UTC]"
    assert (str(some.trades["exit_reason"].dtype), str(some.trades["gap"].dtype)) == ("str", "bool")
    assert str(some.equity.index.dtype) == "datetime64[us, UTC]"
    assert (some.equity.index.name, some.equity.name) == ("timestamp", "equity")
    assert (len(none.trades), none.equity.tolist()) == (0, [10_000.0] * 4)


def test_bars_are_left_as_they_were():
    """A run changes neither the bars nor the probabilities."""
    bars, probability = frame(ROWS), np.array([0.9, 0, 0, 0])
    before = bars.copy(), probability.copy()
    run(bars, probability, CONFIG)
    pd.testing.assert_frame_equal(bars, before[0])
    np.testing.assert_array_equal(probability, before[1])


@pytest.mark.parametrize(("name", "calendar"), [("BTCEUR_1h", "24/7"), ("EURUSD-OANDA_1h", "sessions")])
def test_real_bars_equal_the_reference(name, calendar, market_data):
    """Real bars with real holes and weekends give the trades of the event-by-event replay."""
    bars = pd.read_parquet(market_data / f"bars/{name}.parquet").iloc[-30_000:].reset_index(drop=True)
    probability = np.random.default_rng(0).random(len(bars))
    config = BacktestConfig(
        threshold=0.9, hold_bars=12, stop_loss=0.004, take_profit=0.006, fee_bps=2.0, calendar=calendar
    )
    result = run(bars, probability, config)
    columns = ["timestamp", "open", "high", "low", "close", "volume"]
    expected = replay(for_reference(bars[columns].assign(asset="A"), probability), config)
    trades = expected.trades["A"]
    assert result.trades["exit_reason"].tolist() == [trade["exit_reason"] for trade in trades]
    np.testing.assert_allclose(result.trades["net_return"], [trade["net_return"] for trade in trades], atol=1e-12)
    np.testing.assert_allclose(result.equity, expected.equity, rtol=1e-12)
    assert set(result.trades["exit_reason"]) >= {"time", "stop_loss", "take_profit"}
    hours = (result.trades["exit_time"] - result.trades["entry_time"]) / pd.Timedelta("1h")
    holes = hours != [trade["exit_bar"] - trade["entry_bar"] for trade in trades]
    assert holes.any()
    if calendar == "24/7":
        assert result.trades["gap"].tolist() == holes.tolist()
    else:
        assert 0 < result.counts["trades_over_gaps"] < holes.sum() / 2
