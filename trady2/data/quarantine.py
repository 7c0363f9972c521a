"""The rows that an import kept out, each as it stands in its file, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trady2.data.import_report import BROKEN_LINE
from trady2.data.panel import PRICES
from trady2.data.reading import RawBars
from trady2.data.rows import Rows
from trady2.data.times import UNREADABLE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["quarantine_frame"]


def quarantine_frame(raws: list[RawBars], rows: Rows) -> pd.DataFrame:
    """Return one line per row kept out.

    Returns:
        ``source, row`` (line or record, from 1), ``timestamp`` (UTC, NaT where unreadable), ``reason``, and as text
        what the file says: ``time, open, high, low, close, volume``, or ``line`` where it has no such fields.
    """
    import pandas as pd

    parts = [_of_file(number, raw, rows) for number, raw in enumerate(raws)]
    broken = pd.DataFrame(
        [(raw.source, row, BROKEN_LINE, line) for raw in raws for row, line in raw.broken],
        columns=["source", "row", "reason", "line"],
    )
    columns = ["source", "row", "timestamp", "reason", "time", *PRICES, "line"]
    text = dict.fromkeys(("source", "reason", "time", *PRICES, "line"), "str")
    kinds = {"row": "int64", "timestamp": "datetime64[us, UTC]", **text}
    joined = pd.concat([part for part in (*parts, broken) if len(part)] or [broken]).reindex(columns=columns)
    return joined.astype(kinds).sort_values(["source", "row"], kind="stable").reset_index(drop=True)


def _of_file(number: int, raw: RawBars, rows: Rows) -> pd.DataFrame:
    import pandas as pd

    out = np.flatnonzero((rows.file == number) & (rows.code > 0))
    place = rows.place[out]
    names = {"time": raw.roles.time, **raw.roles.prices}
    table = raw.table.take(pa.array(place))
    micro = rows.micro[out]
    times = np.where(micro == UNREADABLE, np.datetime64("NaT", "us"), micro.view("datetime64[us]"))
    told = {role: table.column(own).cast(pa.string()).to_pandas() for role, own in names.items()}
    head = {
        "source": raw.source,
        "row": raw.row[place],
        "timestamp": pd.DatetimeIndex(times).tz_localize("UTC"),
        "reason": np.array(rows.reasons, dtype=object)[rows.code[out]],
    }
    return pd.DataFrame({**head, **told, "line": None}, index=range(len(out)))
