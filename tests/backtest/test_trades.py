from __future__ import annotations

import hashlib
import pickle

import numpy as np
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run, trades_hash

CONFIG = BacktestConfig(threshold=0.6, hold_bars=3, fee_bps=5.0, stop_loss=0.01)


@pytest.fixture(scope="module")
def trades():
    """Some trades."""
    rng = np.random.default_rng(8)
    return run(frame(random_rows(rng, 100)), rng.random(100), CONFIG).trades


def test_hash_is_that_of_the_canonical_list():
    """One trade, written out byte by byte, gives the hash."""
    bars = frame([(100, 101, 99, 100), (100, 103, 99, 102), (104, 104, 101, 103)])
    result = run(bars, [0.9, 0, 0], BacktestConfig(threshold=0.5, hold_bars=1, initial_cash=1000.0))
    hour = 3_600_000_000
    start = 1_704_067_200_000_000
    parts = [b"1\n", b"asset\nA", b"entry_time\n", (start + hour).to_bytes(8, "little"), b"exit_time\n"]
    parts += [(start + 2 * hour).to_bytes(8, "little")]
    numbers = {
        "entry_price": 100.0,
        "exit_price": 104.0,
        "quantity": 10.0,
        "net_return": 1.04 - 1,
        "pnl": 1000 * (1.04 - 1),
    }
    for name, value in numbers.items():
        parts += [name.encode() + b"\n", np.array([value], dtype="<f8").tobytes()]
    parts += [b"exit_reason\ntime", b"gap\n", np.array([0.0]).tobytes()]
    assert trades_hash(result.trades) == hashlib.sha256(b"".join(parts)).hexdigest()


def test_hash_survives_what_is_no_change(trades):
    """A copy, another index, more columns and a detour through pickle are the same trades."""
    same = trades_hash(trades)
    assert trades_hash(trades.set_index(trades.index + 7).assign(note="x")) == same
    assert trades_hash(pickle.loads(pickle.dumps(trades))) == same  # noqa: S301 - our own bytes
    assert trades_hash(trades[trades.columns[::-1]]) == same


@pytest.mark.parametrize(
    "column", ["entry_time", "exit_time", "entry_price", "exit_price", "quantity", "net_return", "pnl"]
)
def test_hash_sees_every_column(trades, column):
    """The smallest change of any hashed column of any trade gives another hash."""
    changed = trades.copy()
    value = changed[column].iloc[3]
    changed.loc[3, column] = np.nextafter(value, np.inf) if isinstance(value, float) else value.floor("D")
    assert trades_hash(changed) != trades_hash(trades)


def test_hash_sees_names_flags_order_and_missing_trades(trades):
    """Asset, reason, gap, order and number of trades count."""
    others = [
        trades.assign(asset="B"),
        trades.assign(exit_reason="time"),
        trades.assign(gap=True),
        trades.iloc[::-1],
        trades.iloc[1:],
        trades.iloc[:0],
    ]
    assert len({trades_hash(each) for each in [trades, *others]}) == 7


def test_result_survives_pickling(trades):
    """A Backtest can travel between processes, its figures included."""
    rng = np.random.default_rng(8)
    result = run(frame(random_rows(rng, 100)), rng.random(100), CONFIG)
    again = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes
    assert trades_hash(again.trades) == trades_hash(trades)
    assert again.metrics == result.metrics


def test_trade_columns_fit_together(trades):
    """Prices, quantity, costs and returns of a trade tell the same story."""
    paid = trades["quantity"] * trades["entry_price"] * 1.0005
    got = trades["quantity"] * trades["exit_price"] * 0.9995
    np.testing.assert_allclose(trades["pnl"], got - paid, atol=1e-9)
    np.testing.assert_allclose(trades["net_return"], got / paid - 1, atol=1e-12)
    np.testing.assert_allclose(trades["gross_return"], trades["exit_price"] / trades["entry_price"] - 1, atol=1e-12)
    assert (trades["probability"] > 0.6).all()
