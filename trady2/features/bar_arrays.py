"""The bars of one asset as plain arrays, with what many indicators share computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from trady2.features.kernels import Array, Rows, logarithm, window_moments
from trady2.features.rolling import mean, shift

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BarArrays"]

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class BarArrays:
    """n bars of one asset, oldest first.

    Attributes:
        time: (n,) bar open times, microseconds since 1970 UTC.
        step: the timeframe in microseconds; a bar is known at time + step.
        open: (n,) prices in the quote currency; so are high, low and close.
        volume: (n,) traded amount in the base currency; 0 throughout where the venue reports none.
        market: (n,) log return of the market since the row before, None without a market.
    """

    time: Rows
    step: int
    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array
    market: Array | None = None

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, step: np.timedelta64) -> BarArrays:
        """Take the columns of a checked frame without copying those that are float64 already."""
        time = frame["timestamp"].dt.tz_convert(None).to_numpy("datetime64[us]").view(np.int64)
        columns = (frame[name].to_numpy(np.float64) for name in ("open", "high", "low", "close", "volume"))
        return cls(time, int(step.astype("timedelta64[us]").astype(np.int64)), *columns)

    def frame(self, asset: str) -> pd.DataFrame:
        """Return the bars as a frame: timestamp (UTC), asset, open, high, low, close, volume."""
        import pandas as pd

        time = pd.DatetimeIndex(self.time.view("datetime64[us]"), tz="UTC")
        prices = {name: getattr(self, name) for name in ("open", "high", "low", "close", "volume")}
        return pd.DataFrame({"timestamp": time, "asset": asset, **prices})

    def __len__(self) -> int:
        return int(self.time.size)

    def rows(self, start: int, stop: int) -> BarArrays:
        """Return the bars from row *start* up to, not including, row *stop*, as views."""
        part = slice(start, stop)
        market = None if self.market is None else self.market[part]
        prices = (self.open[part], self.high[part], self.low[part], self.close[part], self.volume[part])
        slice_ = BarArrays(self.time[part], self.step, *prices, market=market)
        if "logs" in self.__dict__:
            slice_.__dict__["logs"] = self.logs[:, part]
        return slice_

    def followed_by(self, later: BarArrays) -> BarArrays:
        """Return these bars and *later* ones of the same asset, without a market."""
        names = ("time", "open", "high", "low", "close", "volume")
        return BarArrays(step=self.step, **{n: np.concatenate([getattr(self, n), getattr(later, n)]) for n in names})

    def with_market(self, market: Array) -> BarArrays:
        """Return the same bars beside the log returns of a *market*."""
        return replace(self, market=market)

    @cached_property
    def logs(self) -> Array:
        """(4, n) natural logarithms of open, high, low and close; slices taken after they were computed share them."""
        return np.stack([logarithm(prices) for prices in (self.open, self.high, self.low, self.close)])

    @cached_property
    def log_close(self) -> Array:
        """Ln of the close over the first close, so that no price level is left to cancel."""
        relative: Array = self.logs[3] - self.logs[3, 0]
        return relative

    @cached_property
    def log_return(self) -> Array:
        """Ln of the close over the close before; 0 in the first row."""
        moved: Array = self.logs[3] - self.log_previous
        return moved

    @cached_property
    def log_previous(self) -> Array:
        """Ln of the close of the row before; in the first row its own."""
        return shift(self.logs[3], 1)

    @cached_property
    def squared_return(self) -> Array:
        """The squared log return."""
        return self.log_return * self.log_return

    @cached_property
    def true_range(self) -> Array:
        """Ln of the bar's highest over its lowest price, the close before included (Wilder 1978, in logs)."""
        top, bottom = np.maximum(self.logs[1], self.log_previous), np.minimum(self.logs[2], self.log_previous)
        true_range: Array = top - bottom
        return true_range

    @cached_property
    def log_range(self) -> Array:
        """Ln of the high over the low."""
        spread: Array = self.logs[1] - self.logs[2]
        return spread

    @cached_property
    def log_body(self) -> Array:
        """Ln of the close over the open."""
        body: Array = self.logs[3] - self.logs[0]
        return body

    @cached_property
    def direction(self) -> Array:
        """1 where the close rose, -1 where it fell, 0 where it stayed."""
        return np.sign(self.log_return)

    @cached_property
    def relative(self) -> tuple[Array, Array, Array]:
        """High, low and close over the first close."""
        return self.high / self.close[0], self.low / self.close[0], self.close / self.close[0]

    @cached_property
    def relative_logs(self) -> tuple[Array, Array, Array]:
        """Ln of high, low and close over the first close: TA-Lib takes differences below 1e-14 for zero."""
        return self.logs[1] - self.logs[3, 0], self.logs[2] - self.logs[3, 0], self.log_close

    @cached_property
    def typical(self) -> Array:
        """(high + low + close) / 3, over the first close."""
        high, low, close = self.relative
        return (high + low + close) / 3.0

    def mean_range(self, window: int) -> Array:
        """Mean true range of the window, the yardstick of distances: exactly 0 on a flat window."""
        return self.once(("mean_range", window), lambda: mean(self.true_range, window))

    def return_moments(self, window: int) -> tuple[Array, Array]:
        """Mean and population variance of the window's log returns."""
        return self.once(("return_moments", window), lambda: window_moments(self.log_return, window))

    def once(self, key: tuple[str, int], make: Callable[[], T]) -> T:
        """Return what *make* gave when it was first asked for under *key*, for what several indicators share."""
        kept = self.__dict__.setdefault("_kept", {})
        if key not in kept:
            kept[key] = make()
        return cast("T", kept[key])
