"""The sections at the end: every metric by its group, where the data came from, how everything was configured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trady2.reports.numerals import moment
from trady2.reports.tabular import Pairs, flat, pairs, settings
from trady2.reports.units import group_of, spoken, written

__all__ = ["origin_section"]


def origin_section(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's names for metrics, data and configuration."""
    return {"metrics": _grouped(report), "origin": _origin(report), "details": _details(report)}


def _grouped(report: Mapping[str, Any]) -> dict[str, Pairs]:
    groups: dict[str, Pairs] = {}
    for name, value in report["metrics"].items():
        if name not in report["counts"]:
            groups.setdefault(group_of(name), []).append((spoken(name), written(name, value)))
    return groups


def _origin(report: Mapping[str, Any]) -> Pairs:
    data = report["data"]
    times = {"first": moment(data["first"]), "last": moment(data["last"])}
    return [
        ("Model", f"{report['name']} {report['version'] or 'without a version'}"),
        *((spoken(name), times.get(name, written(name, value))) for name, value in flat(data)),
    ]


def _details(report: Mapping[str, Any]) -> list[tuple[str, Pairs]]:
    parts = {
        "How the threshold was chosen": report["threshold"],
        "How the probability was calibrated": report["calibration"],
    }
    configured = {"The backtest's rules": report["backtest"], "The whole configuration": report["config"]}
    read = [(title, pairs(values)) for title, values in parts.items() if values]
    return read + [(title, settings(values)) for title, values in configured.items() if values]
