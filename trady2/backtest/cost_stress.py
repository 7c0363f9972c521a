"""The same signals at other costs, and with later entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trady2.backtest.metrics import Metric, defined
from trady2.stats.returns import inner, period_returns
from trady2.stats.sharpe import sharpe_ratio

if TYPE_CHECKING:
    from trady2.backtest.result import Backtest
    from trady2.config import BacktestConfig

__all__ = ["COST_MULTIPLES", "Rerun", "cost_basis_bps", "cost_table", "delay_table", "scaled", "told"]

COST_MULTIPLES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Of the configured costs."""

Rerun = Callable[["BacktestConfig", int], "Backtest"]
"""Runs the same bars and probabilities by other rules, every entry so many bars later."""

Rows = list[dict[str, Any]]

_COSTS = ("fee_bps", "slippage_bps", "slippage_range_share", "impact_bps")
_BASIS_BPS = 10.0
_MOST_BPS = 9_999.0
_MOST = {"slippage_range_share": 1.0}


def told(backtest: Backtest) -> dict[str, Metric]:
    """Return total_return and sharpe_ratio of *backtest*, without working out its other figures."""
    equity = backtest.equity.to_numpy()
    return {
        "total_return": defined(float(equity[-1] / backtest.config.initial_cash - 1)),
        "sharpe_ratio": defined(sharpe_ratio(period_returns(equity), backtest.periods_per_year)),
    }


def cost_basis_bps(config: BacktestConfig) -> float | None:
    """Return what the multiples are taken of where *config* has no costs, in bps of fee per side; None where it has."""
    return None if any(_costs(config).values()) else _BASIS_BPS


def _costs(config: BacktestConfig) -> dict[str, float]:
    return {name: value for name, value in config.model_dump().items() if name in _COSTS}


def scaled(config: BacktestConfig, multiple: float) -> BacktestConfig:
    """Return *config* with every cost of a fill times *multiple*; without costs the basis is a fee.

    Funding is not the cost of a fill, and stays. What would take all the money of a fill takes nearly all.
    """
    basis = cost_basis_bps(config)
    costs = _costs(config) if basis is None else {"fee_bps": basis}
    dearer = {name: min(value * multiple, _MOST.get(name, _MOST_BPS)) for name, value in costs.items()}
    return config.model_copy(update=dearer)


def cost_table(backtest: Backtest, rerun: Rerun) -> Rows:
    """Return cost_multiple, cost_bps_per_side, total_return and sharpe_ratio at `COST_MULTIPLES` of the costs.

    cost_bps_per_side is the configured fee and slippage; where slippage depends on the bar, what all fills cost
    together in bps of the money traded.
    """
    rows = []
    for multiple in COST_MULTIPLES:
        config = scaled(backtest.config, multiple)
        found = backtest if config == backtest.config else rerun(config, 0)
        rows.append({"cost_multiple": multiple, "cost_bps_per_side": _paid_bps(found), **told(found)})
    return rows


def _paid_bps(backtest: Backtest) -> float:
    trades, config = backtest.trades, backtest.config
    costs = _costs(config)
    traded = inner(trades["quantity"].to_numpy(), (trades["entry_price"] + trades["exit_price"]).to_numpy())
    if not traded or not any(value for name, value in costs.items() if name not in ("fee_bps", "slippage_bps")):
        return config.fee_bps + config.slippage_bps
    return float(trades["fees"].sum() + trades["slippage"].sum()) / traded * 10_000


def delay_table(backtest: Backtest, rerun: Rerun) -> Rows:
    """Return delay_bars, total_return, sharpe_ratio and n_trades when every entry is 0, 1 and 2 bars later."""
    found = {bars: backtest if bars == 0 else rerun(backtest.config, bars) for bars in range(3)}
    return [{"delay_bars": bars, **told(each), "n_trades": len(each.trades)} for bars, each in found.items()]
