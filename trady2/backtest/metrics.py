"""The figures of a backtest under the field's names; each formula is in the docstring of the function that it calls."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.costs import break_even_cost_bps
from trady2.stats import drawdown as falls
from trady2.stats import returns as growth
from trady2.stats import sharpe
from trady2.stats import trades as outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame, Series

__all__ = ["Metric", "all_metrics", "cost_metrics", "period_metrics", "trade_metrics"]

Metric = float | None

_REPEATED_COUNTS = ("ambiguous_bars", "gap_fills", "trades_over_gaps", "forced_closes")


def all_metrics(
    trades: DataFrame,
    equity: Series[float],
    benchmark: Series[float],
    counts: Mapping[str, int],
    periods_per_year: float,
) -> dict[str, Metric]:
    """Return the figures of all groups, fit for strict JSON: NaN and infinity (not defined) are None.

    ambiguous_share: the part of the trades whose exit bar touched stop and target, so that its price is a choice.
    """
    money = np.asarray(equity, dtype=np.float64)
    periods = period_metrics(money, np.asarray(benchmark, dtype=np.float64), periods_per_year)
    values = {
        **periods,
        **trade_metrics(trades),
        **cost_metrics(trades, money, counts["bars"], periods["years"]),
        **{name: counts[name] for name in _REPEATED_COUNTS},
        "ambiguous_share": growth.ratio(counts["ambiguous_bars"], len(trades)),
    }
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def period_metrics(
    equity: NDArray[np.float64], benchmark: NDArray[np.float64], periods_per_year: float
) -> dict[str, float]:
    """Return what the closes say.

    Args:
        equity: (n,) money at the close of every bar, the first one before any trade.
        benchmark: (n,) buy and hold of the same bars, without costs.
        periods_per_year: of the calendar.

    Returns:
        Fractions, annual where the name says so. `annual_return` is the arithmetic mean of the returns a year,
        `cagr` the compound one. Durations are in bars. Value at risk and tails are per bar and historical.
    """
    returns, other = growth.period_returns(equity), growth.period_returns(benchmark)
    total = float(equity[-1] / equity[0] - 1)
    yearly = growth.cagr(returns, periods_per_year)
    alpha, beta = growth.alpha_beta(returns, other, periods_per_year)
    return {
        "n_bars": equity.size,
        "years": returns.size / periods_per_year,
        "periods_per_year": periods_per_year,
        "final_equity": float(equity[-1]),
        "peak_equity": float(equity.max()),
        "total_return": total,
        "cagr": yearly,
        "annual_return": float(returns.mean()) * periods_per_year,
        "annual_volatility": growth.annual_volatility(returns, periods_per_year),
        "sharpe_ratio": sharpe.sharpe_ratio(returns, periods_per_year),
        "sortino_ratio": sharpe.sortino_ratio(returns, periods_per_year),
        "omega_ratio": growth.omega_ratio(returns),
        "gain_to_pain_ratio": growth.gain_to_pain_ratio(returns),
        **_drawdown_metrics(equity, yearly),
        **_tail_metrics(returns),
        "buy_and_hold_return": float(benchmark[-1] / benchmark[0] - 1),
        "alpha": alpha,
        "beta": beta,
        "information_ratio": sharpe.information_ratio(returns, other, periods_per_year),
    }


def _drawdown_metrics(equity: NDArray[np.float64], yearly: float) -> dict[str, float]:
    depth = falls.underwater(equity)
    periods = falls.drawdown_periods(depth)
    deepest = float(depth.min())
    return {
        "max_drawdown": deepest,
        "average_drawdown": falls.average_drawdown(periods),
        "max_drawdown_duration_bars": int(periods.duration.max(initial=0)),
        "average_drawdown_duration_bars": _mean(periods.duration),
        "ulcer_index": falls.ulcer_index(depth),
        "calmar_ratio": falls.calmar_ratio(yearly, deepest),
        "recovery_factor": growth.ratio(float(equity[-1] / equity[0] - 1), abs(deepest)),
    }


def _tail_metrics(returns: NDArray[np.float64]) -> dict[str, float]:
    return {
        "skew": growth.skewness(returns),
        "kurtosis": growth.kurtosis(returns),
        "value_at_risk": growth.value_at_risk(returns),
        "conditional_value_at_risk": growth.conditional_value_at_risk(returns),
        "tail_ratio": growth.tail_ratio(returns),
        "best_bar_return": float(returns.max()),
        "worst_bar_return": float(returns.min()),
    }


def trade_metrics(trades: DataFrame) -> dict[str, float]:
    """Return what the trades say; runs and the system quality number take them in order of exit.

    Returns of trades are net and on the money that went in; `profit_factor` and `expectancy` are in money;
    durations are in bars.
    """
    in_order = trades.sort_values("exit_time", kind="stable")
    pnl, net_return = in_order["pnl"].to_numpy(), in_order["net_return"].to_numpy()
    held, won, lost = in_order["bars_held"].to_numpy(), net_return > 0, net_return < 0
    return {
        "n_trades": len(trades),
        "win_rate": outcomes.win_rate(net_return),
        "profit_factor": outcomes.profit_factor(pnl),
        "expectancy": outcomes.expectancy(pnl),
        "payoff_ratio": outcomes.payoff_ratio(net_return),
        "kelly_criterion": outcomes.kelly_criterion(net_return),
        "sqn": outcomes.sqn(pnl),
        "mean_trade_return": _mean(net_return),
        "best_trade_return": float(net_return.max(initial=-math.inf)),
        "worst_trade_return": float(net_return.min(initial=math.inf)),
        "mean_winner_return": _mean(net_return[won]),
        "mean_loser_return": _mean(net_return[lost]),
        "mean_trade_duration_bars": _mean(held),
        "max_trade_duration_bars": int(held.max(initial=0)),
        "mean_winner_duration_bars": _mean(held[won]),
        "mean_loser_duration_bars": _mean(held[lost]),
        "longest_win_run": outcomes.longest_run(won),
        "longest_loss_run": outcomes.longest_run(lost),
    }


def cost_metrics(trades: DataFrame, equity: NDArray[np.float64], n_asset_bars: int, years: float) -> dict[str, float]:
    """Return what was risked and paid.

    exposure_time: share of the bars of all assets in which a position was open. turnover: money bought plus money
    sold over the mean equity; annual_turnover: the same a year. fees_paid, slippage_paid: money. break_even_cost_bps:
    see `break_even_cost_bps`.
    """
    quantity = trades["quantity"].to_numpy()
    traded = float(quantity @ (trades["entry_price"] + trades["exit_price"]).to_numpy())
    turnover = growth.ratio(traded, float(equity.mean()))
    gross = 1 + trades["gross_return"].to_numpy()
    return {
        "exposure_time": float(trades["bars_held"].sum()) / n_asset_bars,
        "turnover": turnover,
        "annual_turnover": growth.ratio(turnover, years),
        "fees_paid": float(trades["fees"].sum()),
        "slippage_paid": float(trades["slippage"].sum()),
        "break_even_cost_bps": break_even_cost_bps(np.ones(gross.size), gross),
    }


def _mean(values: NDArray[np.float64] | NDArray[np.int64]) -> float:
    return float(values.mean()) if values.size else math.nan
