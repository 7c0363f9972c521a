"""Tables as the template takes them: columns, rows of texts, and a caption for those who cannot see them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from trady2.reports.numerals import MISSING
from trady2.reports.units import spoken, written

__all__ = ["Pairs", "Table", "columns", "flat", "pairs", "settings"]

Pairs = list[tuple[str, str]]


class Table(NamedTuple):
    """A table of texts; the first column heads its row."""

    caption: str
    columns: Sequence[tuple[str, str]]
    """Label and CSS class of each: "" for numbers, "text" for words, "text after" for words behind a number."""
    rows: Sequence[Sequence[str]]
    kind: str = "stack"
    """How it folds on a phone."""
    marked: int | None = None
    """The row that stands out, such as the one as configured."""


def columns(*labels: str) -> list[tuple[str, str]]:
    """Return columns of numbers, the first of words; a label after < stands over words, after << behind a number."""
    kinds = {0: "", 1: "text", 2: "text after"}
    found = [(label.lstrip("<"), kinds[len(label) - len(label.lstrip("<"))]) for label in labels]
    return [(found[0][0], "text"), *found[1:]]


def pairs(values: Mapping[str, Any]) -> Pairs:
    """Return names in words and values in their units, those of inner mappings among them."""
    return [(spoken(name), written(name, value)) for name, value in flat(values)]


def settings(values: Mapping[str, Any]) -> Pairs:
    """Return keys and values as they stand in the YAML, so that they can be copied."""
    return [(name, MISSING if value is None else json.dumps(value).strip('"')) for name, value in flat(values)]


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return dotted names and values of *values*; lists of mappings and of lists are left to the JSON."""
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows += flat(value, f"{prefix}{name}.")
        elif not (isinstance(value, list) and value and isinstance(value[0], Mapping | list)):
            rows.append((prefix + name, value))
    return rows
