from __future__ import annotations

import pytest

from trady2.reports.side_costs import at_twice_the_costs, paid_bps

ROBUSTNESS = {
    "costs": [
        {"cost_multiple": 1, "cost_bps_per_side": 10.0, "total_return": 0.1},
        {"cost_multiple": 2, "cost_bps_per_side": 20.0, "total_return": -0.1},
    ]
}


@pytest.mark.parametrize(
    ("rules", "robustness", "paid"),
    [
        ({"fee_bps": 4.0, "slippage_bps": 2.0}, None, 6.0),
        ({"fee_bps": 4.0, "slippage_bps": 2.0}, ROBUSTNESS, 10.0),
        ({"slippage_range_share": 0.1}, ROBUSTNESS, 10.0),
        ({"impact_bps": 5.0}, None, 0.0),
        ({"fee_bps": 0.0}, ROBUSTNESS, 0.0),
        ({}, None, 0.0),
        ({"fee_bps": 4.0}, {"costs": None}, 4.0),
    ],
    ids=["rules", "measured", "range", "unknown impact", "free", "nothing", "not measured"],
)
def test_a_side_costs_what_was_measured(rules: dict[str, float], robustness: object, paid: float) -> None:
    """The measured cost counts where there is one, and costs of 0 stay 0 whatever the basis of the multiples."""
    assert paid_bps(rules, robustness) == paid


def test_twice_the_costs_needs_costs() -> None:
    """The result at twice the costs, unless nothing is paid or nothing was measured."""
    assert at_twice_the_costs({"fee_bps": 10.0}, ROBUSTNESS) == -0.1
    assert at_twice_the_costs({}, ROBUSTNESS) is None
    assert at_twice_the_costs({"fee_bps": 10.0}, None) is None
