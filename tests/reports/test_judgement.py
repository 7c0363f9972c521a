from __future__ import annotations

from typing import Any

import pytest

from trady2.reports.judgement import judgement

METRICS = {"n_trades": 500, "sharpe_ratio": 1.2, "buy_and_hold_return": 0.5}


def judged(verdict: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    """The verdict section of four years."""
    return judgement(verdict, **({"metrics": METRICS, "scorecard": None, "data": {"years": 4.0}} | given))


def test_nobody_judged_is_said_plainly() -> None:
    """Without a verdict the label says so, and trying many variants is named as a danger."""
    section = judged()
    assert (section["label"], section["criteria"]) == ("not judged", [])
    assert "not yet tested against luck" in section["text"]
    assert any("How many variants were tried" in line for line in section["cannot_show"])


def test_a_verdict_is_passed_on(verdict: dict[str, Any]) -> None:
    """Label, text and criteria are the judge's, and the judge counted the variants."""
    section = judged(verdict)
    assert {key: section[key] for key in verdict} == verdict
    assert not any("variants" in line for line in section["cannot_show"])


def test_luck_is_put_in_numbers() -> None:
    """Years, provable ratio and measured ratio stand in one sentence; without them there is nothing to measure."""
    bound = "In 4.00 years only a Sharpe ratio of about 1.18 or more stands out from luck; this one is 1.20."
    assert bound in judged()["cannot_show"][0]
    for missing in ({"data": {"years": 0.0}}, {"metrics": METRICS | {"sharpe_ratio": None}}):
        assert "too little to measure" in judged(**missing)["cannot_show"][0]


def test_the_market_has_its_share() -> None:
    """What buying and holding made is said where it is known."""
    assert "without any model it made +50.0" in judged()["cannot_show"][1]
    assert judged(metrics={"n_trades": 99})["cannot_show"][1] == "How much of it is the market."


@pytest.mark.parametrize(("trades", "warned"), [(0, True), (29, True), (30, False)])
def test_few_trades_prove_nothing(trades: int, warned: bool) -> None:
    """Below thirty trades the first sentence says that no ratio means anything."""
    first = judged(metrics=METRICS | {"n_trades": trades})["cannot_show"][0]
    assert (f"{trades} trades are too few" in first) is warned


def test_scores_are_mentioned_where_there_are_any() -> None:
    """A scorecard adds what it shows."""
    assert len(judged(scorecard={})["shows"]) == len(judged()["shows"]) + 1


def test_robustness_is_told_with_what_the_numbers_show() -> None:
    """Twice the costs and random entries have their sentences where they were tried."""
    tried = {
        "costs": [{"cost_multiple": 2, "cost_bps_per_side": 20.0, "total_return": -0.1}],
        "random_entries": {"percentile": 0.93},
    }
    shows = judged(robustness=tried, rules={"fee_bps": 10.0})["shows"]
    assert "would be gone; at twice the costs it is \u221210.0\u202f%." in shows[1]
    assert shows[2] == "Random entries, as many and as long, did worse in 93\u202f% of the cases."
    assert judged(robustness={"costs": None, "random_entries": {"percentile": None}})["shows"] == judged()["shows"]


def test_a_sweep_is_counted_against_the_result(verdict: dict[str, Any]) -> None:
    """Where a grid was tried, its size takes the place of the unknown number of variants; a judge has counted it."""
    text = "What the choice among 56 configurations added: the best of many looks good by chance."
    assert text in judged(sweep={"n_configurations": 56})["cannot_show"]
    assert text not in judged(verdict, sweep={"n_configurations": 56})["cannot_show"]
