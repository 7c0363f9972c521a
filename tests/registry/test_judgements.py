from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from trady2.config import TargetConfig
from trady2.registry.judgements import judged_before, judged_so_far, record_judgement
from trady2.registry.ledger import Ledger

TARGET = TargetConfig(horizon_steps=12, return_threshold=0.01)
VERDICT = {"label": "unproven", "criteria": []}


@pytest.fixture
def ledger(tmp_path: Any) -> Ledger:
    """An empty ledger."""
    return Ledger(f"sqlite:///{tmp_path}/ledger.db")


def judge(ledger: Ledger, rules: str, sharpe: float, **other: Any) -> None:
    """Record a judgement of these rules."""
    told = {"target": TARGET, "assets": ["B", "A"], "actor": "me", "verdict": VERDICT, "facts": {"run": "r"}} | other
    name = told.pop("name", "m")
    record_judgement(name, rules_sha256=rules, sharpe=sharpe, ledger=ledger, **told)


def so_far(ledger: Ledger, rules: str = "x", sharpe: float = 0.1) -> tuple[int, float]:
    """Return count and variance with rules of that name."""
    return judged_so_far("m", target=TARGET, assets=["A", "B"], rules_sha256=rules, sharpe=sharpe, ledger=ledger)


def test_the_first_one_stands_alone(ledger: Ledger) -> None:
    """One configuration, and no variance among one."""
    count, variance = so_far(ledger)
    assert count == 1
    assert math.isnan(variance)


def test_each_configuration_counts_once(ledger: Ledger) -> None:
    """Repetitions take the place of the earlier one; the variance is that of the last Sharpe ratios."""
    for rules, sharpe in (("a", 0.9), ("b", 0.2), ("a", 0.4)):
        judge(ledger, rules, sharpe)
    assert so_far(ledger, "c", 0.6) == (3, pytest.approx(np.var([0.4, 0.2, 0.6], ddof=1)))
    assert so_far(ledger, "b", 0.3)[0] == 2


@pytest.mark.parametrize(
    "other",
    [{"name": "other"}, {"assets": ["A"]}, {"target": TargetConfig(horizon_steps=6, return_threshold=0.01)}],
    ids=["name", "assets", "target"],
)
def test_another_question_is_not_counted(ledger: Ledger, other: dict[str, Any]) -> None:
    """Judgements of another model, target or set of assets share no luck with this one."""
    judge(ledger, "a", 0.5, **other)
    assert so_far(ledger)[0] == 1


def test_what_is_not_defined_counts_but_does_not_vary(ledger: Ledger) -> None:
    """A configuration that traded nothing is one more that was judged."""
    judge(ledger, "a", float("nan"))
    judge(ledger, "b", 0.5)
    assert so_far(ledger, "c", 0.1) == (3, pytest.approx(np.var([0.5, 0.1], ddof=1)))
    assert ledger.events()[0].payload["excess_sharpe"] is None
    assert ledger.verify() == 2


def test_what_was_judged_before_a_run_is_known(ledger: Ledger) -> None:
    """The judgements before that of a run come back in order, with the rules of the run itself, and no later ones."""
    for rules, run in (("a", "r1"), ("b", "r2"), ("a", "r3"), ("c", "r4")):
        judge(ledger, rules, 0.5, facts={"run": run})
    judge(ledger, "d", 0.5, facts={"run": "r1"}, name="other")
    before, rules = judged_before("m", "r3", ledger=ledger)
    assert ([one["rules_sha256"] for one in before], rules) == (["a", "b"], "a")
    assert judged_before("m", "r1", ledger=ledger) == ([], "a")


def test_an_unknown_run_has_nothing_before_it(ledger: Ledger) -> None:
    """A ledger that does not know the run says so."""
    judge(ledger, "a", 0.5)
    assert judged_before("m", "elsewhere", ledger=ledger) == ([], None)
