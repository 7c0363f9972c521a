"""Probabilities in ten groups: how often each came true, and what it earned."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["probability_deciles"]

Floats = NDArray[np.float64]


def probability_deciles(
    probability: Floats, label: Floats, forward_return: Floats, net_return: Floats | None = None
) -> list[dict[str, Any]]:
    """Set the predicted probability against what came, in ten groups of about equally many rows.

    Rows of equal probability are never torn apart, so there may be fewer groups. Rows without a probability or a
    known label are left out.

    Args:
        probability: (n,), NaN is none.
        label: (n,) 1 up, 0 not; NaN or negative is unknown.
        forward_return: (n,) fractions, over the horizon of the label and before costs; NaN is unknown.
        net_return: (n,) fractions, of a trade that holds from the next open on and pays its costs; NaN is unknown.

    Returns:
        Rows of rows, probability_low, probability_mean, probability_high, realised_rate (share of labels that are 1),
        mean_forward_return, mean_net_return and win_rate (share of known net returns above 0); None is not known.
    """
    known = np.isfinite(probability) & (label >= 0)
    if not known.any():
        return []
    net = np.full(len(probability), np.nan) if net_return is None else net_return
    columns = np.column_stack([probability, label, forward_return, net])[known]
    edges = np.unique(np.quantile(columns[:, 0], np.arange(1, 10) / 10, method="higher"))
    group = np.searchsorted(edges, columns[:, 0], side="right")
    return [_decile(*columns[group == code].T) for code in np.unique(group)]


def _decile(probability: Floats, label: Floats, forward_return: Floats, net_return: Floats) -> dict[str, Any]:
    return {
        "rows": len(probability),
        "probability_low": float(probability.min()),
        "probability_mean": float(probability.mean()),
        "probability_high": float(probability.max()),
        "realised_rate": float(label.mean()),
        "mean_forward_return": _mean(forward_return),
        "mean_net_return": _mean(net_return),
        "win_rate": _mean(np.where(np.isnan(net_return), np.nan, net_return > 0)),
    }


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None
