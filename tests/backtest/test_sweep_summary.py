from __future__ import annotations

import json

import numpy as np
import pandas as pd

from trady2.backtest import Sweep, sweep_summary
from trady2.backtest.sweep_summary import best_first


def result(sharpe: list[float | None]) -> Sweep:
    """Return a sweep of two thresholds × three stops × one hold with these Sharpe ratios."""
    axes = {"threshold": (0.5, 0.6), "hold_bars": (12,), "stop_loss": (None, 0.01, 0.02)}
    rows = [(threshold, 12, stop) for threshold in axes["threshold"] for stop in axes["stop_loss"]]
    table = pd.DataFrame(rows, columns=list(axes)).astype({"stop_loss": float})
    table["total_return"] = np.arange(6) / 100
    table["sharpe_ratio"] = np.array(sharpe, dtype=float)
    table["max_drawdown"], table["n_trades"], table["calmar_ratio"] = -0.1, range(6), np.arange(6.0)
    return Sweep(axes, table, pd.DataFrame(), "1D")


def test_the_block_is_that_of_the_report():
    """Purpose, axes, heat map and the best ones, in plain JSON, None where something is off or undefined."""
    block = sweep_summary(result([0.5, 2.0, None, 1.0, -1.0, 0.0]), purpose="to choose", top=2)
    assert json.loads(json.dumps(block, allow_nan=False)) == {
        "purpose": "to choose",
        "n_configurations": 6,
        "axes": {"threshold": [0.5, 0.6], "hold_bars": [12], "stop_loss": [None, 0.01, 0.02]},
        "metric": "sharpe_ratio",
        "heat_map": {
            "x": "stop_loss",
            "y": "threshold",
            "x_values": [None, 0.01, 0.02],
            "y_values": [0.5, 0.6],
            "z": [[0.5, 2.0, None], [1.0, -1.0, 0.0]],
        },
        "top": [
            {
                "configuration": 1, "threshold": 0.5, "hold_bars": 12, "stop_loss": 0.01,
                "total_return": 0.01, "sharpe_ratio": 2.0, "max_drawdown": -0.1, "n_trades": 1,
            },
            {
                "configuration": 3, "threshold": 0.6, "hold_bars": 12, "stop_loss": None,
                "total_return": 0.03, "sharpe_ratio": 1.0, "max_drawdown": -0.1, "n_trades": 3,
            },
        ],
    }  # fmt: skip


def test_the_undefined_comes_last_and_equals_keep_their_order():
    """A configuration without a figure is never among the best; equal ones stand by number."""
    assert best_first(result([None, 1.0, 2.0, 1.0, None, 2.0]), "sharpe_ratio") == [2, 5, 1, 3, 0, 4]


def test_another_metric_ranks_and_colours():
    """The chosen metric decides, and stands beside the figures that are always shown."""
    block = sweep_summary(result([0.0] * 6), purpose="p", metric="calmar_ratio", top=1)
    assert (block["metric"], block["top"][0]["calmar_ratio"]) == ("calmar_ratio", 5.0)
    assert block["heat_map"]["z"] == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_a_cell_is_the_median_of_what_shares_it():
    """With a third axis a cell is the median of its configurations, so that one lucky spike does not colour it."""
    axes = {"threshold": (0.5, 0.6), "hold_bars": (1, 2), "fee_bps": (0.0, 5.0, 9.0)}
    rows = [(t, h, f) for t in axes["threshold"] for h in axes["hold_bars"] for f in axes["fee_bps"]]
    table = pd.DataFrame(rows, columns=list(axes))
    for name in ("total_return", "max_drawdown", "n_trades"):
        table[name] = 0.0
    table["sharpe_ratio"] = [0, 1, 99, 2, 2, 2, np.nan, 4, 6, np.nan, np.nan, np.nan]
    block = sweep_summary(Sweep(axes, table, pd.DataFrame(), "1D"), purpose="p")["heat_map"]
    assert (block["x"], block["y"]) == ("fee_bps", "threshold")
    assert block["z"] == [[1.0, 1.5, 50.5], [None, 4.0, 6.0]]
