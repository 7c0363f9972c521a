"""A4: whoever serves a feature gives its function the declared warm-up and no more, so that has to be enough."""

from __future__ import annotations

import numpy as np

from trady2.errors import DataError
from trady2.guards.certificate import Finding, Outcome
from trady2.guards.cuts import TAIL_BARS
from trady2.guards.differences import Difference, Differences, within
from trady2.guards.feature_probe import FeatureProbe

__all__ = ["warmup"]

_SHARE = 1e-3


def warmup(probe: FeatureProbe) -> Outcome:
    """Compare rows behind the warm-up of each window with the same rows of all history.

    The warm-up counts an asset's own bars, of which it may have fewer than the clock has moments. The last bars of a
    window are left out, because what looks ahead differs there for another reason; so are columns in which a check
    before has found the future.
    """
    found = Differences()
    for window in probe.plan.windows:
        try:
            built = probe.reference(window)
        except DataError as error:
            found.fault(str(error))
            continue
        inside = probe.bars.between(window.start, window.stop)
        before = np.arange(len(inside)) - np.searchsorted(inside.code, inside.code)
        here = np.flatnonzero((before >= probe.warmup_bars) & (inside.position < window.stop - TAIL_BARS))
        position = probe.bars.position
        there = np.flatnonzero((position >= window.start) & (position < window.stop))[here]
        found.compare(
            (probe.full, there),
            (built, here),
            scale=probe.scale,
            tolerance=within(_SHARE),
            age=inside.position[here] - window.start,
            time=inside.time[here],
        )
    columns = {name: each for name, each in sorted(found.columns.items()) if name not in probe.leaking}
    findings = [
        Finding("A4", None, f"the function cannot be called on {probe.warmup_bars} bars and a few more: {text}")
        for text in found.faults
    ]
    findings += [Finding("A4", name, _told(each, found, probe)) for name, each in columns.items()]
    numbers = {
        "starts": len(probe.plan.windows),
        "rows_compared": found.rows,
        "warmup_bars": probe.warmup_bars,
        "columns_left_out": sorted(probe.leaking & set(found.columns)),
    }
    note = f"{probe.warmup_bars} bars are enough at {found.cuts} starts"
    return Outcome(tuple(findings), numbers, {"tolerance_in_deviations": _SHARE}, note=note)


def _told(each: Difference, found: Differences, probe: FeatureProbe) -> str:
    if each.absent:
        return f"is missing where history is only {probe.warmup_bars} bars and a few more; always return every column"
    size = f" by up to {each.worst:.3g} standard deviations" if np.isfinite(each.worst) else ""
    return (
        f"depends on where history begins, even {probe.warmup_bars} bars later: it differs from its value on all "
        f"history at {each.cuts} of {found.cuts} starts{size}; at {each.example}; declare a longer warm-up, or give "
        "it a window"
    )
