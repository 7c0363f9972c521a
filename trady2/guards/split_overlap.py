"""A1: no row of one part of a split shares time with a row of another; counted over the rows that were really used.

Nothing here knows how the split was made. A row lives from its decision until its label is known and its trade is over,
whichever is later, both ends included. Two rows overlap when their lives touch.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.guards.certificate import Finding, Outcome

if TYPE_CHECKING:
    from trady2.data.panel import Panel
    from trady2.learning.split import Zones
    from trady2.learning.target import Labels

__all__ = ["overlapping_pairs", "repeated_contents", "settling_times", "zone_overlaps"]

Rows = NDArray[np.int64]
Times = NDArray[np.datetime64]

_NEVER = np.datetime64("NaT")
_ROWS_AT_ONCE = 65_536


def overlapping_pairs(start: Times, end: Times, others_start: Times, others_end: Times) -> int:
    """Return how many pairs of closed intervals, one of each set, have a moment in common.

    All pairs less those that lie apart on either side, which sorting counts without looking at each.
    """
    before = np.searchsorted(np.sort(end), others_start, side="left").sum()
    after = (len(start) - np.searchsorted(np.sort(start), others_end, side="right")).sum()
    return int(len(start) * len(others_start) - before - after)


def settling_times(panel: Panel, labels: Labels, hold_bars: int) -> Times:
    """Return (n,) when the label of a row is known and a trade on it is over, whichever is later; NaT for neither."""
    over = np.full(len(panel), _NEVER, "datetime64[us]")
    for code in range(len(panel.assets)):
        rows = np.flatnonzero(panel.asset_code == code)
        over[rows[: -(hold_bars + 1)]] = panel.timestamp[rows[hold_bars + 1 :]]
    settled: Times = np.fmax(labels.label_end, over)
    return settled


def repeated_contents(panel: Panel, parts: dict[str, Rows]) -> dict[tuple[str, str], int]:
    """Return for each two parts how many rows of the first stand in the second as well, by what they contain.

    Only bars that traded and moved count: frozen bars of an outage repeat each other without any harm.
    """
    alive = (panel.volume != 0) & (panel.high > panel.low)
    marks = {name: np.unique(_marks(panel, rows[alive[rows]])) for name, rows in parts.items()}
    return {
        (one, other): int(np.isin(marks[one], marks[other], assume_unique=True).sum())
        for one, other in combinations(parts, 2)
    }


def zone_overlaps(panel: Panel, labels: Labels, zones: Zones, *, hold_bars: int, horizon_steps: int) -> Outcome:
    """Compare every two zones: overlapping lives, gaps shorter than the horizon, rows that stand in both."""
    settled = settling_times(panel, labels, hold_bars)
    parts = {name: zones.rows[name] for name in zones.names}
    repeated = repeated_contents(panel, parts)
    findings, pairs = [], {}
    for one, other in combinations(parts, 2):
        first, second = parts[one], parts[other]
        decided = panel.decision_time
        count = overlapping_pairs(decided[first], settled[first], decided[second], settled[second])
        pairs[f"{one} | {other}"] = count
        shared = len(np.intersect1d(first, second))
        gap = int((decided[second].min() - decided[first].max()) // panel.step)
        if count:
            text = f"{count:,} pairs of rows of the zones {one} and {other} share time"
            findings.append(Finding("A1", None, f"{text}; purge by label end and trade exit, not by rows"))
        if shared or repeated[one, other]:
            text = f"{max(shared, repeated[one, other]):,} rows stand in both zones {one} and {other}"
            findings.append(Finding("A1", None, f"{text}; use each row once"))
        if gap < horizon_steps:
            text = f"zone {other} begins {gap} bars after the last row of {one}, less than the horizon"
            findings.append(Finding("A1", None, f"{text} of {horizon_steps}; leave at least that gap"))
    unknown = sum(int((labels.label[rows] < 0).sum()) for rows in parts.values())
    if unknown:
        findings.append(Finding("A1", None, f"{unknown:,} rows of the zones have no known label; leave them out"))
    numbers = {"rows": {name: len(rows) for name, rows in parts.items()}, "overlapping_pairs": pairs}
    note = f"none of {sum(map(len, parts.values())):,} rows shares time with one of another zone"
    return Outcome(tuple(findings), numbers, {"overlapping_pairs": 0, "gap_bars": horizon_steps}, note=note)


def _marks(panel: Panel, rows: Rows) -> NDArray[np.uint64]:
    """Return a number for what each row contains; unequal rows share one with a chance of about 2^-63."""
    prices = np.stack([getattr(panel, name)[rows] for name in ("open", "high", "low", "close", "volume")], axis=1)
    marks = _mixed(prices.view(np.uint64), seed=1)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        block = np.ascontiguousarray(panel.features[rows[start : start + _ROWS_AT_ONCE]])
        marks[start : start + _ROWS_AT_ONCE] += _mixed(block.view(np.uint32).astype(np.uint64), seed=2)
    return marks


def _mixed(values: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """Return (n,) hashes of (n, k) values: each scrambled (the finaliser of SplitMix64), weighted, and added up."""
    weights = np.random.default_rng(seed).integers(0, 2**63, values.shape[1], np.uint64) * np.uint64(2) + np.uint64(1)
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(((mixed ^ (mixed >> np.uint64(31))) * weights).sum(axis=1, dtype=np.uint64), np.uint64)
