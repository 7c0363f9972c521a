"""The guards: no luck gets called an edge.

- `overfitting`: what the number of trials leaves of a result; `overfitting_result`: its numbers.

    from trady2.guards import measure_overfitting

    found = measure_overfitting(returns, names, "17", periods_per_year=365, block_length=5, market=buy_and_hold)
    found.dsr_2014, found.pbo.probability, found.as_json()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.guards.overfitting import measure_overfitting
    from trady2.guards.overfitting_result import Overfitting

__all__ = ["Overfitting", "measure_overfitting"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Overfitting": "trady2.guards.overfitting_result",
        "measure_overfitting": "trady2.guards.overfitting",
    },
)
