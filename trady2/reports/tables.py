"""The small tables of a report, each a list of plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.reports.plain import plain

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["exit_reasons", "monthly_returns", "probability_deciles", "worst_trades", "zone_table"]

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


def zone_table(zones: Sequence[Mapping[str, Any]] | None) -> Rows:
    """Return the zones in order of time; None gives an empty table."""
    return sorted(plain(zones or []), key=lambda zone: str(zone["start"]))


def probability_deciles(
    probability: NDArray[np.float64],
    label: NDArray[np.float64],
    forward_return: NDArray[np.float64],
) -> Rows:
    """Set the predicted probability against what came, in ten groups of about equally many rows.

    Rows of equal probability are never torn apart, so there may be fewer groups. Rows without a probability or a
    known label are left out.

    Args:
        probability: (n,), NaN is none.
        label: (n,) 1 up, 0 not; NaN or negative is unknown.
        forward_return: (n,) fractions; NaN is unknown.

    Returns:
        Rows of rows, probability_low, probability_mean, probability_high, realised_rate, mean_forward_return.
    """
    known = np.isfinite(probability) & (label >= 0)
    if not known.any():
        return []
    probability, label, forward_return = probability[known], label[known], forward_return[known]
    edges = np.unique(np.quantile(probability, np.arange(1, 10) / 10, method="higher"))
    group = np.searchsorted(edges, probability, side="right")
    return [_decile(probability[own], label[own], forward_return[own]) for own in _groups(group)]


def _groups(group: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    return [group == code for code in np.unique(group)]


def _decile(
    probability: NDArray[np.float64], label: NDArray[np.float64], forward_return: NDArray[np.float64]
) -> dict[str, Any]:
    returns = forward_return[np.isfinite(forward_return)]
    return {
        "rows": len(probability),
        "probability_low": float(probability.min()),
        "probability_mean": float(probability.mean()),
        "probability_high": float(probability.max()),
        "realised_rate": float(label.mean()),
        "mean_forward_return": float(returns.mean()) if len(returns) else None,
    }
