"""A2 and A3: a feature must be the same whether what follows it is there, is missing, or is something else.

Each cut is tried on all of history (a few, comparing every row before the cut) and on short windows (hundreds, which
see rare leaks). Both sides of a comparison begin at the same bar, so that an honest feature agrees to rounding,
however long its memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trady2.errors import DataError
from trady2.guards.bar_table import BarTable
from trady2.guards.builds import call_builder
from trady2.guards.certificate import Finding, Outcome
from trady2.guards.differences import Difference, Differences, exact
from trady2.guards.feature_probe import FeatureProbe
from trady2.guards.outside_data import outside_findings
from trady2.guards.poison import poisoned

if TYPE_CHECKING:
    from trady2.guards.cuts import Window

__all__ = ["poison", "truncation"]

Change = Callable[[BarTable, int, int], BarTable]


def truncation(probe: FeatureProbe) -> Outcome:
    """A2: take the bars from a cut on away, and compare what is left."""

    def cut_off(bars: BarTable, start: int, cut: int) -> BarTable:
        return bars.between(start, cut)

    return _outcome("A2", probe, _observed(probe, cut_off), "later bars are taken away")


def poison(probe: FeatureProbe) -> Outcome:
    """A3: change the bars from a cut on at random, and compare the rows before it; every second cut in windows."""

    def changed(bars: BarTable, start: int, cut: int) -> BarTable:
        return poisoned(bars, cut, [probe.seed, 3, start, cut])

    found = _outcome("A3", probe, _observed(probe, changed, every=2), "the numbers of later bars are changed")
    return replace(found, findings=found.findings + outside_findings(probe))


def _observed(probe: FeatureProbe, change: Change, *, every: int = 1) -> Differences:
    found = Differences()
    for cut in probe.plan.full:
        _compare(probe, found, None, cut, change)
    for window in probe.plan.windows:
        for cut in window.cuts[::every]:
            _compare(probe, found, window, cut, change)
    return found


def _compare(probe: FeatureProbe, found: Differences, window: Window | None, cut: int, change: Change) -> None:
    start, bars = 0, probe.bars
    if window is not None:
        start, bars = window.start, probe.bars.between(window.start, window.stop)
    try:
        whole = probe.full if window is None else probe.reference(window)
        other_bars = change(bars, start, cut)
        other = call_builder(probe.build, other_bars)
    except DataError as error:
        return found.fault(str(error))
    kept, also = np.flatnonzero(bars.position < cut), np.flatnonzero(other_bars.position < cut)
    return found.compare(
        (whole, kept),
        (other, also),
        scale=probe.scale,
        tolerance=exact,
        age=cut - bars.position[kept],
        time=bars.time[kept],
    )


def _outcome(name: str, probe: FeatureProbe, found: Differences, event: str) -> Outcome:
    probe.leaking |= set(found.columns)
    findings = [
        Finding(name, None, f"the function cannot be called when {event}, at {count} of {found.cuts} cuts: {text}")
        for text, count in found.faults.items()
    ]
    findings += [Finding(name, column, _told(each, found, event)) for column, each in sorted(found.columns.items())]
    numbers = {
        "cuts_in_full": len(probe.plan.full),
        "cuts_in_windows": found.cuts - len(probe.plan.full),
        "windows_at_odd_bars": probe.plan.special,
        "rows_compared": found.rows,
        "columns": len(probe.full.names),
        "largest_difference_in_deviations": found.worst,
    }
    note = f"{len(probe.full.names)} columns are the same at {found.cuts} cuts when {event}"
    return Outcome(tuple(findings), numbers, {"tolerance_relative": 1e-9}, note=note)


def _told(each: Difference, found: Differences, event: str) -> str:
    size = "" if not np.isfinite(each.worst) else f", by up to {each.worst:.3g} standard deviations"
    return (
        f"changes when {event}: at {each.cuts} of {found.cuts} cuts, as far as {each.reach_bars} bars before the cut"
        f"{size}; {each.example if each.absent else 'at ' + each.example}; "
        "compute it from bars up to and including its own"
    )
