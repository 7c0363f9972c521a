"""A plateau or a spike: what becomes of the result above other thresholds, and at other costs beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.compounding import Bets, bets_of, compounded, cost_factor
from trady2.backtest.cost_stress import Rerun, told
from trady2.backtest.market import Market
from trady2.backtest.metrics import Metric, defined
from trady2.backtest.placing import place
from trady2.stats.returns import mean

if TYPE_CHECKING:
    from trady2.backtest.result import Backtest

__all__ = ["choose_thresholds", "threshold_tables"]

_QUANTILES = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.96, 0.98, 0.99)


def choose_thresholds(probability: NDArray[np.float64], own: float) -> list[float]:
    """Return the quantiles 0 … 0.99 of the known probabilities, closer at the top, with *own* among them, ascending.

    Quantiles that are equal, or equal *own* to six digits, count once.
    """
    known = probability[np.isfinite(probability)]
    found = np.quantile(known, _QUANTILES).tolist() if known.size else []
    return sorted({own, *(value for value in found if abs(value - own) > 1e-6)})


def threshold_tables(
    market: Market, backtest: Backtest, rerun: Rerun, thresholds: Sequence[float], cost_bps: Sequence[float]
) -> dict[str, Any]:
    """Return `threshold_curve` and `cost_threshold_surface`.

    The curve is run anew at every threshold: threshold, n_trades, total_return, sharpe_ratio, mean_trade_return (net,
    None without a trade). The surface prices the trades of the curve again, as if every fill cost so many bps of its
    money and nothing else were paid: thresholds, cost_bps, total_return with a row per cost.
    """
    curve: list[dict[str, Any]] = []
    columns: list[list[Metric]] = []
    for threshold in thresholds:
        config = backtest.config.model_copy(update={"threshold": threshold})
        found = backtest if config == backtest.config else rerun(config, 0)
        curve.append({"threshold": threshold, "n_trades": len(found.trades), **told(found), **_mean_trade(found)})
        columns.append(_at_costs(_bets(market, found), cost_bps))
    surface = [list(row) for row in zip(*columns, strict=True)]
    return {
        "threshold_curve": curve,
        "cost_threshold_surface": {"thresholds": list(thresholds), "cost_bps": list(cost_bps), "total_return": surface},
    }


def _mean_trade(backtest: Backtest) -> dict[str, Metric]:
    return {"mean_trade_return": defined(mean(backtest.trades["net_return"].to_numpy()))}


def _bets(market: Market, backtest: Backtest) -> Bets:
    return bets_of(market, place(market, backtest.trades), backtest.trades, backtest.config)


def _at_costs(bets: Bets, cost_bps: Sequence[float]) -> list[Metric]:
    net = cost_factor(np.array(cost_bps))[:, None] * bets.gross - 1
    return [defined(float(value)) for value in compounded(bets, net)]
