"""What makes a row of bars impossible: one set of rules for imported files and for handed-in frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trady2.data.asset_codes import asset_codes
from trady2.data.panel import PRICES
from trady2.data.timeframe import modal_step
from trady2.data.times import utc_frame_times
from trady2.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_bars", "off_grid", "value_faults"]

# Venues round open, high, low and close each on its own; a difference this small is no contradiction.
_ROUNDING = 1e-9
_HOUR = 3_600_000_000

Flags = npt.NDArray[np.bool_]


def value_faults(bars: Mapping[str, npt.NDArray[np.float64]]) -> Iterator[tuple[str, Flags]]:
    """Give each reason why a bar is impossible, and (n,) flags of the rows it holds for; first reasons weigh most."""
    prices = [bars[name] for name in PRICES[:4]]
    opened, high, low, close = prices
    with np.errstate(invalid="ignore"):
        yield "a price is missing or not finite", ~np.logical_and.reduce([np.isfinite(price) for price in prices])
        yield "a price is not positive", np.logical_or.reduce([price <= 0 for price in prices])
        yield "high below low", high < low * (1 - _ROUNDING)
        yield "open or close above high", np.maximum(opened, close) > high * (1 + _ROUNDING)
        yield "open or close below low", np.minimum(opened, close) < low * (1 - _ROUNDING)
        yield "volume is missing or not finite", ~np.isfinite(bars["volume"])
        yield "volume is negative", bars["volume"] < 0


def off_grid(micro: npt.NDArray[np.int64], step: np.timedelta64) -> Flags:
    """Return (n,) flags of the rows that do not open on the grid of the timeframe.

    The grid is the most frequent offset of the rows. Where bars follow a local clock, daylight saving gives
    two grids an hour apart; the second one counts when at least a tenth of the rows stand on it.
    """
    size = int(step.astype("timedelta64[us]").astype(np.int64))
    offsets = micro % size
    if not len(offsets) or (offsets == offsets[0]).all():
        return np.zeros(len(offsets), bool)
    values, counts = np.unique(offsets, return_counts=True)
    main = values[np.argmax(counts)]
    away = np.abs(values - main)
    shifted = (np.minimum(away, size - away) == _HOUR) & (counts * 10 >= len(micro))
    return ~np.isin(offsets, values[(values == main) | shifted])


def check_bars(frame: pd.DataFrame) -> None:
    """Refuse a frame of bars that a user hands in when it is not sorted, unique, UTC, on its grid and possible.

    Args:
        frame: ``timestamp`` with a zone, OHLCV, and ``asset`` where there are several, sorted by asset and time.

    Raises:
        DataError: names the row (position from 0) and the reason.
    """
    missing = [name for name in ("timestamp", *PRICES) if name not in frame.columns]
    if missing:
        raise DataError(
            f"the bars have no column {', '.join(missing)}; they have {', '.join(map(str, frame.columns))}; "
            "rename or add what is missing",
            missing=missing,
        )
    if not len(frame):
        raise DataError("the frame holds no bars; give it at least one", rows=0)
    times = utc_frame_times(frame["timestamp"])
    values = {name: _floats(frame, name) for name in PRICES}
    for reason, wrong in value_faults(values):
        _refuse(reason, wrong, times, "mend or drop the row")
    new_asset = np.zeros(len(frame), bool)
    if "asset" in frame.columns:
        names, codes = asset_codes(frame["asset"])
        if len(names) > 1:
            new_asset[1:] = codes[1:] != codes[:-1]
            _refuse("assets are not in order", np.r_[False, codes[1:] < codes[:-1]], times, "sort by asset, timestamp")
    late = np.zeros(len(frame), bool)
    late[1:] = (times[1:] <= times[:-1]) & ~new_asset[1:]
    _refuse("not later than the bar before it", late, times, "sort by time and drop duplicates")
    if len(frame) > 1:
        micro = times.astype(np.int64)
        _refuse("off the grid of its timeframe", off_grid(micro, modal_step(times)), times, "drop or resample the row")


def _floats(frame: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    try:
        return frame[name].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"column {name!r} is not numeric: {error}; convert it first", column=name) from error


def _refuse(reason: str, wrong: Flags, times: npt.NDArray[np.datetime64], way_out: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        more = f" (and {int(wrong.sum()) - 1} more such rows)" if wrong.sum() > 1 else ""
        raise DataError(
            f"row {row}, {times[row]}Z: {reason}{more}; {way_out}, or import the file with import_bars",
            row=row,
            reason=reason,
            rows=int(wrong.sum()),
        )
