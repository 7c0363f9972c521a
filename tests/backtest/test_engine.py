from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, random_rows
from tests.backtest.reference import replay
from trady2.backtest import BacktestConfig, run
from trady2.errors import ConfigError, DataError, NotEnoughDataError

LEDGERS = sorted((Path(__file__).parent / "ledgers").glob("*.csv"))
REAL_BARS = next((path for root in LEDGERS[0].parents if (path := root / "shared/data/bars").is_dir()), None)
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


@pytest.mark.parametrize(
    "probability", [np.zeros(3), np.zeros(5), np.zeros((4, 1)), 0.5], ids=["short", "long", "2d", "scalar"]
)
def test_probability_of_another_length_is_refused(probability):
    """One probability per bar, or an error that names both lengths."""
    with pytest.raises(DataError, match=r"probability has shape \(.*\) beside 4 bars; give one value per bar"):
        run(frame(ROWS), probability, CONFIG)


@pytest.mark.parametrize("value", [1.5, -0.1, np.inf, -np.inf])
def test_score_that_is_no_probability_is_refused(value):
    """A raw score is not compared with a threshold by accident."""
    with pytest.raises(DataError, match=r"row 2: .* is no probability; calibrate the score") as caught:
        run(frame(ROWS), [0.1, 0.2, value, 0.3], CONFIG)
    assert caught.value.row == 2


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda bars: bars.iloc[[1, 0, 2, 3]], r"row 1, 2024-01-01T00.*: not later than.*; sort by time"),
        (lambda bars: bars.iloc[[0, 1, 1, 3]], r"row 2, 2024-01-01T01.*: not later than.*; sort by time"),
        (lambda bars: bars.assign(high=[101.0, 90, 104, 105]), r"row 1, .*: high below low; mend or drop"),
        (lambda bars: bars.assign(close=[100.0, np.nan, 103, 104]), r"row 1, .*: a price is missing.*; mend or drop"),
        (lambda bars: bars.assign(low=[99.0, -1, 101, 102]), r"row 1, .*: a price is not positive; mend or drop"),
        (lambda bars: bars.drop(columns="open"), r"no column open; they have timestamp, .*; rename or add"),
        (lambda bars: bars.assign(timestamp=bars["timestamp"].dt.tz_localize(None)), r"not a time with a zone; use"),
        (lambda bars: bars.iloc[:0], r"holds no bars; give it at least one"),
    ],
    ids=["unsorted", "twice", "high below low", "not finite", "negative", "no open", "naive time", "empty"],
)
def test_broken_bars_are_refused(spoil, message):
    """Bars that are no market never reach the engine; the message has the row, the reason and the way out."""
    bars = spoil(frame(ROWS)).reset_index(drop=True)
    with pytest.raises(DataError, match=message):
        run(bars, np.zeros(len(bars)), CONFIG)


def test_one_bar_is_not_enough():
    """A signal needs a bar after it."""
    with pytest.raises(NotEnoughDataError, match=r"1 bar is no market.*bring at least 2 bars"):
        run(frame(ROWS[:1]), [0.9], CONFIG)


def test_assets_in_turns_are_refused():
    """Rows that jump between assets would be traded as if they were neighbours."""
    bars = pd.concat([frame(ROWS, asset="A"), frame(ROWS, asset="B")]).sort_values("timestamp", kind="stable")
    with pytest.raises(DataError, match="sort"):
        run(bars.reset_index(drop=True), np.zeros(8), CONFIG)


def test_capital_is_split_equally_and_stays_apart():
    """Each asset trades its own half; one that ends early keeps its last value in the sum."""
    bars = pd.concat([frame(ROWS, asset="A"), frame(ROWS[:3], asset="B")], ignore_index=True)
    probability = [0.9, 0, 0, 0, 0, 0.9, 0]
    result = run(bars, probability, BacktestConfig(threshold=0.5, hold_bars=2, initial_cash=2000.0))
    assert result.trades["asset"].tolist() == ["A", "B"]
    assert result.trades["exit_reason"].tolist() == ["time", "end_of_data"]
    b_end = 1000 * 103 / 102
    np.testing.assert_allclose(result.equity, [2000, 2020, 1030 + b_end, 1030 + b_end])
    np.testing.assert_allclose(result.benchmark, [2000, 2040, 2060, 1040 + 1030])
    assert result.equity.index.tolist() == bars["timestamp"].iloc[:4].tolist()


def test_asset_that_begins_late_waits_with_its_share():
    """Before its first bar an asset's share is idle cash."""
    late = frame(ROWS, asset="B", start="2024-01-01T02:00")
    bars = pd.concat([frame(ROWS, asset="A"), late], ignore_index=True)
    result = run(bars, [0, 0, 0, 0, 0.9, 0, 0, 0], BacktestConfig(threshold=0.5, hold_bars=9, initial_cash=200.0))
    np.testing.assert_allclose(result.equity, [200, 200, 200, 202, 203, 204])


def test_trade_over_an_unexplained_gap_is_flagged():
    """A hole between entry and exit is flagged and counted, one before the entry is counted apart."""
    probability = [0.9, 0, 0, 0.9, 0, 0]
    rows = [*ROWS, (104, 105, 103, 104), (104, 105, 103, 104)]
    result = run(frame(rows, missing=[2, 4]), probability, BacktestConfig(threshold=0.5, hold_bars=2))
    assert result.trades["gap"].tolist() == [True, False]
    assert (result.counts["trades_over_gaps"], result.counts["entries_after_gap"]) == (1, 1)


def test_weekend_is_no_gap_with_sessions():
    """With sessions a position held over the weekend spans no gap, around the clock it does."""
    hours = pd.date_range("2024-01-01", periods=24 * 7 * 20, freq="h", tz="UTC", unit="us")
    hours = hours[hours.day_of_week < 5]
    bars = frame([(100, 101, 99, 100)] * len(hours)).assign(timestamp=hours)
    friday_night = (hours.day_of_week == 4) & (hours.hour == 21)
    gaps = {
        calendar: run(bars, friday_night * 1.0, BacktestConfig(threshold=0.5, hold_bars=4, calendar=calendar)).trades[
            "gap"
        ]
        for calendar in ("24/7", "sessions")
    }
    assert len(gaps["24/7"]) == 20
    assert gaps["24/7"].iloc[:-1].all()
    assert not gaps["sessions"].any()


def test_counts_account_for_every_signal():
    """Seen signals are accepted, ignored in a position, or on the last bar of their asset."""
    rng = np.random.default_rng(5)
    bars = pd.concat([frame(random_rows(rng, 200), asset=name) for name in "AB"], ignore_index=True)
    probability = np.where(rng.random(400) < 0.1, np.nan, rng.random(400))
    probability[[199, 399]] = 0.9
    config = BacktestConfig(threshold=0.5, hold_bars=5, stop_loss=0.02, take_profit=0.02)
    result = run(bars, probability, config)
    counts = result.counts
    assert counts["signals_seen"] == int((probability > 0.5).sum())
    assert counts["probabilities_missing"] == int(np.isnan(probability).sum())
    assert counts["signals_ignored_at_last_bar"] == 2
    assert counts["signals_seen"] == (
        counts["signals_accepted"] + counts["signals_ignored_in_position"] + counts["signals_ignored_at_last_bar"]
    )
    assert counts["signals_accepted"] == len(result.trades)
    assert counts["ambiguous_bars"] == int(result.trades["ambiguous"].sum()) > 0
    assert counts["gap_fills"] == int(result.trades["gap_fill"].sum()) > 0
    assert counts["forced_closes"] == int((result.trades["exit_reason"] == "end_of_data").sum())


def test_fills_on_filler_bars_are_counted():
    """A fill on a flat bar without volume, as venues fill outages, is counted; a quiet bar with volume is not."""
    rows = [(100, 101, 99, 100), (100, 100, 100, 100), (100, 101, 99, 100), (100, 100, 100, 100)]
    bars = frame(rows).assign(volume=[1.0, 0.0, 1.0, 2.0])
    assert run(bars, [0.9, 0, 0, 0], CONFIG).counts["fills_on_filler_bars"] == 1


def test_both_bounds_stand_beside_the_result():
    """The chosen order is one of the two bounds, and each has its own equity and total return."""
    bars = frame([(100, 101, 99, 100), (100, 106, 97, 104), (104, 105, 103, 104)])
    config = BacktestConfig(threshold=0.5, hold_bars=3, stop_loss=0.02, take_profit=0.05)
    careful = run(bars, [0.9, 0, 0], config)
    hopeful = run(bars, [0.9, 0, 0], config.model_copy(update={"intrabar": "optimistic"}))
    assert careful.equity.equals(careful.pessimistic.equity)
    assert hopeful.equity.equals(hopeful.optimistic.equity)
    assert hopeful.pessimistic.equity.equals(careful.equity)
    assert (round(careful.pessimistic.total_return, 12), round(careful.optimistic.total_return, 12)) == (-0.02, 0.05)
    assert careful.metrics["total_return"] == pytest.approx(careful.pessimistic.total_return)


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


def test_bars_without_an_asset_are_one_asset():
    """A plain frame of one market needs no column for its name."""
    result = run(frame(ROWS).drop(columns="asset"), [0.9, 0, 0, 0], CONFIG)
    assert result.trades["asset"].tolist() == ["unnamed"]


def test_bars_are_left_as_they_were():
    """A run changes neither the bars nor the probabilities."""
    bars, probability = frame(ROWS), np.array([0.9, 0, 0, 0])
    before = bars.copy(), probability.copy()
    run(bars, probability, CONFIG)
    pd.testing.assert_frame_equal(bars, before[0])
    np.testing.assert_array_equal(probability, before[1])


@pytest.mark.skipif(REAL_BARS is None, reason="no folder shared/data/bars with real bars above this checkout")
@pytest.mark.parametrize(("name", "calendar"), [("BTCEUR_1h", "24/7"), ("EURUSD-OANDA_1h", "sessions")])
def test_real_bars_equal_the_reference(name, calendar):
    """Real bars with real holes and weekends give the trades of the event-by-event replay."""
    bars = pd.read_parquet(REAL_BARS / f"{name}.parquet").iloc[-30_000:].reset_index(drop=True)
    probability = np.random.default_rng(0).random(len(bars))
    config = BacktestConfig(
        threshold=0.9, hold_bars=12, stop_loss=0.004, take_profit=0.006, fee_bps=2.0, calendar=calendar
    )
    result = run(bars, probability, config)
    expected = replay(bars[["open", "high", "low", "close"]].to_numpy().tolist(), probability, config, 10_000.0)
    assert result.trades["exit_reason"].tolist() == [trade["exit_reason"] for trade in expected.trades]
    np.testing.assert_allclose(result.trades["net_return"], [t["net_return"] for t in expected.trades], atol=1e-12)
    np.testing.assert_allclose(result.equity, expected.equity, rtol=1e-12)
    assert set(result.trades["exit_reason"]) >= {"time", "stop_loss", "take_profit"}
    hours = (result.trades["exit_time"] - result.trades["entry_time"]) / pd.Timedelta("1h")
    holes = hours != [trade["exit_bar"] - trade["entry_bar"] for trade in expected.trades]
    assert holes.any()
    if calendar == "24/7":
        assert result.trades["gap"].tolist() == holes.tolist()
    else:
        assert 0 < result.counts["trades_over_gaps"] < holes.sum() / 2
