"""The small tables of a report, each a list of plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.reports.plain import plain
from trady2.stats.drawdown import drawdown_periods, underwater

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["best_trades", "deepest_drawdowns", "exit_reasons", "monthly_returns", "worst_trades", "zone_table"]

Rows = list[dict[str, Any]]


def exit_reasons(trades: DataFrame) -> Rows:
    """Return one row per exit reason, the most frequent first.

    Keys: reason, trades, share (of all trades), win_rate, mean_net_return (fractions), pnl (money).
    """
    groups = trades.groupby("exit_reason", observed=True)
    rows: Rows = [
        {
            "reason": str(reason),
            "trades": len(group),
            "share": len(group) / len(trades),
            "win_rate": float((group["net_return"] > 0).mean()),
            "mean_net_return": float(group["net_return"].mean()),
            "pnl": float(group["pnl"].sum()),
        }
        for reason, group in groups
    ]
    return plain(sorted(rows, key=lambda row: (-row["trades"], row["reason"])))  # type: ignore[no-any-return]


def monthly_returns(equity: Series[float], initial_cash: float) -> Rows:
    """Return year, month (1 to 12, UTC, by bar open) and return of every month that *equity* touches.

    The first month starts from *initial_cash*, so that the months compound to the total return.
    """
    if equity.empty:
        return []
    times = equity.index.to_numpy(dtype="datetime64[us]").astype("datetime64[M]")
    last = np.flatnonzero(np.append(times[1:] != times[:-1], True))
    ends = equity.to_numpy(dtype=np.float64)[last]
    returns = ends / np.concatenate([[initial_cash], ends[:-1]]) - 1
    months = times[last].astype(np.int64)
    return [
        {"year": int(1970 + month // 12), "month": int(month % 12 + 1), "return": plain(value)}
        for month, value in zip(months, returns, strict=True)
    ]


def worst_trades(trades: DataFrame, count: int = 10) -> Rows:
    """Return the *count* trades with the lowest net return, the worst first; earlier ones first among equals."""
    worst = trades.sort_values(["net_return", "entry_time", "asset"], kind="stable").head(count)
    return plain(worst.to_dict("records"))  # type: ignore[no-any-return]


def best_trades(trades: DataFrame, count: int = 10) -> Rows:
    """Return the *count* trades with the highest net return, the best first; earlier ones first among equals."""
    order = ["net_return", "entry_time", "asset"]
    best = trades.sort_values(order, ascending=[False, True, True], kind="stable").head(count)
    return plain(best.to_dict("records"))  # type: ignore[no-any-return]


def deepest_drawdowns(equity: Series[float], count: int = 10) -> Rows:
    """Return the *count* deepest stretches below a peak, the deepest first; earlier ones first among equals.

    Keys: start (first close below the peak), bottom, end (first close back at it, None where it never came), depth
    (negative fraction of the peak), bars (from start to end or to the last bar).
    """
    money = equity.to_numpy(dtype=np.float64)
    below = underwater(money)
    periods = drawdown_periods(below)
    times = equity.index.to_numpy(dtype="datetime64[us]")
    rows = []
    for place in np.argsort(periods.depth, kind="stable")[:count]:
        start, end = int(periods.start[place]), int(periods.end[place])
        rows.append(
            {
                "start": times[start],
                "bottom": times[start + int(below[start:end].argmin())],
                "end": times[end] if end < money.size else None,
                "depth": periods.depth[place],
                "bars": end - start,
            }
        )
    return plain(rows)  # type: ignore[no-any-return]


def zone_table(zones: Sequence[Mapping[str, Any]] | None) -> Rows:
    """Return the zones in order of time; None gives an empty table."""
    return sorted(plain(zones or []), key=lambda zone: str(zone["start"]))
