"""What is predicted: whether the close is so much higher, so many bars ahead. The one place that looks forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.data.calendar import missing_bars
from trady2.data.panel import Panel
from trady2.data.timeframe import modal_step
from trady2.data.times import utc_frame_times
from trady2.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from trady2.config import TargetConfig

__all__ = ["Labels", "label", "label_arrays"]

_TOLERANCE = 1e-12  # closes of 100 and 101 are 1 % apart, whatever the division makes of it


@dataclass(frozen=True)
class Labels:
    """What became of each of n rows; unknown where the horizon is cut off or bars are missing inside it.

    Attributes:
        label: (n,) int8: 1 where the forward return reached the threshold, 0 where not, -1 unknown.
        label_end: (n,) datetime64[us], UTC: the close that settles the label; NaT unknown.
        forward_return: (n,) float64, ``close[t + N] / close[t] - 1``; NaN unknown.
        direction: (n,) int8: 1 up by the threshold, -1 down by it, 0 neither or unknown.
    """

    label: NDArray[np.int8]
    label_end: NDArray[np.datetime64]
    forward_return: NDArray[np.float64]
    direction: NDArray[np.int8]

    def take(self, rows: NDArray[np.int64]) -> Labels:
        """Return the labels of *rows*."""
        return Labels(self.label[rows], self.label_end[rows], self.forward_return[rows], self.direction[rows])

    def mirrored(self) -> Labels:
        """Return the labels of the mirrored market: 1 where the price fell by the threshold."""
        fell = np.where(self.label < 0, self.label, self.direction == -1).astype(np.int8)
        return Labels(fell, self.label_end, -self.forward_return, -self.direction)


def label(vectors: pd.DataFrame | Panel, target: TargetConfig) -> pd.DataFrame:
    """Label each row 1 if its close rises by `return_threshold` within `horizon_steps` bars, else 0.

    A row's label is unknown for the last `horizon_steps` bars of its asset, and where bars that the calendar expects
    are missing inside the horizon. A return that misses the threshold by 1e-12 reaches it.

    Returns:
        A row per row of *vectors*, in their order: ``timestamp``, ``asset``, ``label`` (Int8, <NA> unknown),
        ``label_end`` (UTC, the close of the last bar of the horizon, NaT unknown).

    Raises:
        DataError: ``timestamp``, ``asset`` or ``close`` is missing, a close is not positive, an asset has a time twice.
    """
    import pandas as pd

    frame = vectors.frame() if isinstance(vectors, Panel) else vectors
    absent = [name for name in ("timestamp", "asset", "close") if name not in frame.columns]
    if absent:
        raise DataError(f"the vectors have no column {', '.join(absent)}; add it, or build them again", missing=absent)
    times = utc_frame_times(frame["timestamp"])
    codes = pd.factorize(frame["asset"])[0].astype(np.int32)
    order = np.lexsort((times, codes))
    close = frame["close"].to_numpy(np.float64)
    labels = _labels(codes[order], times[order], close[order], modal_step(times[order]), target)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    found = labels.take(back)
    return pd.DataFrame(
        {
            "timestamp": pd.DatetimeIndex(times, tz="UTC"),
            "asset": frame["asset"].to_numpy(),
            "label": pd.arrays.IntegerArray(np.maximum(found.label, 0), found.label < 0),
            "label_end": pd.DatetimeIndex(found.label_end, tz="UTC"),
        }
    )


def label_arrays(panel: Panel, target: TargetConfig) -> Labels:
    """Label the rows of *panel*; see `label` for the rules.

    Raises:
        DataError: a close is not positive, or an asset has a time twice.
    """
    return _labels(panel.asset_code, panel.timestamp, panel.close, panel.step, target)


def _labels(
    codes: NDArray[np.int32],
    times: NDArray[np.datetime64],
    close: NDArray[np.float64],
    step: np.timedelta64,
    target: TargetConfig,
) -> Labels:
    _refuse_prices_that_cannot_be(close, times)
    forward = np.full(len(close), np.nan)
    label_end = np.full(len(close), np.datetime64("NaT"), "datetime64[us]")
    ahead = target.horizon_steps
    edges = np.flatnonzero(np.diff(codes)) + 1
    for first, last in zip([0, *edges], [*edges, len(codes)], strict=True):
        missing = np.cumsum(missing_bars(times[first:last], step, target.calendar))
        whole = first + np.flatnonzero(missing[ahead:] == missing[: max(len(missing) - ahead, 0)])
        forward[whole] = close[whole + ahead] / close[whole] - 1
        label_end[whole] = times[whole + ahead] + step
    with np.errstate(invalid="ignore"):
        up = forward >= target.return_threshold - _TOLERANCE
        down = (forward <= _TOLERANCE - target.return_threshold) & ~up
    label = np.where(np.isnan(forward), -1, up).astype(np.int8)
    return Labels(label, label_end, forward, up.astype(np.int8) - down.astype(np.int8))


def _refuse_prices_that_cannot_be(close: NDArray[np.float64], times: NDArray[np.datetime64]) -> None:
    broken = np.flatnonzero(~(np.isfinite(close) & (close > 0)))
    if len(broken):
        row = int(broken[0])
        raise DataError(
            f"row {row} ({times[row]}Z) has a close of {close[row]}: a return needs positive, finite prices; "
            f"import the bars again, which puts such rows into quarantine ({len(broken)} in all)",
            row=row,
            rows=len(broken),
        )
