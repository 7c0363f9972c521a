"""Bars as they are stored, in arrays, and how new ones are merged into them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trady2.data.panel import PRICES
from trady2.data.times import utc_frame_times, utc_time

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEMA", "BarRows", "merge_rows"]

SCHEMA = pa.schema(
    [("timestamp", pa.timestamp("us", tz="UTC")), *((name, pa.float64()) for name in PRICES), ("closed", pa.bool_())]
)
_NEVER = np.iinfo(np.int64).min
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class BarRows:
    """n bars of one asset, oldest first, no time twice.

    Attributes:
        micro: (n,) bar open, µs since 1970 UTC.
        ohlcv: (5, n) open, high, low, close, volume.
        closed: (n,) whether the bar is known to have closed.
    """

    micro: npt.NDArray[np.int64]
    ohlcv: npt.NDArray[np.float64]
    closed: Flags

    @classmethod
    def of_table(cls, table: pa.Table) -> BarRows:
        """Take over a table of the `SCHEMA`."""
        ohlcv = np.empty((len(PRICES), table.num_rows))
        for place, name in enumerate(PRICES):
            ohlcv[place] = table.column(name).to_numpy()
        return cls(table.column("timestamp").cast(pa.int64()).to_numpy(), ohlcv, table.column("closed").to_numpy())

    @classmethod
    def of_frame(cls, bars: pd.DataFrame, unconfirmed: pd.Timestamp | None) -> BarRows:
        """Take over the bars of an import; the *unconfirmed* one is not known to have closed."""
        micro = utc_frame_times(bars["timestamp"]).view(np.int64)
        closed = np.ones(len(micro), bool)
        if unconfirmed is not None:
            closed = micro != utc_time(unconfirmed, "unconfirmed").view(np.int64)
        return cls(micro, np.stack([bars[name].to_numpy(np.float64) for name in PRICES]), closed).ordered()

    def __len__(self) -> int:
        return len(self.micro)

    def table(self) -> pa.Table:
        """Return the bars as a table of the `SCHEMA`."""
        times = pa.array(self.micro.view("datetime64[us]"), SCHEMA.field("timestamp").type)
        return pa.table([times, *map(pa.array, self.ohlcv), pa.array(self.closed)], schema=SCHEMA)

    def take(self, rows: slice | npt.NDArray[np.int64] | Flags) -> BarRows:
        """Return some of the rows."""
        return BarRows(self.micro[rows], self.ohlcv[:, rows], self.closed[rows])

    def ordered(self) -> BarRows:
        """Return the rows by time; of one time the first."""
        if (np.diff(self.micro) > 0).all():
            return self
        return self.take(np.unique(self.micro, return_index=True)[1])

    def joined(self, others: BarRows) -> BarRows:
        """Return both, by time; of one time the own row."""
        pair = (self, others)
        ohlcv = np.concatenate([rows.ohlcv for rows in pair], axis=1)
        joint = BarRows(np.concatenate([r.micro for r in pair]), ohlcv, np.concatenate([r.closed for r in pair]))
        return joint.ordered()


def merge_rows(old: BarRows, new: BarRows, counts: Counter[str], *, replace: bool) -> tuple[BarRows | None, BarRows]:
    """Merge *new* bars into *old* ones, and count ``added, unchanged, closed, superseded, replaced, conflicts``.

    Returns:
        The merged bars, None when nothing changes; and the new bars that were refused.
    """
    place = np.searchsorted(old.micro, new.micro)
    both = np.flatnonzero(np.append(old.micro, _NEVER)[place] == new.micro)
    was, comes = old.take(place[both]), new.take(both)
    same = (was.ohlcv == comes.ohlcv).all(axis=0)
    differs = ~same & was.closed & comes.closed
    outcome = {
        "closed": same & ~was.closed & comes.closed,
        "superseded": ~same & ~was.closed,
        "replaced": differs & replace,
        "conflicts": differs & (not replace),
    }
    counts.update({name: int(rows.sum()) for name, rows in outcome.items()})
    takes = outcome["closed"] | outcome["superseded"] | outcome["replaced"]
    counts.update(added=len(new) - len(both), unchanged=int((~takes & ~outcome["conflicts"]).sum()))
    fresh = np.ones(len(new), bool)
    fresh[both[~takes]] = False
    refused = comes.take(outcome["conflicts"])
    return (new.take(fresh).joined(old) if fresh.any() else None), refused
