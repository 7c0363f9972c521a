"""A0, the part about the feature function: what it returns is one row a bar, of numbers, known in time."""

from __future__ import annotations

import numpy as np

from trady2.data.timeframe import modal_step
from trady2.errors import DataError
from trady2.guards.builds import Built, call_builder
from trady2.guards.certificate import Finding, Outcome
from trady2.guards.feature_probe import FeatureProbe

__all__ = ["FORWARD_NAMES", "frame_contract"]

FORWARD_NAMES = frozenset({"label", "label_end", "forward_return", "target"})
"""Names of what is only known later; a feature that has one of them is the answer itself."""


def frame_contract(probe: FeatureProbe) -> Outcome:
    """Check order, names, types and times of what the function returns, and that it returns the same twice."""
    if probe.fault is not None:
        return Outcome((Finding("A0", None, f"the features cannot be built: {probe.fault}"),))
    built = probe.full
    findings = [
        *_order(built),
        *(Finding("A0", name, f"is {kind}, not numbers; encode it as a number") for name, kind in built.odd.items()),
        *_names(built),
        *_infinite(built),
        *_availability(probe),
        *_repeatable(probe),
    ]
    numbers = {"bars": len(probe.bars), "rows": built.rows, "columns": len(built.names), "assets": probe.bars.assets}
    note = f"{len(built.names)} columns of numbers, one row a bar, the same when built twice"
    return Outcome(tuple(findings), numbers, note=note)


def _order(built: Built) -> list[Finding]:
    if built.ordered:
        return []
    return [Finding("A0", None, "the rows are not in the order of the bars; sort them by asset and timestamp")]


def _names(built: Built) -> list[Finding]:
    if not built.names:
        return [Finding("A0", None, "the function returned no feature; return at least one column of numbers")]
    forward = [name for name in (*built.names, *built.odd) if name.lower() in FORWARD_NAMES]
    return [Finding("A0", name, "has the name of a label; a feature must not know it, so drop it") for name in forward]


def _infinite(built: Built) -> list[Finding]:
    places = np.flatnonzero(np.isinf(built.matrix).any(axis=0))
    text = "is infinite somewhere, and such rows are never learned from; return NaN for what is unknown"
    return [Finding("A0", built.names[place], text, "warn") for place in places]


def _availability(probe: FeatureProbe) -> list[Finding]:
    known, bars = probe.full.available_at, probe.bars
    if known is None:
        return []
    late = np.flatnonzero(known > bars.time + modal_step(bars.time))
    if not len(late):
        return []
    row = late[0]
    text = f"the row of {bars.time[row]}Z is known at {known[row]}Z, after its bar has closed ({len(late)} such rows)"
    return [Finding("A0", "available_at", f"{text}; join it to the first bar that closes later")]


def _repeatable(probe: FeatureProbe) -> list[Finding]:
    try:
        again = call_builder(probe.build, probe.bars)
    except DataError as error:
        return [Finding("A0", None, f"the features cannot be built a second time: {error}")]
    first = probe.full
    if again.names != first.names:
        return [Finding("A0", None, "the function returned other columns the second time; return always the same")]
    same = (again.matrix == first.matrix) | (np.isnan(again.matrix) & np.isnan(first.matrix))
    return [
        Finding("A0", first.names[place], "differs between two calls with the same bars; give its chance a fixed seed")
        for place in np.flatnonzero(~same.all(axis=0))
    ]
