"""A number over a grid of two settings, coloured by its sign and size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from trady2.reports.numerals import MISSING, by_unit
from trady2.reports.traces import Chart
from trady2.reports.units import unit_of, written

__all__ = ["grid_axis", "grid_line", "heat_map", "outlined", "setting_texts"]

Grid = Sequence[Sequence[float | None]]
_MOST_TEXTS = 200


def heat_map(z: Grid, x: tuple[str, Sequence[str]], y: tuple[str, Sequence[str]], metric: str) -> Chart:
    """Return the trace of *z* (rows = y), one square per cell at whole positions from 0.

    Blue is above 0 and orange below it, equally deep for equal sizes; what is not known stays empty.

    Args:
        z: values, None where there is none.
        x: the setting across, its name and its values as texts.
        y: the setting upwards, likewise.
        metric: name of the value, which tells its unit.
    """
    unit = unit_of(metric)
    widest = max((abs(value) for row in z for value in row if value is not None), default=0.0) or 1.0
    texts = [[by_unit(value, unit, sign="return" in metric) for value in row] for row in z]
    written_in = {"texttemplate": "%{text}", "textfont": {"size": 11, "color": "--ink"}}
    tick = ".0~%" if unit == "fraction" else "~g"
    return {
        "type": "heatmap",
        "z": [list(row) for row in z],
        "zmin": -widest,
        "zmax": widest,
        "colorscale": [[0, "--loss-deep"], [0.5, "--neutral"], [1, "--accent-deep"]],
        "xgap": 2,
        "ygap": 2,
        "text": texts,
        **(written_in if sum(len(row) for row in z) <= _MOST_TEXTS else {}),
        "hovertext": [
            [f"{text}<br>{x[0]} {across}<br>{y[0]} {up}" for text, across in zip(row, x[1], strict=True)]
            for row, up in zip(texts, y[1], strict=True)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "colorbar": {"thickness": 8, "outlinewidth": 0, "tickformat": tick, "nticks": 5},
    }


def grid_axis(texts: Sequence[str], title: str) -> Chart:
    """Return an axis with one place per text, all of them marked where there are at most twelve."""
    every = -(-len(texts) // 12)
    places = list(range(0, len(texts), every))
    return {
        "range": [-0.5, len(texts) - 0.5],
        "tickvals": places,
        "ticktext": [texts[place] for place in places],
        "title": {"text": title},
        "showgrid": False,
        "zeroline": False,
    }


def grid_line(z: Grid) -> list[float | None]:
    """Return for each column where, going up the rows, the value falls through 0: a position between rows, or None."""
    return [_crossing([row[j] for row in z]) for j in range(len(z[0]))] if z else []


def _crossing(column: Sequence[float | None]) -> float | None:
    for i, (here, above) in enumerate(pairwise(column)):
        if here is not None and above is not None and here > 0 >= above:
            return i + here / (here - above)
    return None


def outlined(values: Sequence[float], value: float | None) -> int | None:
    """Return the place of the setting nearest to *value*, or None where *value* lies outside of them."""
    if value is None or not values or not min(values) <= value <= max(values):
        return None
    return min(range(len(values)), key=lambda place: abs(values[place] - value))


def setting_texts(name: str, values: Sequence[Any]) -> list[str]:
    """Return the *values* of the setting *name* as a person reads them; None is off."""
    return [written(name, value) if value is not None else "off" for value in values] or [MISSING]
