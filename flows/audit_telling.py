"""A leak certificate as text for a person: each check, what became of it, why, and the way out."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["audit_line", "audited", "check_rows", "findings_markdown"]

_MARKS = {"passed": "✓", "warned": "!", "failed": "✗", "skipped": "–"}
_WIDTH = 116


def audited(result: Mapping[str, Any]) -> str:
    """Tell what was checked, then each finding and each warning in full."""
    lines = [_head(result), ""]
    for check in result["checks"]:
        lines += _check_lines(check)
    for title, found in (("findings", result["findings"]), ("worth a look", result["warnings"])):
        if found:
            lines += ["", f"{title}:", *_finding_lines(found)]
    if not result["passed"]:
        lines += ["", "A version that is trained like this can only be activated with --force and a reason."]
    return "\n".join(lines)


def audit_line(certificate: Mapping[str, Any]) -> str:
    """Tell in one line whether a certificate passed, and what was not checked."""
    level = "" if certificate["level"] == "full" else f", data only: {certificate['why_data_only']}"
    if certificate["passed"]:
        run = sum(check["status"] != "skipped" for check in certificate["checks"])
        return f"passed, {run} of {len(certificate['checks'])} checks{level}"
    failed = sorted({finding["check"] for finding in certificate["findings"]})
    return f"FAILED {', '.join(failed)}{level}"


def check_rows(certificate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each check, for a table."""
    keys = ("check", "title", "status", "reason", "version", "seconds")
    return [{key: check[key] for key in keys} for check in certificate["checks"]]


def findings_markdown(certificate: Mapping[str, Any]) -> str:
    """Return findings and warnings as Markdown."""
    found = [*certificate["findings"], *certificate["warnings"]]
    lines = [f"- **{each['check']}** {_column(each)}{each['detail']} *({each['level']})*" for each in found]
    return "\n".join([f"## Leak audit: {audit_line(certificate)}", "", *lines]) + "\n"


def _head(result: Mapping[str, Any]) -> str:
    what = f"{result['name']} {result['version']}" if result["version"] else result["name"]
    return f"leak audit of {what}: {audit_line(result)}  ({result['seconds']:.1f} s)"


def _check_lines(check: Mapping[str, Any]) -> list[str]:
    head = f"{_MARKS[check['status']]} {check['check']:<4}{check['title']:<46}"
    plain = check["status"] in ("failed", "warned")
    said = f"{len(check['findings'])} found, see below" if plain else f"{check['reason']}"
    if check["status"] == "skipped":
        said = f"skipped: {said}"
    return textwrap.wrap(head + said, _WIDTH, subsequent_indent=" " * 6)


def _finding_lines(found: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for finding in found:
        text = f"{finding['check']:<4}{_column(finding)}{finding['detail']}"
        lines += textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent=" " * 6)
    return lines


def _column(finding: Mapping[str, Any]) -> str:
    return f"{finding['column']}: " if finding["column"] else ""
