"""A reproduction as text: what was compared, what moved, and what differs between then and now."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from flows.telling import table

__all__ = ["part_rows", "reproduced", "reproduced_line", "reproduced_markdown"]

_WIDTH = 116


def reproduced(result: Mapping[str, Any]) -> str:
    """Tell what a repetition gave, for the terminal."""
    lines = [f"{result['name']} {result['version']}: {reproduced_line(result)}", ""]
    for repetition in result["repetitions"]:
        lines += [_head(repetition), table([_row(part) for part in repetition["parts"]]), ""]
    lines += [f"likely cause: {line}" if not place else f"  {line}" for place, line in enumerate(_cause(result))]
    if result["origin"]:
        lines += ["", "different from when it was trained:" if result["equal"] else "what differs from then:"]
        lines.append(
            table(
                [("  " + one["what"], _short(one["published"]), "→ " + _short(one["now"])) for one in result["origin"]]
            )
        )
        if result["equal"]:
            lines.append("  and yet nothing moved")
    return "\n".join([*lines, "", f"files    {result['run']}"])


def reproduced_line(result: Mapping[str, Any]) -> str:
    """Tell in one line whether everything was repeated."""
    counts = [str(one["threads"]) for one in result["repetitions"]]
    threads = f"{' and '.join(counts)} thread{'s' if counts != ['1'] else ''}"
    if result["equal"]:
        return f"repeated to the last bit with {threads}"
    return f"NOT repeated with {threads}: {', '.join(result['moved'])} moved"


def reproduced_markdown(result: Mapping[str, Any]) -> str:
    """Return the same as a page of markdown."""
    lines = [f"## {result['name']} {result['version']}: {reproduced_line(result)}", ""]
    for repetition in result["repetitions"]:
        moved = [part for part in repetition["parts"] if not part["equal"]]
        lines += [f"- **{part['name']}** ({repetition['threads']} threads): {_moved(part)}" for part in moved]
    lines += [f"- {one['what']}: {one['published']} → {one['now']}" for one in result["origin"]]
    return "\n".join([*lines, "", result["likely_cause"] or ""]) + "\n"


def part_rows(repetition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each part, for a table."""
    return [dict(part) for part in repetition["parts"]]


def _head(repetition: Mapping[str, Any]) -> str:
    count = repetition["threads"]
    took = f"{repetition['seconds']:.1f} s, {repetition['cpu_seconds']:.1f} s of processor time"
    return f"{count} thread{'s' if count > 1 else ''} ({took})"


def _row(part: Mapping[str, Any]) -> tuple[str, str, str]:
    if part["equal"]:
        return "  ✓", part["name"], f"{part['compared']:,} equal"
    return "  ✗", part["name"], _moved(part)


def _moved(part: Mapping[str, Any]) -> str:
    share = "" if part["name"].startswith("trees") else f"{part['different']:,} of {part['compared']:,} differ; "
    largest = "" if part["largest"] is None else f", by {part['largest']:.3g} at most"
    return f"{share}{part['first']}{largest}"


def _cause(result: Mapping[str, Any]) -> list[str]:
    return wrap(result["likely_cause"], _WIDTH) if result["likely_cause"] else []


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text[:12] if len(text) == 64 else text
