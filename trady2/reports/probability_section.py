"""The section of the probability: its scores with intervals, and accuracy beside profit by tenths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trady2.reports.numerals import by_unit, count, number, percent
from trady2.reports.tabular import Table, columns
from trady2.reports.units import spoken, unit_of

__all__ = ["probability_section"]

Rows = Sequence[Mapping[str, Any]]


def probability_section(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's names for the probability."""
    card = report["scorecard"] or {}
    scores = Table(
        "Scores of the probability with their intervals",
        columns("Score", "Value", "Low", "High"),
        _scores(card),
        "short",
    )
    return {"scores": scores, "score_note": _score_note(card), "deciles": _deciles(report["deciles"])}


def _scores(card: Mapping[str, Any]) -> list[list[str]]:
    return [
        [spoken(name), *(_score(name, value) for value in (card.get(name), ends["low"], ends["high"]))]
        for name, ends in card.get("intervals", {}).items()
    ]


def _score(name: str, value: float | None) -> str:
    return by_unit(value, "fraction") if unit_of(name) == "fraction" else number(value)


def _score_note(card: Mapping[str, Any]) -> str:
    if not card:
        return ""
    rows, independent = count(card.get("n")), count(card.get("n_eff"))
    note = f"Over {rows} rows, whose labels overlap: they are worth {independent} independent ones."
    if card.get("level") is not None:
        note += (
            f" Low and high are the ends of {percent(card['level'], 0)} intervals from a bootstrap of blocks of time."
        )
    if card.get("promised") is False:
        note += " That is little: the intervals may be too narrow."
    return note


def _deciles(rows: Rows) -> Table:
    labels = columns("Tenth", "Probability", "Came true", "Return before costs", "Gained", "Return after costs", "Rows")
    shown = [
        [
            str(place),
            f"{number(row['probability_low'], 3)} to {number(row['probability_high'], 3)}",
            percent(row["realised_rate"]),
            percent(row["mean_forward_return"], 3, sign=True),
            percent(row.get("win_rate")),
            percent(row.get("mean_net_return"), 3, sign=True),
            count(row["rows"]),
        ]
        for place, row in enumerate(rows, 1)
    ]
    return Table("Accuracy and profit by tenths of the probabilities, lowest first", labels, shown)
