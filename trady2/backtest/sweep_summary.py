"""A sweep in a few lines: the block `sweep` of report.json."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from trady2.backtest.sweeping import Sweep

__all__ = ["best_first", "sweep_summary"]

_SHOWN = ("total_return", "sharpe_ratio", "max_drawdown", "n_trades")


def best_first(sweep: Sweep, metric: str) -> list[int]:
    """Return all configurations, the highest *metric* first; the undefined last, equal ones by number."""
    values = sweep.table[metric].to_numpy(dtype=np.float64)
    order = np.argsort(np.where(np.isnan(values), np.inf, -values), kind="stable")
    return [int(number) for number in order]


def sweep_summary(sweep: Sweep, *, purpose: str, metric: str = "sharpe_ratio", top: int = 10) -> dict[str, Any]:
    """Return what a report shows of a sweep, fit for JSON.

    The heat map has the two keys with the most values as its axes. A cell is the median over all configurations that
    share its two values, so that a plateau and a lucky spike look different; None where *metric* is defined for none.

    Args:
        sweep: the result.
        purpose: what it was made for, and on which bars, in words.
        metric: by which configurations are ranked and coloured, a column of the table where more is better.
        top: how many of the best are listed.

    Returns:
        purpose, n_configurations, axes (values by key), metric, heat_map (x, y, x_values, y_values, z with a row per
        value of y) and top: parameters, figures and the number of each.
    """
    keys = list(dict.fromkeys([*sweep.axes, *_SHOWN, metric]))
    best = sweep.table.loc[best_first(sweep, metric)[:top], keys]
    return {
        "purpose": purpose,
        "n_configurations": len(sweep.table),
        "axes": {key: list(values) for key, values in sweep.axes.items()},
        "metric": metric,
        "heat_map": _heat_map(sweep, metric),
        "top": [
            {"configuration": number, **{key: _plain(best.at[number, key]) for key in keys}}
            for number in best.index.tolist()
        ],
    }


def _heat_map(sweep: Sweep, metric: str) -> dict[str, Any]:
    x, y = sorted(sweep.axes, key=lambda key: -len(sweep.axes[key]))[:2]
    along, across = sweep.axes[x], sweep.axes[y]
    medians = sweep.table.groupby([y, x], dropna=False)[metric].median()
    pairs = [tuple(_plain(key) for key in pair) for pair in medians.index.tolist()]
    cells = dict(zip(pairs, map(_plain, medians.tolist()), strict=True))
    z = [cells.get(pair) for pair in product(across, along)]
    rows = [z[start : start + len(along)] for start in range(0, len(z), len(along))]
    return {"x": x, "y": y, "x_values": list(along), "y_values": list(across), "z": rows}


def _plain(value: Any) -> Any:
    """Return a value of the table as JSON knows it: Python's own numbers, None for NaN."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not np.isfinite(plain) else plain
