"""Figures of the list of trades. Nothing here knows of a bar between an entry and its exit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.stats import trades as outcomes
from trady2.stats.growth import geometric_mean
from trady2.stats.returns import mean

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["trade_metrics"]

Floats = NDArray[np.float64]


def trade_metrics(trades: DataFrame) -> dict[str, float]:
    """Return what the trades say; runs and the system quality number take them in order of exit.

    Returns of trades are net and on the money that went in; `profit_factor`, `expectancy`, `gross_profit` and
    `gross_loss` are in money, after costs; durations are in bars. Excursions need the columns that
    `trady2.backtest.excursions.with_excursions` adds, and are NaN without them.
    """
    in_order = trades.sort_values("exit_time", kind="stable")
    pnl, net_return = in_order["pnl"].to_numpy(), in_order["net_return"].to_numpy()
    won, lost = net_return > 0, net_return < 0
    return {
        "n_trades": len(trades),
        "n_winners": int(won.sum()),
        "n_losers": int(lost.sum()),
        "win_rate": outcomes.win_rate(net_return),
        "profit_factor": outcomes.profit_factor(pnl),
        "gross_profit": float(pnl[pnl > 0].sum()),
        "gross_loss": float(pnl[pnl < 0].sum()),
        "expectancy": outcomes.expectancy(pnl),
        "payoff_ratio": outcomes.payoff_ratio(net_return),
        "cpc_index": outcomes.cpc_index(pnl, net_return),
        "kelly_criterion": outcomes.kelly_criterion(net_return),
        "risk_of_ruin": outcomes.risk_of_ruin(net_return),
        "sqn": outcomes.sqn(pnl),
        **_return_metrics(net_return, won, lost),
        **_duration_metrics(in_order["bars_held"].to_numpy(), won, lost),
        "longest_win_run": outcomes.longest_run(won),
        "longest_loss_run": outcomes.longest_run(lost),
        **_excursion_metrics(in_order),
    }


def _return_metrics(net_return: Floats, won: NDArray[np.bool_], lost: NDArray[np.bool_]) -> dict[str, float]:
    return {
        "mean_trade_return": mean(net_return),
        "geometric_mean_trade_return": geometric_mean(net_return),
        "best_trade_return": float(net_return.max(initial=-math.inf)),
        "worst_trade_return": float(net_return.min(initial=math.inf)),
        "mean_winner_return": mean(net_return[won]),
        "mean_loser_return": mean(net_return[lost]),
        "outlier_win_ratio": outcomes.outlier_win_ratio(net_return),
        "outlier_loss_ratio": outcomes.outlier_loss_ratio(net_return),
    }


def _duration_metrics(held: NDArray[np.int64], won: NDArray[np.bool_], lost: NDArray[np.bool_]) -> dict[str, float]:
    return {
        "mean_trade_duration_bars": mean(held),
        "max_trade_duration_bars": int(held.max(initial=0)),
        "mean_winner_duration_bars": mean(held[won]),
        "max_winner_duration_bars": int(held[won].max(initial=0)),
        "mean_loser_duration_bars": mean(held[lost]),
        "max_loser_duration_bars": int(held[lost].max(initial=0)),
    }


def _excursion_metrics(trades: DataFrame) -> dict[str, float]:
    if "mae" not in trades.columns:
        return {"mean_mae_return": math.nan, "mean_mfe_return": math.nan, "edge_ratio": math.nan}
    mae, mfe, atr = (trades[name].to_numpy() for name in ("mae", "mfe", "atr"))
    return {
        "mean_mae_return": mean(mae),
        "mean_mfe_return": mean(mfe),
        "edge_ratio": outcomes.edge_ratio(mae, mfe, atr),
    }
