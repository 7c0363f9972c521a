"""The page of a retraining study: skill by age, and cadences side by side, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trady2.reports.numerals import count, number
from trady2.reports.report_html import render_page
from trady2.reports.tabular import Table, columns
from trady2.reports.traces import Chart

__all__ = ["study_page"]

Rows = Sequence[Mapping[str, Any]]


def study_page(result: Mapping[str, Any]) -> str:
    """Return the page as text; the same *result* gives the same bytes.

    *result* is what `trady2.guards.study.Study.as_json` gives, with ``name``, ``assets``, ``timeframe`` and ``end``.
    """
    ages, cadences = result["ages"]["ages"], result["cadences"]
    drawn = {
        "ages": _age_chart(ages),
        "skill": _cadence_chart(cadences, "skill_change", "direction skill"),
        "excess": _cadence_chart(cadences, "excess_change", "basis points per bar"),
    }
    return render_page("study.html", drawn, r=result, ages=_age_table(ages), cadences=_cadence_table(cadences))


def _age_chart(ages: Rows) -> Chart:
    found = [_points([one["weeks"] for one in ages], ages, "skill", "%{x} weeks old: %{y:.4f}<extra></extra>")]
    first, last = number(ages[0]["skill"]), number(ages[-1]["skill"])
    return {
        "data": found,
        "layout": {
            "showlegend": False,
            "xaxis": {"title": {"text": "age of the model, weeks"}, "showgrid": False, "zeroline": False},
            "yaxis": {"title": {"text": "direction skill"}},
            "shapes": [_level(0.5)],
        },
        "alt": f"Fresh models have {first}, models of {ages[-1]['weeks']} weeks {last}; a coin has 0.5.",
    }


def _cadence_chart(cadences: Rows, key: str, unit: str) -> Chart:
    names = [_named(one["weeks"]) for one in cadences]
    below = [name for name, one in zip(names, cadences, strict=True) if (one[f"{key}_high"] or 0) < 0]
    told = f"The interval lies below 0 for: {', '.join(below)}." if below else "No interval lies below 0."
    return {
        "data": [_points(names, cadences, key, "%{x}: %{y:+.4f}<extra></extra>")],
        "layout": {
            "showlegend": False,
            "xaxis": {"type": "category", "showgrid": False},
            "yaxis": {"title": {"text": unit}},
            "shapes": [_level(0.0)],
        },
        "alt": told,
    }


def _points(x: Sequence[Any], rows: Rows, key: str, hover: str) -> Chart:
    values, ends = [one[key] for one in rows], [(one[f"{key}_low"], one[f"{key}_high"]) for one in rows]
    known = [None not in (value, *both) for value, both in zip(values, ends, strict=True)]
    above = [both[1] - value if told else 0.0 for value, both, told in zip(values, ends, known, strict=True)]
    below = [value - both[0] if told else 0.0 for value, both, told in zip(values, ends, known, strict=True)]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(x),
        "y": values,
        "error_y": {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": "--accent"},
        "marker": {"color": "--accent", "size": 9},
        "hovertemplate": hover,
    }


def _level(value: float) -> Chart:
    line = {"color": "--muted", "width": 1, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": line}


def _age_table(ages: Rows) -> Table:
    rows = [
        ["fresh" if not one["weeks"] else f"{one['weeks']} weeks", *_cells(one, "skill"), *_cells(one, "change")]
        for one in ages
    ]
    heads = columns("Age", "Skill", "<<90 %", "Against fresh", "<<90 %")
    return Table("Direction skill by the age of the model", heads, rows)


def _cadence_table(cadences: Rows) -> Table:
    rows = [
        [
            _named(one["weeks"]),
            count(one["trainings"]),
            *_cells(one, "skill"),
            *_cells(one, "skill_change"),
            number(one["excess"]),
            *_cells(one, "excess_change"),
            count(one["n_trades"]),
        ]
        for one in cadences
    ]
    heads = ("Train", "Times", "Skill", "<<90 %", "Against first", "<<90 %", "Excess, bps", "Against first", "<<90 %")
    return Table("Retraining cadences on the same bars", columns(*heads, "Trades"), rows)


def _cells(one: Mapping[str, Any], key: str) -> list[str]:
    return [number(one[key]), f"[{number(one[f'{key}_low'])}, {number(one[f'{key}_high'])}]"]


def _named(weeks: int | None) -> str:
    return "never again" if weeks is None else "every week" if weeks == 1 else f"every {weeks} weeks"
