"""The grid of configurations that were tried, two settings at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trady2.reports.heat_map import grid_axis, heat_map, setting_texts
from trady2.reports.numerals import by_unit
from trady2.reports.traces import Chart
from trady2.reports.units import spoken, unit_of

__all__ = ["sweep_chart"]


def sweep_chart(report: Mapping[str, Any]) -> Chart | None:
    """Return the heat map of the report's sweep, or None without one."""
    found = (report.get("sweep") or {}).get("heat_map")
    if not found or not found["z"]:
        return None
    metric, z = report["sweep"]["metric"], found["z"]
    across, up = setting_texts(found["x"], found["x_values"]), setting_texts(found["y"], found["y_values"])
    x, y = spoken(found["x"]), spoken(found["y"])
    return {
        "data": [heat_map(z, (x, across), (y, up), metric)],
        "layout": {"xaxis": grid_axis(across, x), "yaxis": grid_axis(up, y)},
        "alt": _alt(z, metric, report["sweep"]["n_configurations"]),
    }


def _alt(z: list[list[float | None]], metric: str, tried: int) -> str:
    known = [value for row in z for value in row if value is not None]
    if not known:
        return "No configuration gave a result."
    unit, above = unit_of(metric), sum(value > 0 for value in known)
    cells = sum(len(row) for row in z)
    middle = f" Each cell is the middle one of {tried // cells} configurations." if tried > cells else ""
    return (
        f"{spoken(metric)} from {by_unit(min(known), unit)} to {by_unit(max(known), unit)} over {len(known)} pairs of "
        f"settings; {above} of them are above 0.{middle} Neighbours that agree are worth more than one good cell."
    )
