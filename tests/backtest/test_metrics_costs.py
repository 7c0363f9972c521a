from __future__ import annotations

import math

import numpy as np
import pytest


def test_cost_metrics_follow_the_fills(two_assets):
    """Fees, slippage and turnover are those of every fill, and time in the market that of every bar."""
    done, bars = two_assets
    trades, equity = done.trades, done.equity
    bought, sold = (trades["quantity"] * trades[side] for side in ("entry_price", "exit_price"))
    raw = trades["entry_price"] / 1.0002, trades["exit_price"] / 0.9998
    turnover = (bought.sum() + sold.sum()) / equity.mean()
    expected = {
        "fees_paid": 0.0004 * (bought.sum() + sold.sum()),
        "slippage_paid": (
            trades["quantity"] * ((trades["entry_price"] - raw[0]) + (raw[1] - trades["exit_price"]))
        ).sum(),
        "turnover": turnover,
        "annual_turnover": turnover / (1499 / (365.25 * 24)),
        "exposure_time": trades["bars_held"].sum() / len(bars),
        "risk_adjusted_return": done.metrics["cagr"] / (trades["bars_held"].sum() / len(bars)),
        "break_even_cost_bps": 10_000 * math.tanh(np.log(raw[1] / raw[0]).mean() / 2),
    }
    assert {name: done.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-8)
