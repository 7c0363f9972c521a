"""History cut into the zones of one training: train | stop | calibrate | threshold | test, in time order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.errors import NotEnoughDataError
from trady2.learning.runs import complete_rows
from trady2.learning.splitter import purged, time_shares
from trady2.stats.overlap import clock_of

if TYPE_CHECKING:
    from trady2.config import SplitConfig
    from trady2.data.panel import Panel
    from trady2.learning.target import Labels

__all__ = ["EVERY_ZONE", "LEAST_ROWS", "Zones", "cut_zones", "make_zones", "require_both_classes", "trade_exits"]

Times = NDArray[np.datetime64]

_NEVER = np.datetime64("9999-01-01", "us")  # training never follows a later zone

EVERY_ZONE = ("train", "stop", "calibrate", "threshold", "test")
"""The zones in time order."""

LEAST_ROWS = 50
"""Rows that every zone needs after its purge: below that nothing in it can be estimated."""


@dataclass(frozen=True)
class Zones:
    """The rows of each zone.

    Attributes:
        names: the zones in time order; without ``threshold`` where it shares the zone ``calibrate``.
        rows: by name, (k,) ascending positions; ``threshold`` is there in any case.
        start: by name, the first decision time in the zone, datetime64[us], UTC.
        end: by name, its last decision time that the purge kept.
        dropped: by name, how many rows the purge took.
        shared: whether calibrator and threshold are chosen in one zone.
    """

    names: tuple[str, ...]
    rows: dict[str, NDArray[np.int64]]
    start: dict[str, np.datetime64]
    end: dict[str, np.datetime64]
    dropped: dict[str, int]
    shared: bool

    def table(self) -> list[dict[str, object]]:
        """Return a plain dictionary per zone, in time order, for manifest and report."""
        return [
            {
                "zone": name,
                "start": f"{self.start[name]}Z",
                "end": f"{self.end[name]}Z",
                "rows": len(self.rows[name]),
                "purged": self.dropped[name],
                "shared_with": "threshold" if self.shared and name == "calibrate" else None,
            }
            for name in self.names
        ]


def trade_exits(panel: Panel, hold_bars: int) -> Times:
    """Return for each row when a trade on its signal is over at the latest: the open of bar t + 1 + *hold_bars*.

    (n,) datetime64[us], UTC; NaT where the asset has no such bar, because that trade ends with the data.
    """
    ahead = hold_bars + 1
    exits = np.full(len(panel), np.datetime64("NaT"), "datetime64[us]")
    if ahead < len(panel):
        same = panel.asset_code[ahead:] == panel.asset_code[:-ahead]
        exits[:-ahead][same] = panel.timestamp[ahead:][same]
    return exits


def make_zones(
    decision_time: Times,
    label_end: Times,
    trade_exit: Times,
    split: SplitConfig,
    step: np.timedelta64,
    *,
    wanted: Sequence[str] = EVERY_ZONE,
) -> Zones:
    """Cut history by shares of its distinct decision times, and purge every boundary.

    A row stays in its zone only if its label is known and its trade is over before the next zone begins, `embargo_bars`
    steps earlier at least (closed intervals, by time).

    Args:
        decision_time: (n,) UTC, in any order, assets stacked.
        label_end: (n,) UTC; a row with NaT (label unknown, features incomplete) is in no zone.
        trade_exit: (n,) UTC, NaT where the trade ends with the data; see `trade_exits`.
        split: the shares.
        step: the timeframe.
        wanted: the zones to cut, which fill history by what their shares are to each other.

    Raises:
        NotEnoughDataError: a zone is shorter than the horizon, or keeps too few rows.
    """
    given = {name: float(getattr(split, name)) for name in wanted}
    shares = {name: share / sum(given.values()) for name, share in given.items() if share > 0}
    names = tuple(shares)
    known = np.flatnonzero(~np.isnat(label_end))
    decided = decision_time[known]
    settled = np.fmax(label_end[known], trade_exit[known])
    _refuse_too_little(len(clock_of(decided)[0]), shares)
    place = time_shares(decided, list(shares.values()))
    inside = {name: np.flatnonzero(place == number) for number, name in enumerate(names)}
    starts = {name: decided[inside[name]].min() for name in names}
    rows, ends, dropped = {}, {}, {}
    for number, name in enumerate(names):
        own, of_own = decided[inside[name]], settled[inside[name]]
        keep = np.ones(len(own), bool)
        if name != names[-1]:
            keep = purged(own, of_own, starts[names[number + 1]], _NEVER, before=split.embargo_bars * step)
        _refuse_short_zone(name, own, of_own, int(keep.sum()), shares, step)
        rows[name], ends[name] = known[inside[name][keep]], own[keep].max()
        dropped[name] = int(len(own) - keep.sum())
    shared = split.threshold == 0
    if shared:
        rows["threshold"], starts["threshold"], ends["threshold"] = (
            rows["calibrate"],
            starts["calibrate"],
            ends["calibrate"],
        )
    return Zones(names, rows, starts, ends, dropped, shared)


def _refuse_too_little(n_times: int, shares: dict[str, float]) -> None:
    needed = int(np.ceil(LEAST_ROWS / min(shares.values())))
    if n_times < needed:
        raise NotEnoughDataError(
            f"{n_times} bar times with features and a known label are too few for {len(shares)} zones: the smallest "
            f"share, {min(shares.values()):.0%}, has to hold {LEAST_ROWS} rows, which takes {needed}; "
            "add history or shorten the horizon",
            rows=n_times,
            needed=needed,
        )


def _refuse_short_zone(
    name: str, decided: Times, settled: Times, kept: int, shares: dict[str, float], step: np.timedelta64
) -> None:
    if kept >= LEAST_ROWS:
        return
    bars = len(clock_of(decided)[0])
    reach = int(np.max(settled - decided) // step)
    needed = int(np.ceil((LEAST_ROWS + reach) / shares[name]))
    advice = (
        f"use a shorter horizon or hold, a larger split.{name} than {shares[name]:g}, a smaller split.embargo_bars, "
        f"or about {needed} bars of history"
    )
    if reach >= bars:
        raise NotEnoughDataError(
            f"zone {name!r} spans {bars} bars, and the horizon reaches {reach} bars ahead: all but {kept} rows are "
            f"purged; {advice}",
            zone=name,
            bars=bars,
            horizon_bars=reach,
            needed=needed,
        )
    raise NotEnoughDataError(
        f"zone {name!r} keeps {kept} of its {len(decided)} rows after the purge, and needs {LEAST_ROWS}; {advice}",
        zone=name,
        rows=kept,
        needed=LEAST_ROWS,
    )


def cut_zones(
    panel: Panel,
    labels: Labels,
    split: SplitConfig,
    *,
    hold_bars: int,
    complete: NDArray[np.bool_] | None = None,
    wanted: Sequence[str] = EVERY_ZONE,
) -> Zones:
    """Cut the rows of *panel* that can be learned from into zones with both classes in each.

    *complete* tells which rows those are, where the panel has no features to see it by, or where only a part of history
    is to be cut: by default `complete_rows` of the whole. For *wanted* see `make_zones`.

    Raises:
        NotEnoughDataError: as `make_zones` and `require_both_classes` do.
    """
    usable = complete_rows(panel) if complete is None else complete
    known_end = np.where(usable, labels.label_end, np.datetime64("NaT"))
    zones = make_zones(panel.decision_time, known_end, trade_exits(panel, hold_bars), split, panel.step, wanted=wanted)
    require_both_classes(zones, labels)
    return zones


def require_both_classes(zones: Zones, labels: Labels) -> None:
    """Refuse zones in which every label is the same, because nothing can be learned or measured there.

    Raises:
        NotEnoughDataError: names the zone, its rows, its only label and the forward returns that it does have.
    """
    for name in zones.names:
        rows = zones.rows[name]
        ones = int(labels.label[rows].sum())
        if 0 < ones < len(rows):
            continue
        low, high = np.min(labels.forward_return[rows]), np.max(labels.forward_return[rows])
        change = "lower target.return_threshold" if ones == 0 else "raise target.return_threshold"
        raise NotEnoughDataError(
            f"zone {name!r} has {len(rows)} rows and all of them are labelled {min(ones, 1)}: its forward returns run "
            f"from {low:.4f} to {high:.4f}; {change}, or add history with both outcomes",
            zone=name,
            rows=len(rows),
            only_label=min(ones, 1),
        )
