"""The judge of the answers under faults can fail."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.service.fault_load import Asked, judge, logged_ids


def told(identity: str, read: float, status: int = 200, code: str | None = None, *, logged: bool = False) -> Asked:
    """Return a request that was answered at the second *read*."""
    return Asked(identity, read - 0.01, read, status, code, "a" if status == 200 else None, logged)


def test_it_counts_how_requests_ended_and_how_long_nobody_was_answered() -> None:
    """Refusals are counted by status and code; they end no silence."""
    asked = [told("1", 1.0), told("2", 2.0, 503, "busy"), told("3", 4.5), told("4", 5.0, 0, "broken")]
    judged = judge(asked, Counter())
    assert judged.outcomes == {200: 2, (503, "busy"): 1, (0, "broken"): 1}
    assert (judged.versions, judged.silence) == ({"a"}, 3.5)


@pytest.mark.parametrize(
    ("in_log", "lost", "doubled"),
    [({"1": 1}, [], []), ({"1": 1, "2": 1}, [], []), ({"2": 1}, ["1"], []), ({"1": 1, "2": 2, "9": 5}, [], ["2"])],
)
def test_it_finds_what_the_log_has_lost_or_doubled(in_log: dict[str, int], lost: list[str], doubled: list[str]) -> None:
    """What was acknowledged has to be there once, what was not may be, and nobody's line twice."""
    judged = judge([told("1", 1.0, logged=True), told("2", 2.0)], Counter(in_log))
    assert (judged.lost, judged.doubled) == (lost, doubled)


def test_a_torn_last_line_is_no_line(tmp_path: Path) -> None:
    """The end of a file without a newline counts for nothing."""
    (tmp_path / "20251101-a.jsonl").write_text('{"request_id": "1"}\n{"request_id": "2"')
    assert logged_ids(tmp_path) == {"1": 1}
