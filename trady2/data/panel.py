"""A panel: the feature vectors of one or many assets as plain arrays, the form in which the hot paths take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trady2.data.asset_codes import asset_codes
from trady2.data.timeframe import modal_step
from trady2.data.times import utc_frame_times
from trady2.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PRICES", "Panel"]

PRICES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, eq=False)
class Panel:
    """Rows sorted by asset, then time, no time twice in an asset.

    Attributes:
        assets: names, sorted; `asset_code` points into them.
        asset_code: (n,) int32.
        timestamp: (n,) datetime64[us], bar open, UTC.
        open: (n,) float64; `high`, `low`, `close`, `volume` alike.
        features: (n, f) float32, C order; NaN where a feature is unknown, as in its warm-up.
        feature_names: f names, in the order of the columns.
        step: the timeframe.
    """

    assets: tuple[str, ...]
    asset_code: npt.NDArray[np.int32]
    timestamp: npt.NDArray[np.datetime64]
    open: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    close: npt.NDArray[np.float64]
    volume: npt.NDArray[np.float64]
    features: npt.NDArray[np.float32]
    feature_names: tuple[str, ...]
    step: np.timedelta64

    def __len__(self) -> int:
        return len(self.timestamp)

    @property
    def decision_time(self) -> npt.NDArray[np.datetime64]:
        """(n,) datetime64[us], UTC: when a row is known, the close of its bar."""
        return self.timestamp + self.step

    def asset_rows(self, code: int) -> slice:
        """Return the rows of the asset with that code."""
        start, stop = np.searchsorted(self.asset_code, [code, code + 1])
        return slice(int(start), int(stop))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, step: np.timedelta64 | None = None) -> Panel:
        """Take over a frame of vectors: ``timestamp, asset``, OHLCV, and every other column a feature.

        Rows in another order are sorted. *step* is by default the modal step.

        Raises:
            DataError: a column is missing or not numeric, a time has no zone, or an asset has a time twice.
        """
        missing = [name for name in ("timestamp", "asset", *PRICES) if name not in frame.columns]
        if missing:
            raise DataError(
                f"the vectors have no column {', '.join(missing)}; they have {', '.join(map(str, frame.columns))}",
                missing=missing,
            )
        times = utc_frame_times(frame["timestamp"])
        assets, codes = asset_codes(frame["asset"])
        order = _order(codes, times)
        names = tuple(str(name) for name in frame.columns if name not in ("timestamp", "asset", *PRICES))
        matrix = np.empty((len(frame), len(names)), np.float32)
        for place, name in enumerate(names):
            matrix[:, place] = _numbers(frame, name)[order]
        prices = {name: _numbers(frame, name).astype(np.float64)[order] for name in PRICES}
        panel = cls(
            assets=assets,
            asset_code=codes[order].astype(np.int32),
            timestamp=times[order],
            features=matrix,
            feature_names=names,
            step=modal_step(times[order]) if step is None else step.astype("timedelta64[us]"),
            **prices,
        )
        refuse_repeated_times(panel.assets, panel.asset_code, panel.timestamp)
        return panel

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame: ``timestamp, asset``, OHLCV, features; the inverse of `from_frame`."""
        import pandas as pd

        features = pd.DataFrame(self.features, columns=pd.Index(self.feature_names, dtype="str"), copy=False)
        names = pd.array(np.array(self.assets, dtype=object), dtype="str")
        head = {
            "timestamp": pd.DatetimeIndex(self.timestamp).tz_localize("UTC"),
            "asset": names.take(self.asset_code),
            **{name: getattr(self, name) for name in PRICES},
        }
        return pd.concat([pd.DataFrame(head), features], axis=1)


def refuse_repeated_times(
    assets: tuple[str, ...], codes: npt.NDArray[np.int32], times: npt.NDArray[np.datetime64]
) -> None:
    """Raise DataError where sorted rows hold a time of an asset twice."""
    twice = np.flatnonzero((codes[1:] == codes[:-1]) & (times[1:] == times[:-1]))
    if len(twice):
        row = int(twice[0]) + 1
        name, time = assets[codes[row]], times[row]
        raise DataError(
            f"{name} has {time}Z twice ({len(twice)} such rows in all): a bar has one vector; drop the duplicates",
            asset=name,
            timestamp=time,
            rows=len(twice),
        )


def _order(codes: npt.NDArray[np.int64], times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64] | slice:
    ahead = (codes[1:] > codes[:-1]) | ((codes[1:] == codes[:-1]) & (times[1:] >= times[:-1]))
    return slice(None) if ahead.all() else np.lexsort((times, codes))


def _numbers(frame: pd.DataFrame, name: str) -> npt.NDArray[np.generic]:
    values = frame[name].to_numpy()
    if values.dtype.kind not in "fiub":
        raise DataError(
            f"column {name!r} holds {frame[name].dtype}, not numbers; make it numeric or drop it", column=name
        )
    return values
