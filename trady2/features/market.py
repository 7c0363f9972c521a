"""The market beside an asset: the leader's log return, or the mean log return of all the other assets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trady2.errors import DataError, NotFoundError
from trady2.features.bar_arrays import BarArrays
from trady2.features.kernels import Array, Rows, sum_between
from trady2.section import nearest

__all__ = ["PATIENCE", "Market"]

PATIENCE = 7 * 86_400_000_000
"""Microseconds after which a market price is no longer one: weekends and holidays pass, a delisting does not."""


@dataclass(frozen=True, eq=False)
class Market:
    """Log returns of the members into each time at which any of them has a bar.

    Attributes:
        members: by name; summed in the order of their names, so that the last bit never depends on how they came.
        leave_out: whether an asset is left out of its own market.
        time: (u,) bar open times, microseconds since 1970 UTC.
        total: (u,) sum of the members' log returns since their bar before, if that is at most a week old.
        count: (u,) how many members had one.
    """

    members: Mapping[str, BarArrays]
    leave_out: bool
    time: Rows
    total: Array
    count: Rows

    @classmethod
    def of(cls, assets: Mapping[str, BarArrays], leader: str | None) -> Market:
        """Make a market of its *leader* alone, or of all *assets*. Raises NotFoundError without the leader."""
        if leader is not None and leader not in assets:
            raise NotFoundError(
                f"market_leader {leader!r} is not among the bars: {nearest(leader, assets)}; "
                "give its bars, or change features.market_leader",
                market_leader=leader,
            )
        members = {name: assets[name] for name in sorted(assets) if leader in (None, name)}
        time = np.unique(np.concatenate([bars.time for bars in members.values()]))
        total, count = np.zeros(time.size), np.zeros(time.size, np.int64)
        for bars in members.values():
            fresh = _fresh(bars)
            rows = np.searchsorted(time, bars.time[fresh])
            total[rows] += bars.log_return[fresh]
            count[rows] += 1
        return cls(members, leader is None and len(members) > 1, time, total, count)

    def beside(self, asset: str, bars: BarArrays) -> BarArrays:
        """Return *bars* of *asset* with the market's log return between each two of them.

        A market bar counts when it has opened no later than the row, hence closed no later, for all have one
        timeframe. Where the market has a gap its return is 0 until its next bar; after a week of silence NaN.

        Raises:
            DataError: the market's timeframe is another one.
        """
        for name, member in self.members.items():
            if member.step != bars.step:
                raise DataError(
                    f"market bars of {name} span {member.step / 6e7:g} minutes, those of {asset} {bars.step / 6e7:g}; "
                    "give both in one timeframe",
                    asset=asset,
                    market=name,
                )
        total, count = self.total, self.count
        if self.leave_out and asset in self.members:
            own = self.members[asset]
            fresh = _fresh(own)
            rows = np.searchsorted(self.time, own.time[fresh])
            total, count = total.copy(), count.copy()
            total[rows] -= own.log_return[fresh]
            count[rows] -= 1
        some = count > 0
        return bars.with_market(sum_between(bars.time, self.time[some], total[some] / count[some], PATIENCE))


def _fresh(bars: BarArrays) -> Rows:
    return np.flatnonzero(np.diff(bars.time) <= PATIENCE) + 1
