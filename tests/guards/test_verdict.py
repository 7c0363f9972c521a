from __future__ import annotations

import json
from dataclasses import replace

import pytest

from trady2.guards.estimate import Estimate
from trady2.guards.verdict import Evidence, direction_bar, judge, provable_sharpe

STRONG = Evidence(
    direction=Estimate(0.56, 0.01, 6.0, 0.545, 0.555, 0.577, 9_000, 180),
    excess=Estimate(6e-5, 2e-5, 3.0, 3e-5, 5e-5, 1e-4, 18_000, 200),
    net=Estimate(5e-5, 2e-5, 2.5, 2e-5, 4e-5, 9e-5, 18_000, 200),
    n_trades=200,
    years=2.1,
    audit_passed=True,
    confirmed=True,
)
NAN = float("nan")


def test_all_criteria_together_are_an_edge() -> None:
    """Direction, timing, money, audit and confirmation: every one is passed, and every one has its sentence."""
    verdict = judge(STRONG)
    assert verdict.label == "edge"
    assert [criterion.passed for criterion in verdict.criteria] == [True] * 5
    assert all(criterion.text.endswith(".") for criterion in verdict.criteria)


@pytest.mark.parametrize(
    "weakness",
    [
        {"direction": replace(STRONG.direction, t=3.0)},
        {"excess": replace(STRONG.excess, low_67=-1e-6)},
        {"net": replace(STRONG.net, value=-1e-6)},
        {"audit_passed": None},
        {"audit_passed": False},
        {"confirmed": False},
        {"n_judged": 10},
        {"n_judged": 2, "deflated_sharpe": 0.89},
    ],
    ids=lambda weakness: "-".join(weakness),
)
def test_one_missing_criterion_leaves_it_unproven(weakness: dict[str, object]) -> None:
    """No criterion can be made up for by the others, and the sentence names the one that is missing."""
    verdict = judge(replace(STRONG, **weakness))
    missing = [criterion.name for criterion in verdict.criteria if not criterion.passed]
    assert verdict.label == "unproven"
    assert 1 <= len(missing) <= 2
    assert ", ".join(name.split(" in ")[0] for name in missing) in verdict.text


@pytest.mark.parametrize(
    "nothing",
    [
        {"n_trades": 0, "excess": Estimate.unknown(0), "net": Estimate.unknown(0)},
        {"direction": replace(STRONG.direction, t=-0.5), "excess": replace(STRONG.excess, t=-1.2, low_67=-1e-6)},
        {"direction": Estimate.unknown(0), "excess": replace(STRONG.excess, t=-2.1, low_67=-1e-6)},
    ],
    ids=["no trades", "both the wrong way", "nothing moved"],
)
def test_nothing_that_points_to_an_edge_is_no_edge(nothing: dict[str, object]) -> None:
    """No trade, or direction and timing together the wrong way."""
    assert judge(replace(STRONG, **nothing)).label == "no edge"


def test_nothing_found_is_not_nothing_there() -> None:
    """A coin's direction and a timing of nothing leave it open: small edges look like that in most histories."""
    evidence = replace(
        STRONG, direction=replace(STRONG.direction, t=0.0), excess=replace(STRONG.excess, t=-1.9, low_67=-1.0)
    )
    assert judge(evidence).label == "unproven"


def test_a_strong_direction_alone_is_not_dismissed() -> None:
    """Direction beyond chance whose trades lose, be it by bad luck or by costs, is unproven."""
    evidence = replace(STRONG, excess=replace(STRONG.excess, value=-5e-5, low_67=-9e-5, high_95=-1e-6))
    assert judge(evidence).label == "unproven"


@pytest.mark.parametrize(("judged", "bar"), [(1, 3.0902), (10, 3.7190), (100, 4.2649)])
def test_the_bar_rises_with_what_was_judged(judged: int, bar: float) -> None:
    """The values of the normal distribution from a table, for one chance in a thousand shared by all."""
    assert direction_bar(judged) == pytest.approx(bar, abs=5e-5)


def test_a_verdict_fits_into_json() -> None:
    """What is not defined becomes null."""
    told = judge(replace(STRONG, direction=Estimate.unknown(0), net=replace(STRONG.net, value=NAN))).as_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["criteria"][0]["value"] is None


def test_longer_history_proves_smaller_edges() -> None:
    """Four times the years, half the Sharpe ratio; nothing is provable without history."""
    assert provable_sharpe(4.0) == pytest.approx(provable_sharpe(1.0) / 2)
    assert provable_sharpe(0.0) == float("inf")
