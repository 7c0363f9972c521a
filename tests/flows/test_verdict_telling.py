"""How a verdict is told."""

from __future__ import annotations

from typing import Any

from flows.verdict_telling import verdict_lines, verdict_markdown

VERDICT: dict[str, Any] = {
    "label": "unproven",
    "text": "There may be something, but this history does not prove it.",
    "criteria": [
        {"name": "direction skill", "value": 2.345, "threshold": 3.09, "passed": False, "text": "Luck does that."},
        {"name": "leak audit", "value": None, "threshold": None, "passed": None, "text": "There was no leak audit."},
    ],
}


def test_the_label_comes_first_and_each_reason_has_its_numbers() -> None:
    """A mark says what was passed, failed or unknown; a value that is not known is left out."""
    assert verdict_lines(VERDICT) == [
        "verdict  UNPROVEN",
        "There may be something, but this history does not prove it.",
        "  ✗ direction skill: 2.35 against 3.09",
        "    Luck does that.",
        "  – leak audit",
        "    There was no leak audit.",
    ]


def test_a_page_says_the_same() -> None:
    """Markdown with the label as its heading and a line for each criterion."""
    page = verdict_markdown(VERDICT)
    assert page.startswith("# Unproven\n\nThere may be something")
    assert "- ✗ **direction skill 2.35 against 3.09**: Luck does that." in page
