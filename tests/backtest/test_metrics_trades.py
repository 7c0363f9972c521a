from __future__ import annotations

import math

import pandas as pd
import pytest

from trady2.backtest.excursions import with_excursions
from trady2.backtest.market import market_from_bars
from trady2.backtest.metrics_trades import trade_metrics


def test_trade_metrics_follow_pandas(two_assets):
    """What the trades say equals group-bys over the published list of trades."""
    done, _ = two_assets
    trades = done.trades.sort_values(["exit_time", "asset"], kind="stable")
    won, lost = trades[trades["net_return"] > 0], trades[trades["net_return"] < 0]
    payoff, share = won["net_return"].mean() / -lost["net_return"].mean(), len(won) / len(trades)
    runs = (trades["net_return"] > 0).astype(int).diff().ne(0).cumsum()
    lengths = trades.groupby(runs)["net_return"].agg(["size", "max"])
    expected = {
        "n_trades": len(trades),
        "win_rate": share,
        "profit_factor": won["pnl"].sum() / -lost["pnl"].sum(),
        "expectancy": trades["pnl"].mean(),
        "payoff_ratio": payoff,
        "kelly_criterion": share - (1 - share) / payoff,
        "sqn": math.sqrt(len(trades)) * trades["pnl"].mean() / trades["pnl"].std(),
        "mean_trade_return": trades["net_return"].mean(),
        "best_trade_return": trades["net_return"].max(),
        "worst_trade_return": trades["net_return"].min(),
        "mean_winner_return": won["net_return"].mean(),
        "mean_loser_return": lost["net_return"].mean(),
        "mean_trade_duration_bars": trades["bars_held"].mean(),
        "max_trade_duration_bars": trades["bars_held"].max(),
        "mean_winner_duration_bars": won["bars_held"].mean(),
        "mean_loser_duration_bars": lost["bars_held"].mean(),
        "n_winners": len(won),
        "n_losers": len(lost),
        "gross_profit": won["pnl"].sum(),
        "gross_loss": lost["pnl"].sum(),
        "cpc_index": won["pnl"].sum() / -lost["pnl"].sum() * share * payoff,
        "risk_of_ruin": min(math.exp(-2 * trades["net_return"].mean() / trades["net_return"].var()), 1),
        "geometric_mean_trade_return": (trades["net_return"] + 1).prod() ** (1 / len(trades)) - 1,
        "outlier_win_ratio": trades["net_return"].quantile(0.99) / won["net_return"].mean(),
        "outlier_loss_ratio": trades["net_return"].quantile(0.01) / lost["net_return"].mean(),
        "max_winner_duration_bars": won["bars_held"].max(),
        "max_loser_duration_bars": lost["bars_held"].max(),
        "longest_win_run": lengths.loc[lengths["max"] > 0, "size"].max(),
        "longest_loss_run": lengths.loc[lengths["max"] < 0, "size"].max(),
    }
    assert {name: done.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_bars_held_counts_the_bars_with_an_open_position(two_assets):
    """A trade left at an open was not open in that bar, one left inside a bar was."""
    trades = two_assets[0].trades
    span = ((trades["exit_time"] - trades["entry_time"]) / pd.Timedelta("1h")).astype(int)
    at_open = (trades["exit_reason"] == "time") | trades["gap_fill"]
    assert trades["bars_held"].tolist() == (span + (~at_open)).tolist()
    assert set(trades["exit_reason"]) >= {"time", "stop_loss", "take_profit"}


def test_excursions_need_their_columns(two_assets):
    """Without excursions there is no edge ratio; with them it is that of the usual ranges."""
    done, bars = two_assets
    assert all(done.metrics[name] is None for name in ("edge_ratio", "mean_mae_return", "mean_mfe_return"))
    trades = with_excursions(market_from_bars(bars, "24/7"), done.trades)
    found, usual = trade_metrics(trades), trades.dropna(subset="atr")
    expected = {
        "mean_mae_return": trades["mae"].mean(),
        "mean_mfe_return": trades["mfe"].mean(),
        "edge_ratio": (usual["mfe"] / usual["atr"]).mean() / -(usual["mae"] / usual["atr"]).mean(),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
