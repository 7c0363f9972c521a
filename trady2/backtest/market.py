"""The bars of a backtest as arrays: the assets one after the other, each in time order."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trady2.backtest.runs import asset_runs
from trady2.backtest.scan import probable, sound
from trady2.backtest.spacing import Spacing, spacing_of
from trady2.data.calendar import missing_bars, periods_per_year
from trady2.data.checks import check_bars
from trady2.data.panel import PRICES
from trady2.errors import DataError, NotEnoughDataError

if TYPE_CHECKING:
    from pandas import DataFrame, DatetimeIndex

    from trady2.config_fields import Calendar

__all__ = ["UNNAMED", "Market", "checked_probability", "market_from_bars"]

UNNAMED = "unnamed"
"""The asset of bars that come without a column of that name."""
_TIME = "datetime64[us, UTC]"


@dataclass(frozen=True, eq=False)
class Market:
    """Bars of one or several assets; rows of one asset stand together, (n,) each."""

    assets: tuple[str, ...]
    bounds: NDArray[np.int64]
    """Rows of asset a are bounds[a] to bounds[a + 1]; (assets + 1,)."""
    timestamp: NDArray[np.datetime64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    calendar: Calendar
    funding: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """(n,) rate of funding of each bar, a fraction of a position's value; (0,) where the bars have none."""
    source: DataFrame | None = field(default=None, repr=False)
    """A view of the frame whose memory the arrays share: while it lives, pandas copies before it writes there."""

    def __getstate__(self) -> dict[str, object]:
        """Leave the frame behind when pickled: the arrays then have memory of their own."""
        return {**self.__dict__, "source": None}

    @cached_property
    def spacing(self) -> Spacing:
        """How the bars lie on the clock."""
        return spacing_of(self)

    @property
    def step(self) -> np.timedelta64:
        """The timeframe: the modal step."""
        return np.timedelta64(self.spacing.step, "us")

    @cached_property
    def clock(self) -> NDArray[np.datetime64]:
        """Every time at which any of the assets has a bar, ascending."""
        return self.timestamp[self.rows(0)] if self.spacing.aligned else np.unique(self.timestamp)

    @cached_property
    def index(self) -> DatetimeIndex:
        """The clock as an index named timestamp, UTC."""
        from pandas import DatetimeIndex

        clock = self.clock
        if self.source is not None and self.spacing.aligned and str(self.source["timestamp"].dtype) == _TIME:
            # The column itself, where it is the clock: making it from plain times would copy all of them.
            return DatetimeIndex(self.source["timestamp"].array[: clock.size], name="timestamp", copy=False)
        return DatetimeIndex(clock, tz="UTC", name="timestamp", copy=False)

    @cached_property
    def gap_rows(self) -> NDArray[np.int64]:
        """The rows, ascending, before which bars are missing that the calendar expects."""
        found = [np.empty(0, np.int64)]
        for asset in np.flatnonzero(~self.spacing.whole).tolist():
            rows = self.rows(asset)
            missing = missing_bars(self.timestamp[rows], self.step, self.calendar)
            found.append(rows.start + np.flatnonzero(missing > 0))
        return np.concatenate(found)

    def misses(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether bars are missing between the rows *start* and *stop* of one asset, (k,) each."""
        if not self.gap_rows.size:
            return np.zeros(start.size, bool)
        before, until = (np.searchsorted(self.gap_rows, rows, side="right") for rows in (start, stop))
        missing: NDArray[np.bool_] = until > before
        return missing

    @property
    def periods_per_year(self) -> float:
        """How many bars the clock has in a year."""
        return periods_per_year(self.clock, self.step, self.calendar)

    def rows(self, asset: int) -> slice:
        """Return the rows of the asset at this position."""
        return slice(int(self.bounds[asset]), int(self.bounds[asset + 1]))

    def opens(self, rows: NDArray[np.int64]) -> NDArray[np.datetime64]:
        """Return when the bars at *rows* open, (k,)."""
        if len(self.assets) == 1 and self.spacing.whole[0]:  # counting is quicker than looking a million bars up
            times: NDArray[np.datetime64] = self.timestamp[0] + rows * self.step
            return times
        return self.timestamp[rows]

    def asset_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of the assets to which *rows* belong."""
        return np.searchsorted(self.bounds, rows, side="right") - 1

    def on_clock(self, values: NDArray[np.float64], before: float) -> NDArray[np.float64]:
        """Add up *values* (n,) of all assets at each time of the clock.

        An asset without a bar at a time counts with its last value, and with *before* until its first bar. The values
        of a single asset are returned as they are.
        """
        if len(self.assets) == 1:
            return values
        if self.spacing.aligned:
            total: NDArray[np.float64] = values.reshape(len(self.assets), -1).sum(axis=0)
            return total
        total = np.zeros(self.clock.size)
        for asset in range(len(self.assets)):
            rows = self.rows(asset)
            known = np.searchsorted(self.timestamp[rows], self.clock, side="right")
            total += np.append(before, values[rows])[known]
        return total


def market_from_bars(bars: DataFrame, calendar: Calendar) -> Market:
    """Check *bars* and take them apart; columns of the right type are not copied.

    Raises:
        DataError: what is wrong with which row, as `trady2.data.checks.check_bars` says it, or a `funding_rate` that
            is missing or not within -1 … 1.
        NotEnoughDataError: with fewer than two bars there is nothing to trade.
    """
    quick = len(bars) > 1 and {"timestamp", *PRICES} <= set(bars.columns) and _native(bars)
    market = _taken_apart(bars, calendar) if quick else None
    if market is not None and sound(market):
        return market
    check_bars(bars)
    if len(bars) < 2:
        raise NotEnoughDataError(
            f"{len(bars)} bar is no market: a signal trades at the open of the bar after it; bring at least 2 bars",
            n_bars=len(bars),
        )
    return market or _taken_apart(bars, calendar)


def _native(bars: DataFrame) -> bool:
    """Return whether the columns have types that convert without a question."""
    types = bars.dtypes
    times = getattr(types["timestamp"], "tz", None) is not None
    return times and all(isinstance(types[name], np.dtype) and types[name].kind in "fiu" for name in PRICES)


def _taken_apart(bars: DataFrame, calendar: Calendar) -> Market:
    assets, edges = asset_runs(bars["asset"]) if "asset" in bars.columns else ((UNNAMED,), np.empty(0, np.int64))
    prices = {name: _contiguous(bars[name]) for name in PRICES}
    return Market(
        assets=assets,
        bounds=np.concatenate([[0], edges, [len(bars)]]).astype(np.int64),
        timestamp=bars["timestamp"].to_numpy(dtype="datetime64[us]"),
        calendar=calendar,
        funding=_funding(bars),
        source=bars.copy(deep=False),
        **prices,
    )


def _funding(bars: DataFrame) -> NDArray[np.float64]:
    if "funding_rate" not in bars.columns:
        return np.empty(0)
    rates = _contiguous(bars["funding_rate"])
    broken = np.flatnonzero(~(np.abs(rates) < 1))
    if broken.size:
        row = int(broken[0])
        raise DataError(
            f"row {row}: funding_rate {rates[row]!r} is no fraction of a position's value; "
            "give the rate of the bar, 0.0001 for one basis point, and 0 where none is due",
            row=row,
            value=float(rates[row]),
        )
    return rates


def _contiguous(column: ArrayLike) -> NDArray[np.float64]:
    return np.ascontiguousarray(column, dtype=np.float64)


def checked_probability(probability: ArrayLike, n_bars: int) -> NDArray[np.float64]:
    """Return *probability* as (n,) float64.

    Raises:
        DataError: not numbers, not one per bar, or a value outside 0 … 1 that is not NaN.
    """
    try:
        values = np.asarray(probability, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"probability holds no numbers: {error}; give floats, NaN where there is none") from error
    if values.shape != (n_bars,):
        raise DataError(
            f"probability has shape {values.shape} beside {n_bars} bars; "
            "give one value per bar, in the order of the bars, NaN where there is none",
            shape=values.shape,
            n_bars=n_bars,
        )
    values = np.ascontiguousarray(values)
    if not probable(values)[0]:
        row = int(np.flatnonzero((values < 0) | (values > 1))[0])
        raise DataError(
            f"row {row}: {values[row]!r} is no probability; calibrate the score to 0 … 1, or use NaN for no signal",
            row=row,
            value=float(values[row]),
        )
    return values
