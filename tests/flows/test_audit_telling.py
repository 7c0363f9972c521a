"""A certificate as text."""

from __future__ import annotations

from typing import Any

from flows.audit_telling import audit_line, audited, check_rows, findings_markdown

LEAK = {"check": "A2", "column": "rsi_14", "level": "hard", "detail": "changes when later bars are taken away"}
LOOK = {"check": "A9", "column": None, "level": "warn", "detail": "trees split on it; look"}


def check(name: str, status: str, *findings: dict[str, Any], reason: str = "nothing found") -> dict[str, Any]:
    """Return a check as a certificate holds it."""
    return {
        "check": name, "title": "a title", "status": status, "reason": reason, "version": 1, "seconds": 0.1,
        "findings": list(findings),
    }  # fmt: skip


def result(*checks: dict[str, Any], level: str = "full", version: str | None = None) -> dict[str, Any]:
    """Return the result of an audit."""
    found = [finding for each in checks for finding in each["findings"]]
    hard = [finding for finding in found if finding["level"] == "hard"]
    return {
        "name": "trady2", "version": version, "passed": not hard, "level": level, "seconds": 12.34,
        "why_data_only": None if level == "full" else "no bars; import some", "findings": hard,
        "warnings": [finding for finding in found if finding["level"] == "warn"], "checks": list(checks),
    }  # fmt: skip


def test_a_passed_audit_is_short() -> None:
    """One line a check with its mark; nothing about force."""
    lines = audited(result(check("A0", "passed"), check("A1", "skipped", reason="no zones; cut some"))).splitlines()
    assert lines[0] == "leak audit of trady2: passed, 1 of 2 checks  (12.3 s)"
    assert [line[:5] for line in lines[2:]] == ["✓ A0 ", "– A1 "]
    assert "skipped: no zones; cut some" in lines[3]


def test_findings_are_told_in_full() -> None:
    """What failed and what is worth a look stand below, with column and detail, and what failing means."""
    text = audited(result(check("A2", "failed", LEAK), check("A9", "warned", LOOK), version="1.0.0+20260101_000000"))
    assert "leak audit of trady2 1.0.0+20260101_000000: FAILED A2" in text
    assert "findings:\n  A2  rsi_14: changes when later bars are taken away" in text
    assert "worth a look:\n  A9  trees split on it; look" in text
    assert text.endswith("can only be activated with --force and a reason.")


def test_long_lines_are_wrapped() -> None:
    """No line is wider than a terminal."""
    long = {**LEAK, "detail": "because " * 60}
    assert max(map(len, audited(result(check("A2", "failed", long))).splitlines())) <= 116


def test_data_only_says_why() -> None:
    """One line tells that features were not audited, and the reason."""
    assert audit_line(result(check("A0", "passed"), level="data-only")) == (
        "passed, 1 of 1 checks, data only: no bars; import some"
    )


def test_artifacts_hold_the_same() -> None:
    """The table has a row for each check, the Markdown each finding."""
    made = result(check("A2", "failed", LEAK), check("A9", "warned", LOOK))
    assert [(row["check"], row["status"]) for row in check_rows(made)] == [("A2", "failed"), ("A9", "warned")]
    markdown = findings_markdown(made)
    assert markdown.startswith("## Leak audit: FAILED A2\n")
    assert "- **A2** rsi_14: changes when later bars are taken away *(hard)*" in markdown
