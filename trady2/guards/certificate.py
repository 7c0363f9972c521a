"""The certificate of a leak audit: what was checked, by which version of which check, with which numbers."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from trady2.registry.canonical import canonical_json, utc_text

__all__ = ["CheckResult", "Finding", "LeakCertificate", "Level", "Outcome", "plain_number"]

Level = Literal["hard", "warn"]
_SCHEMA = 1


@dataclass(frozen=True)
class Finding:
    """One thing that a check found: *column* names a feature where one is to blame; *detail* ends with the way out."""

    check: str
    column: str | None
    detail: str
    level: Level = "hard"


@dataclass(frozen=True)
class Outcome:
    """What the function of a check returns.

    Attributes:
        findings: what is wrong, or worth a look.
        numbers: what was measured.
        thresholds: what it was compared with.
        skipped: why nothing could be checked, with the way out; None when it was.
        note: a sentence for whoever reads of a check that passed.
    """

    findings: tuple[Finding, ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    skipped: str | None = None
    note: str = ""


@dataclass(frozen=True)
class CheckResult:
    """An outcome with the identity of its check, when it began (UTC) and how long it took."""

    check: str
    title: str
    version: int
    level: Level
    outcome: Outcome
    started_at: datetime
    seconds: float

    @property
    def status(self) -> Literal["passed", "warned", "failed", "skipped"]:
        """What became of it: failed by a hard finding, warned by another one."""
        if self.outcome.skipped is not None:
            return "skipped"
        levels = {finding.level for finding in self.outcome.findings}
        return "failed" if "hard" in levels else "warned" if levels else "passed"

    @property
    def reason(self) -> str:
        """Why, in one sentence."""
        if self.outcome.skipped is not None:
            return self.outcome.skipped
        if not self.outcome.findings:
            return self.outcome.note or "nothing found"
        more = len(self.outcome.findings) - 1
        first = self.outcome.findings[0]
        named = f"{first.column}: " if first.column else ""
        return f"{named}{first.detail}" + (f" (and {more} more)" if more else "")

    def with_outcome(self, outcome: Outcome, *, seconds: float | None = None) -> CheckResult:
        """Return the same check with another outcome."""
        return replace(self, outcome=outcome, seconds=self.seconds if seconds is None else seconds)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; unknown numbers are None."""
        return {
            "check": self.check,
            "title": self.title,
            "version": self.version,
            "level": self.level,
            "status": self.status,
            "reason": self.reason,
            "numbers": _plain(self.outcome.numbers),
            "thresholds": _plain(self.outcome.thresholds),
            "started_at": utc_text(self.started_at),
            "seconds": round(self.seconds, 3),
            "findings": [_finding(finding) for finding in self.outcome.findings],
        }


@dataclass(frozen=True)
class LeakCertificate:
    """The results of all checks, in the order of their names, those that were skipped among them.

    Attributes:
        checks: one result for each check.
        level: ``full``, or ``data-only`` where there was no feature function to call.
        why_data_only: the reason; empty for a full audit.
        seed: of the cut points, the poison and the shifts.
        created_at: when the audit ended, UTC.
        revisions: explicit entries by which a person accepted that delivered data changed.
    """

    checks: tuple[CheckResult, ...]
    level: Literal["full", "data-only"]
    why_data_only: str
    seed: int
    created_at: datetime
    revisions: tuple[Mapping[str, Any], ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no check has a hard finding."""
        return not self.findings

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The hard findings of all checks."""
        return tuple(finding for finding in self._all() if finding.level == "hard")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that are worth a look and decide nothing."""
        return tuple(finding for finding in self._all() if finding.level == "warn")

    @property
    def sha256(self) -> str:
        """The SHA-256 of the certificate as canonical JSON."""
        return hashlib.sha256(canonical_json(self.as_json())).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return the certificate as plain values, as the manifest of a version holds it."""
        return {
            "schema": _SCHEMA,
            "passed": self.passed,
            "level": self.level,
            "why_data_only": self.why_data_only or None,
            "seed": self.seed,
            "created_at": utc_text(self.created_at),
            "seconds": round(sum(result.seconds for result in self.checks), 3),
            "findings": [_finding(finding) for finding in self.findings],
            "warnings": [_finding(finding) for finding in self.warnings],
            "revisions": [dict(entry) for entry in self.revisions],
            "checks": [result.as_json() for result in self.checks],
        }

    def _all(self) -> Iterable[Finding]:
        return (finding for result in self.checks for finding in result.outcome.findings)


def plain_number(value: Any) -> Any:
    """Return a numpy scalar as Python's own; None for a number that is not finite."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _plain(value)
        if isinstance(value, Mapping)
        else [plain_number(item) if not isinstance(item, Mapping) else _plain(item) for item in value]
        if isinstance(value, list | tuple)
        else plain_number(value)
        for key, value in values.items()
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "column": finding.column,
        "level": finding.level,
        "detail": finding.detail,
    }
