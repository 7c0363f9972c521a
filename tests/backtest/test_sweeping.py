from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.markets import LEVELS, frame, random_rows
from tests.backtest.test_sweep_pricing import several
from trady2.backtest import BacktestConfig, SweepInterrupted, run, sweep
from trady2.backtest.sweep_pricing import METRICS
from trady2.errors import ConfigError, DataError

GRID = {"threshold": [0.4, 0.55], "hold_bars": [2, 5], "stop_loss": [None, 0.01], "fee_bps": [0, 10, 25]}


def choices(values, most=3):
    """Draw a list of some of the values, or one of them alone."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=most) | st.sampled_from(values)


grids = st.fixed_dictionaries(
    {"threshold": choices([0.0, 0.5, 0.55]), "hold_bars": choices([1, 2, 3, 8, 100])},
    optional={
        "stop_loss": choices(LEVELS, 2),
        "take_profit": choices(LEVELS, 2),
        "trailing_stop": choices(LEVELS, 2),
        "fee_bps": choices([0, 10.0, 250], 2),
        "slippage_bps": choices([0.0, 100], 2),
        "fraction": choices([1.0, 0.3], 2),
        "intrabar": choices(["pessimistic", "optimistic"], 2),
    },
)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(2, 60), min_size=1, max_size=3), grids)
@settings(max_examples=15, deadline=None)
def test_every_configuration_equals_a_run(seed, lengths, grid):
    """Any grid on any market: each row has the figures of `run`, each column compounds to its total return."""
    bars, probability = several(seed, lengths)
    result = sweep(bars, probability, grid, threads=2)
    keys = list(result.axes)
    for number, row in result.table.iloc[:: max(1, len(result.table) // 12)].iterrows():
        values = {key: None if pd.isna(row[key]) else row[key] for key in keys}
        expected = run(bars, probability, BacktestConfig(**{**values, "hold_bars": int(values["hold_bars"])}))
        for name in result.table.columns.difference(keys):
            figure = np.nan if expected.metrics[name] is None else expected.metrics[name]
            np.testing.assert_allclose(row[name], figure, rtol=1e-12, atol=1e-12, err_msg=name)
        total = float(np.prod(1 + result.returns[number]) - 1)
        assert total == pytest.approx(expected.metrics["total_return"], abs=1e-12)


def market(n=400, seed=3):
    """Return bars and probabilities."""
    random = np.random.default_rng(seed)
    return frame(random_rows(random, n)), random.random(n)


@pytest.mark.parametrize(("name", "calendar"), [("BTCEUR_1h", "24/7"), ("EURUSD-OANDA_1h", "sessions")])
def test_real_bars_equal_runs(market_data, name, calendar):
    """Real bars with real holes and weekends: every figure is that of a run, and a day without bars earns nothing."""
    bars = pd.read_parquet(market_data / "bars" / f"{name}.parquet").iloc[-8_000:].reset_index(drop=True)
    probability = np.random.default_rng(0).random(len(bars))
    grid = {"threshold": [0.7, 0.97], "hold_bars": [3, 24], "stop_loss": [None, 0.004], "fee_bps": [0, 3]}
    result = sweep(bars, probability, {**grid, "calendar": calendar})
    assert len(result.table) == 16
    for number, row in result.table.iterrows():
        values = {"threshold": row["threshold"], "hold_bars": int(row["hold_bars"]), "fee_bps": row["fee_bps"]}
        stop = None if np.isnan(row["stop_loss"]) else row["stop_loss"]
        expected = run(bars, probability, BacktestConfig(**values, stop_loss=stop, calendar=calendar))
        figures = row[list(METRICS)].astype(float)
        np.testing.assert_allclose(figures, [expected.metrics[figure] for figure in METRICS], rtol=1e-12, atol=1e-12)
        by_day = expected.equity.resample("1D").last().ffill()
        np.testing.assert_allclose(result.returns[number], by_day / by_day.shift(fill_value=10_000.0) - 1, atol=1e-12)
    days = bars["timestamp"].dt.floor("D").nunique()
    assert len(result.returns) == days if calendar == "24/7" else len(result.returns) > 1.1 * days


def test_table_and_returns_have_the_promised_shape():
    """One row and one column a configuration, numbered alike; days without a gap; parameters before figures."""
    bars, probability = market()
    result = sweep(bars, probability, GRID)
    assert result.table.columns[:4].tolist() == ["threshold", "hold_bars", "stop_loss", "fee_bps"]
    assert result.table.index.equals(result.returns.columns)
    assert result.table.index.name == result.returns.columns.name == "configuration"
    assert (len(result.table), result.wanted, result.complete, result.period) == (24, 24, True, "1D")
    assert result.returns.index.equals(pd.date_range("2024-01-01", "2024-01-17", tz="UTC", unit="us", name="timestamp"))
    assert result.table.dtypes[["hold_bars", "n_trades", "stop_loss", "sharpe_ratio"]].astype(str).tolist() == [
        "int64",
        "int64",
        "float64",
        "float64",
    ]


def test_one_thread_and_two_give_the_same_bits():
    """The result does not depend on how many threads work."""
    bars, probability = market(2_000)
    one, two = (sweep(bars, probability, GRID, threads=threads) for threads in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    pd.testing.assert_frame_equal(one.returns, two.returns, check_exact=True)


def test_trials_come_in_order_from_the_calling_thread():
    """Each configuration is told once, in the order of the numbers, with what the result says of it."""
    bars, probability = market()
    told, threads, shares = [], set(), []

    def on_trial(trial):
        told.append(trial)
        threads.add(threading.current_thread())

    def progress(text, share):
        shares.append((text, share))

    result = sweep(bars, probability, GRID, on_trial=on_trial, progress=progress)
    assert [trial.number for trial in told] == list(range(24))
    assert threads == {threading.current_thread()}
    assert told[7].parameters == {key: told[7].metrics.get(key, getattr(told[7].config, key)) for key in result.axes}
    pd.testing.assert_series_equal(told[7].returns, result.returns[7])
    assert told[7].metrics["total_return"] == result.table["total_return"][7]
    assert (shares[0], shares[-1]) == (("1 of 24 configurations", 1 / 24), ("24 of 24 configurations", 1.0))


@pytest.mark.parametrize("reason", ["a key", "a column"])
def test_what_only_a_run_can_trade_is_run(monkeypatch, reason):
    """A key or column that pricing does not know takes the slow way and gives the same result."""
    bars, probability = market()
    fast, calls = sweep(bars, probability, GRID), []

    def counted(*arguments):
        calls.append(arguments)
        return run(*arguments)

    monkeypatch.setattr("trady2.backtest.sweeping.run", counted)
    if reason == "a key":
        monkeypatch.setattr("trady2.backtest.sweep_pricing._FAST_KEYS", {"threshold", "hold_bars", "fee_bps"})
    else:
        bars = bars.assign(funding_rate=0.0)
    slow = sweep(bars, probability, GRID)
    assert len(calls) == (12 if reason == "a key" else 24)
    pd.testing.assert_frame_equal(slow.table, fast.table, rtol=1e-12, atol=1e-12)
    pd.testing.assert_frame_equal(slow.returns, fast.returns, rtol=1e-12, atol=1e-12)


def test_an_error_of_the_callback_ends_the_sweep():
    """What the callback raises comes through, and no thread stays behind."""
    bars, probability = market()

    def refuse(trial):
        if trial.number == 3:
            raise RuntimeError("the ledger is full")

    with pytest.raises(RuntimeError, match="the ledger is full"):
        sweep(bars, probability, GRID, on_trial=refuse)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("sweep")]


def test_ctrl_c_stops_a_long_sweep_and_keeps_what_was_done():
    """An interruption ends within moments; the trials that were told are the first ones without a hole."""
    bars, probability = market(20_000)
    grid = {"threshold": np.linspace(0.1, 0.9, 100), "hold_bars": range(1, 101), "fee_bps": 1}
    told: list[int] = []
    asked: list[float] = []

    def on_trial(trial):
        told.append(trial.number)
        if len(told) == 40:
            asked.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(SweepInterrupted, match=r"^$") as stopped:
        sweep(bars, probability, grid, on_trial=on_trial)
    assert time.monotonic() - asked[0] < 2
    assert told == list(range(len(told)))
    assert 40 <= len(told) < 1_000
    done = stopped.value.done
    assert (done.complete, done.wanted, done.returns.shape[1]) == (False, 10_000, len(done.table))
    assert len(told) - len(done.table) in (0, 1)  # the one whose callback was interrupted is told, not done
    first = {key: list(values)[: 1 if key == "threshold" else None] for key, values in done.axes.items()}
    whole = sweep(bars, probability, first)
    pd.testing.assert_frame_equal(done.table, whole.table[: len(done.table)], check_exact=True)
    pd.testing.assert_frame_equal(done.returns, whole.returns.iloc[:, : len(done.table)], check_exact=True)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("sweep")]


def test_an_interruption_before_anything_was_done_is_plain(monkeypatch):
    """Where nothing is finished there is nothing to hand over."""
    bars, probability = market()

    def interrupted(*_arguments):
        raise KeyboardInterrupt("at once")

    monkeypatch.setattr("trady2.backtest.sweep_pricing.trade", interrupted)
    with pytest.raises(KeyboardInterrupt, match="at once"):
        sweep(bars, probability, GRID)


def test_faults_of_grid_bars_and_period_are_told():
    """Grid, bars, probabilities and period are checked before the work begins."""
    bars, probability = market(50)
    with pytest.raises(ConfigError, match="'hold_bars' is missing"):
        sweep(bars, probability, {})
    with pytest.raises(DataError, match=r"probability has shape \(49,\) beside 50 bars"):
        sweep(bars, probability[1:], GRID)
    with pytest.raises(DataError, match="'1 day' is no timeframe"):
        sweep(bars, probability, GRID, period="1 day")
