"""What the charts have in common: lines of few points, times and numbers packed to the bit, parts of history."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trady2.reports.downsample import PIXELS, extreme_rows

__all__ = ["LEGEND", "TIME_AXIS", "Chart", "line", "milliseconds", "packed", "packed_times", "panel", "zone_spans"]

Chart = dict[str, Any]
Floats = NDArray[np.float64]
Times = NDArray[np.int64]

LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"}
TIME_AXIS = {"type": "date", "showgrid": False}
_MOST_STEPS = 2**32


def milliseconds(times: Any) -> Times:
    """Return UTC times of an index or a column, (n,), as plotly.js counts them: whole milliseconds since 1970."""
    return times.to_numpy(dtype="datetime64[us]").astype("datetime64[ms]").astype(np.int64)  # type: ignore[no-any-return]


def line(time: Times, values: Floats, name: str, colour: str, width: float, *, buckets: int = PIXELS) -> Chart:
    """Return a line through the extremes of *values*, (n,) at *time*; where a value is NaN the line has a gap."""
    rows = extreme_rows(values, buckets)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": packed_times(time[rows]),
        "y": packed(values[rows]),
        "line": {"color": colour, "width": width},
    }


def packed(values: NDArray[Any]) -> dict[str, str]:
    """Hand doubles to plotly.js as they are: exact to the bit, and smaller and faster than digits."""
    return {"dtype": "f8", "bdata": _text(values.astype("<f8"))}


def packed_times(time: Times) -> dict[str, Any]:
    """Hand increasing or equal times over as steps from the first, in half the room; `page.js` counts them out.

    The step is the greatest that fits them all, so that they come out exact; times for which the steps do not fit
    32 bits are handed over as doubles.
    """
    start = int(time[0]) if time.size else 0
    ahead = time - start
    step = int(np.gcd.reduce(ahead)) or 1 if time.size else 1
    if time.size and (ahead.min() < 0 or ahead.max() // step >= _MOST_STEPS):
        return packed(time)
    return {"start": start, "step": step, "steps": _text((ahead // step).astype("<u4"))}


def panel(text: str, top: float) -> Chart:
    """Return the small heading of a part of a figure whose upper edge lies at *top*, 0 to 1."""
    place = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": top, "yanchor": "bottom"}
    return place | {"text": text, "showarrow": False, "font": {"color": "--muted"}}


def zone_spans(zones: Sequence[Mapping[str, Any]], time: Times) -> list[Chart]:
    """Return zone, start and end (milliseconds) of each of *zones* where it touches the span of *time*, cut to it."""
    first, last = int(time[0]), int(time[-1])
    known = [zone for zone in zones if zone["start"] and zone["end"]]
    cut = [(max(_since_1970(zone["start"]), first), min(_since_1970(zone["end"]), last)) for zone in known]
    return [
        {"zone": zone["zone"], "start": start, "end": end}
        for zone, (start, end) in zip(known, cut, strict=True)
        if start < end
    ]


def _since_1970(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def _text(values: NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
