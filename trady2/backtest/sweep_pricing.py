"""What each configuration of a grid is worth: trades are found once, and priced as often as costs and sizes ask."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.costs import costs_of
from trady2.backtest.orders import account, trade
from trady2.backtest.sweep_kernel import PeriodSums, TradeSums, add_on_clock, sum_periods, sum_trades
from trady2.backtest.trades import bars_held
from trady2.config import BacktestConfig
from trady2.stats.drawdown import calmar_ratio
from trady2.stats.returns import cagr, ratio

if TYPE_CHECKING:
    from trady2.backtest.market import Market
    from trady2.backtest.metrics import Metric

__all__ = ["METRICS", "Pricing", "is_priced_fast"]

METRICS = (
    *("final_equity", "total_return", "cagr", "annual_return", "annual_volatility", "sharpe_ratio", "sortino_ratio"),
    *("omega_ratio", "calmar_ratio", "max_drawdown", "n_trades", "win_rate", "profit_factor", "expectancy"),
    *("mean_trade_return", "exposure_time", "turnover", "fees_paid", "slippage_paid", "break_even_cost_bps"),
    "ambiguous_share",
)
"""The figures of a sweep; names, values and meaning are those of `Backtest.metrics`."""

_FAST_KEYS = {
    *("threshold", "hold_bars", "stop_loss", "take_profit", "trailing_stop"),
    *("fee_bps", "slippage_bps", "fraction", "initial_cash", "intrabar", "calendar"),
}
_BPS = 1e-4
_ROUNDING = 1e-14
_SIGNALS_KEPT = 4  # thresholds change slowest, so the threads seldom work on more than two


def is_priced_fast(config: BacktestConfig) -> bool:
    """Return whether every key that `Pricing` does not know has its default, which changes nothing."""
    known = BacktestConfig.model_fields
    return all(getattr(config, key) == known[key].default for key in known.keys() - _FAST_KEYS)


@dataclass(frozen=True, eq=False)
class Pricing:
    """Bars and probabilities, from which any number of threads may price at once."""

    market: Market
    probability: NDArray[np.float64]

    def price(self, configs: Sequence[BacktestConfig]) -> Iterator[tuple[dict[str, Metric], NDArray[np.float64]]]:
        """Yield figures and (n,) equity on the clock for each of *configs*, which all have the same trades."""
        market, room = self.market, np.empty(self.market.clock.size)
        found = trade(market, self._signal(configs[0].threshold), configs[0])
        held, ambiguous = float(bars_held(found).sum()), float(found.ambiguous.sum())
        for config in configs:
            money, costs = account(market, found, config.intrabar, config), costs_of(config)
            equity = self._on_clock(money.row_equity, config.initial_cash / len(market.assets))
            periods = PeriodSums(*sum_periods(equity, room))
            prices = (found.entry_price, money.exit_price, money.quantity)
            trades = TradeSums(*sum_trades(*prices, costs.buy, costs.sell, costs.slippage))
            count = float(money.quantity.size)
            values = {
                **_period_metrics(equity, periods, self.periods_per_year),
                **_trade_metrics(trades, count),
                "n_trades": money.quantity.size,
                "exposure_time": held / market.close.size,
                "turnover": ratio(trades.traded, periods.equity / equity.size),
                "fees_paid": trades.traded * costs.fee,
                "slippage_paid": trades.slipped * costs.slippage,
                "ambiguous_share": ratio(ambiguous, count),
            }
            yield {name: values[name] if math.isfinite(values[name]) else None for name in METRICS}, equity

    @cached_property
    def periods_per_year(self) -> float:
        """Bars a year of the calendar."""
        return self.market.periods_per_year

    @cached_property
    def _signal(self) -> Callable[[float | None], NDArray[np.bool_]]:
        return lru_cache(_SIGNALS_KEPT)(lambda threshold: self.probability > threshold)

    @cached_property
    def _places(self) -> NDArray[np.int32]:
        return np.searchsorted(self.market.clock, self.market.timestamp).astype(np.int32)

    def _on_clock(self, row_equity: NDArray[np.float64], share: float) -> NDArray[np.float64]:
        """Add up the assets as `Market.on_clock` does, without looking up every time again."""
        if len(self.market.assets) == 1:
            return row_equity
        total = np.zeros(self.market.clock.size)
        for asset in range(len(self.market.assets)):
            rows = self.market.rows(asset)
            add_on_clock(row_equity[rows], self._places[rows], share, total)
        return total


def _period_metrics(equity: NDArray[np.float64], sums: PeriodSums, periods_per_year: float) -> dict[str, float]:
    n = equity.size - 1
    mean, root = sums.total / n, math.sqrt(periods_per_year)
    spread = math.sqrt(sums.deviations / (n - 1)) if n > 1 else math.nan
    spread = 0.0 if spread <= _ROUNDING * sums.largest else spread
    yearly = cagr([sums.growth - 1], periods_per_year / n)
    return {
        "final_equity": float(equity[-1]),
        "total_return": float(equity[-1] / equity[0] - 1),
        "cagr": yearly,
        "annual_return": mean * periods_per_year,
        "annual_volatility": spread * root,
        "sharpe_ratio": ratio(mean, spread) * root,
        "sortino_ratio": ratio(mean, math.sqrt(sums.losses_squared / n)) * root,
        "omega_ratio": ratio(sums.gains, sums.losses),
        "calmar_ratio": calmar_ratio(yearly, sums.deepest),
        "max_drawdown": sums.deepest,
    }


def _trade_metrics(sums: TradeSums, count: float) -> dict[str, float]:
    return {
        "win_rate": ratio(sums.won, count),
        "profit_factor": ratio(sums.pnl_won, sums.pnl_lost),
        "expectancy": ratio(sums.pnl, count),
        "mean_trade_return": ratio(sums.net_return, count),
        "break_even_cost_bps": math.tanh(ratio(sums.log_gross, count) / 2) / _BPS,
    }
