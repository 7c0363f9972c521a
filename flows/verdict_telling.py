"""A verdict as text: for the terminal, and as a page of Prefect."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

__all__ = ["verdict_lines", "verdict_markdown"]

_MARKS = {True: "✓", False: "✗", None: "–"}
_WIDTH = 110


def verdict_lines(verdict: Mapping[str, Any]) -> list[str]:
    """Return the label, what it means, and each criterion with a mark, its numbers and its sentence."""
    lines = [f"verdict  {verdict['label'].upper()}", *wrap(verdict["text"], _WIDTH)]
    for criterion in verdict["criteria"]:
        numbers = _numbers(criterion)
        lines.append(f"  {_MARKS[criterion['passed']]} {criterion['name']}" + (f": {numbers}" if numbers else ""))
        lines += wrap(criterion["text"], _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return lines


def verdict_markdown(verdict: Mapping[str, Any]) -> str:
    """Return the same as a page of markdown."""
    lines = [f"# {verdict['label'].capitalize()}", "", verdict["text"], ""]
    for criterion in verdict["criteria"]:
        mark, name = _MARKS[criterion["passed"]], criterion["name"]
        lines.append(f"- {mark} **{' '.join([name, _numbers(criterion)]).strip()}**: {criterion['text']}")
    return "\n".join(lines) + "\n"


def _numbers(criterion: Mapping[str, Any]) -> str:
    known = [criterion[key] for key in ("value", "threshold") if criterion[key] is not None]
    return " against ".join(f"{number:.3g}" for number in known)
