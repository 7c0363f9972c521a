from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import numpy as np
import pytest

from trady2.guards.certificate import CheckResult, Finding, LeakCertificate, Outcome

THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def result(name: str, *findings: Finding, **outcome: object) -> CheckResult:
    """Return a result with findings."""
    return CheckResult(name, f"title of {name}", 2, "hard", Outcome(findings, **outcome), THEN, 0.5)


def certificate(*results: CheckResult) -> LeakCertificate:
    """Return a certificate of results."""
    return LeakCertificate(results, "full", "", 7, THEN)


HARD = Finding("A2", "rsi_14", "changes; mend it")
SOFT = Finding("A6", "hour", "look at it", "warn")


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [
        (Outcome(), "passed", "nothing found"),
        (Outcome(note="all is well"), "passed", "all is well"),
        (Outcome((SOFT,)), "warned", "hour: look at it"),
        (Outcome((SOFT, HARD)), "failed", "hour: look at it (and 1 more)"),
        (Outcome(skipped="no bars; import some"), "skipped", "no bars; import some"),
        (Outcome((Finding("A1", None, "zones overlap"),)), "failed", "zones overlap"),
    ],
)
def test_a_result_has_a_status_and_a_reason(outcome: Outcome, status: str, reason: str) -> None:
    """Hard findings fail, others warn, and what was skipped says why."""
    found = CheckResult("A2", "t", 1, "hard", outcome, THEN, 0.0)
    assert (found.status, found.reason) == (status, reason)


def test_only_hard_findings_decide() -> None:
    """Warnings stand beside the findings and do not fail a certificate."""
    soft, hard = certificate(result("A6", SOFT)), certificate(result("A6", SOFT), result("A2", HARD))
    assert (soft.passed, soft.findings, soft.warnings) == (True, (), (SOFT,))
    assert (hard.passed, hard.findings, hard.warnings) == (False, (HARD,), (SOFT,))


def test_as_json_is_plain_and_complete() -> None:
    """The JSON holds versions, numbers, thresholds, times and findings; unknown numbers become null."""
    numbers = {
        "auc": np.float64(0.5),
        "rows": np.int64(3),
        "gone": float("nan"),
        "zones": {"a": np.inf},
        "each": [np.float32(1), {"x": np.nan}],
        "names": ("p", "q"),
    }
    plain = certificate(result("A2", HARD, numbers=numbers, thresholds={"most": 1})).as_json()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    check = plain["checks"][0]
    assert check["numbers"] == {
        "auc": 0.5,
        "rows": 3,
        "gone": None,
        "zones": {"a": None},
        "each": [1.0, {"x": None}],
        "names": ["p", "q"],
    }
    assert (check["version"], check["thresholds"], check["started_at"], check["seconds"]) == (
        2,
        {"most": 1},
        "2026-01-02T03:04:05.000000Z",
        0.5,
    )
    assert (plain["passed"], plain["level"], plain["why_data_only"], plain["seed"]) == (False, "full", None, 7)
    assert plain["findings"] == [{"check": "A2", "column": "rsi_14", "level": "hard", "detail": "changes; mend it"}]


def test_a_certificate_cannot_be_changed() -> None:
    """It is frozen, and its digest covers what it says."""
    one, other = certificate(result("A2")), certificate(result("A2", HARD))
    with pytest.raises(FrozenInstanceError, match="cannot assign"):
        one.seed = 1  # type: ignore[misc]
    assert one.sha256 == certificate(result("A2")).sha256 != other.sha256


def test_an_outcome_can_be_exchanged() -> None:
    """A result keeps its identity with another outcome, and its time unless another is given."""
    changed = result("A2", HARD).with_outcome(Outcome())
    assert (changed.check, changed.status, changed.seconds) == ("A2", "passed", 0.5)
    assert changed.with_outcome(Outcome(), seconds=2.0).seconds == 2.0
