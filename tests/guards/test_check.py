from __future__ import annotations

from datetime import UTC, datetime

from trady2.errors import DataError
from trady2.guards.certificate import Finding, Outcome
from trady2.guards.check import TITLES, Check, not_applicable


def test_a_check_keeps_its_identity_and_its_time() -> None:
    """The result has the check's name, title, version and level, when it began and how long it took."""
    before = datetime.now(UTC)
    found = Check("A3", 5, "warn", lambda seen: Outcome(numbers={"seen": seen})).run(42)
    assert (found.check, found.title, found.version, found.level) == ("A3", TITLES["A3"], 5, "warn")
    assert before <= found.started_at <= datetime.now(UTC)
    assert (found.outcome.numbers, found.seconds >= 0) == ({"seen": 42}, True)


def test_what_is_raised_on_purpose_is_a_finding() -> None:
    """An error of ours inside a check becomes its finding, with its message."""

    def raising(_evidence: object) -> Outcome:
        raise DataError("a bar stands twice; import it again")

    assert Check("A10", 1, "hard", raising).run(None).outcome.findings == (
        Finding("A10", None, "a bar stands twice; import it again"),
    )


def test_what_cannot_be_checked_says_why() -> None:
    """A check without anything to look at is there all the same, as skipped."""
    found = not_applicable("A4", "no function; name one")
    assert (found.status, found.reason, found.title) == ("skipped", "no function; name one", TITLES["A4"])


def test_there_are_eleven_checks() -> None:
    """The table holds A0 to A10, in order."""
    assert list(TITLES) == [f"A{number}" for number in range(11)]
