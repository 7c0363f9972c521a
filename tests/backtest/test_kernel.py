from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.markets import configs, frame, markets, random_rows
from tests.backtest.reference import replay
from trady2.backtest import BacktestConfig, mark, run, simulate

COLUMNS = ["entry_price", "exit_price", "quantity", "net_return", "pnl"]


def assert_same(bars, probability, config):
    """Compare a run on several assets with the reference, trade for trade and close for close; count the trades."""
    result = run(bars, probability, config)
    assets = list(dict.fromkeys(bars["asset"]))
    replays = {}
    for asset in assets:
        own = (bars["asset"] == asset).to_numpy()
        rows = bars.loc[own, ["open", "high", "low", "close"]].to_numpy().tolist()
        replays[asset] = replay(rows, probability[own], config, config.initial_cash / len(assets))
    expected = [{**trade, "asset": asset} for asset in assets for trade in replays[asset].trades]
    assert len(result.trades) == len(expected)
    times = {asset: bars.loc[bars["asset"] == asset, "timestamp"].to_list() for asset in assets}
    for got, want in zip(result.trades.to_dict("records"), expected, strict=True):
        assert (got["asset"], got["exit_reason"]) == (want["asset"], want["exit_reason"])
        assert got["entry_time"] == times[want["asset"]][want["entry_bar"]]
        assert got["exit_time"] == times[want["asset"]][want["exit_bar"]]
        np.testing.assert_allclose([got[c] for c in COLUMNS], [want[c] for c in COLUMNS], rtol=1e-12, atol=1e-12)
    curves = [pd.Series(replays[asset].equity, index=times[asset]) for asset in assets]
    total = pd.concat(curves, axis=1, sort=True).ffill().fillna(config.initial_cash / len(assets)).sum(axis=1)
    np.testing.assert_allclose(result.equity.to_numpy(), total.to_numpy(), rtol=1e-12)
    assert result.equity.index.tolist() == total.index.tolist()
    return len(expected)


@given(markets(), configs())
@settings(max_examples=150, deadline=None)
def test_one_asset_equals_the_reference(market, config):
    """Any market under any configuration gives the trades and the equity of the event-by-event replay."""
    rows, probability = market
    assert_same(frame(rows), probability, config)


@given(
    st.lists(markets(max_bars=15), min_size=2, max_size=4),
    st.lists(st.integers(0, 12), min_size=4, max_size=4),
    configs(),
)
@settings(max_examples=40, deadline=None)
def test_several_assets_equal_the_reference(parts, starts, config):
    """Assets that begin and end at different times trade their own shares, and the equity is their sum."""
    frames = [
        frame(rows, asset=name, start=f"2024-01-01T{start:02d}:00")
        for name, start, (rows, _) in zip("ABCD", starts, parts, strict=False)
    ]
    assert_same(pd.concat(frames, ignore_index=True), np.concatenate([p for _, p in parts]), config)


def test_ten_thousand_trades_over_every_combination():
    """Every combination of levels, order, hold and size gives the reference's trades, more than 10,000 in all."""
    rng = np.random.default_rng(11)
    count = 0
    options = product([None, 0.01], [None, 0.012], [None, 0.015], ["pessimistic", "optimistic"], [1, 4, 12], [1.0, 0.3])
    for stop, target, trail, intrabar, hold, fraction in options:
        bars = frame(random_rows(rng, 400))
        config = BacktestConfig(
            threshold=0.5,
            hold_bars=hold,
            stop_loss=stop,
            take_profit=target,
            trailing_stop=trail,
            intrabar=intrabar,
            fraction=fraction,
            fee_bps=7.0,
            slippage_bps=3.0,
        )
        count += assert_same(bars, rng.random(400), config)
    assert count > 10_000


@pytest.mark.parametrize("seed", [1, 2])
def test_interpreted_core_equals_compiled_core(seed):
    """The machine code does what the Python source says, to the last bit."""
    rng = np.random.default_rng(seed)
    open_, high, low, close = (np.ascontiguousarray(column) for column in np.array(random_rows(rng, 300)).T)
    signal = rng.random(300) > 0.6
    arguments = (open_, high, low, close, signal, 6, 0.98, 1.02, 0.97)
    compiled, interpreted = simulate(*arguments), simulate.py_func(*arguments)
    for left, right in zip(compiled, interpreted, strict=True):
        np.testing.assert_array_equal(left, right)
    priced = (close, *compiled[:4], 1.001, 0.999, 0.7, 5_000.0)
    for left, right in zip(mark(*priced), mark.py_func(*priced), strict=True):
        np.testing.assert_array_equal(left, right)


def test_one_compiled_form_serves_writable_and_read_only_arrays():
    """Read-only columns, as pandas hands them out, need no second compilation."""
    rows = np.array(random_rows(np.random.default_rng(0), 30)).T
    writable = [np.ascontiguousarray(column) for column in rows]
    frozen = [np.ascontiguousarray(column) for column in rows]
    for column in frozen:
        column.flags.writeable = False
    signal = np.ones(30, bool)
    first = simulate(*writable, signal, 3, 0.98, 1.02, -np.inf)
    second = simulate(*frozen, signal, 3, 0.98, 1.02, -np.inf)
    assert first.entry_bar.tolist() == second.entry_bar.tolist()
    assert len(simulate.signatures) == 1
