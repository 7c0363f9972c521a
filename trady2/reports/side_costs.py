"""What one buy or one sale costs, by the rules of a backtest and by what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["at_twice_the_costs", "paid_bps"]

_RATES = ("fee_bps", "slippage_bps", "slippage_range_share", "impact_bps")


def paid_bps(rules: Mapping[str, Any], robustness: Mapping[str, Any] | None) -> float:
    """Return the mean cost per side in basis points as configured.

    Slippage that depends on the bar is known only where *robustness* measured it; without that, fee and fixed slippage
    count alone. Costs of 0 stay 0: the multiples that robustness lists are then those of another basis.
    """
    if not any(rules.get(rate) for rate in _RATES):
        return 0.0
    rows = (robustness or {}).get("costs") or []
    measured = [row["cost_bps_per_side"] for row in rows if row["cost_multiple"] == 1]
    return float(measured[0] if measured else rules.get("fee_bps", 0.0) + rules.get("slippage_bps", 0.0))


def at_twice_the_costs(rules: Mapping[str, Any], robustness: Mapping[str, Any] | None) -> float | None:
    """Return the total return at twice the configured costs; None where there are none, or it was not measured."""
    rows = (robustness or {}).get("costs") or []
    twice = [row["total_return"] for row in rows if row["cost_multiple"] == 2]
    return twice[0] if twice and paid_bps(rules, robustness) else None
