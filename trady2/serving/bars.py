"""Bars in a request: checked as files are, and turned into the row that the batch would have made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from trady2.data.checks import off_grid, value_faults
from trady2.data.panel import PRICES
from trady2.errors import ConfigError, DataError, NotEnoughDataError, NotFoundError
from trady2.serving.request import Ask, shown
from trady2.serving.row import Row
from trady2.serving.vector_child import Bars, Plan, Vector, vector_of

if TYPE_CHECKING:
    from trady2.serving.snapshot import Snapshot

__all__ = ["Compute", "bars_row"]

Compute = Callable[[Plan, str, Bars, Mapping[str, Bars]], Vector]
"""`vector_of`, or what gives the same from another process."""

_KEYS: Final = {"timestamp", *PRICES}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Clocks differ a little: a bar is taken as closed this much before it is by ours.
_CLOCK_SKEW: Final = timedelta(seconds=2)


def bars_row(snapshot: Snapshot, ask: Ask, now: datetime, compute: Compute = vector_of) -> Row:
    """Compute the row of the last bar in *ask*, by the configuration that the version was trained with.

    Its features have the bits that `trady2.features.build` gives for the same bars, wherever *compute* computes them.

    Raises:
        DataError: bars that are impossible, unordered, off the version's timeframe, too few, or not closed yet; a
            version whose features cannot be computed from bars; code in ``code``.
        ConflictError: what *compute* raises when it cannot at the moment.
    """
    step = int(snapshot.step.total_seconds() * 1_000_000)
    own = _checked("bars", ask.bars or [], step)
    market = {name: _checked(f"market[{shown(name)}]", bars, step) for name, bars in (ask.market or {}).items()}
    timestamp = _EPOCH + timedelta(microseconds=int(own.time[-1]))
    if timestamp + snapshot.step > now + _CLOCK_SKEW:
        raise DataError(
            f"the last bar, {timestamp.isoformat()}, closes at {(timestamp + snapshot.step).isoformat()}, which is "
            "still to come; leave it out",
            code="unfinished_bar",
        )
    names, values = _computed(snapshot, step, ask.asset or "", own, market, compute)
    places = {name: place for place, name in enumerate(names)}
    missing = [name for name in snapshot.model.features if name not in places]
    if missing:
        way_out = "send the bars of other assets as market" if not market else "send features instead"
        raise DataError(
            f"{snapshot.version} needs {', '.join(missing[:3])}, which these bars do not give; {way_out}",
            code="bars_not_enough",
            missing=missing,
        )
    return Row(ask.asset, timestamp, values[[places[name] for name in snapshot.model.features]])


def _computed(
    snapshot: Snapshot, step: int, asset: str, own: Bars, market: Mapping[str, Bars], compute: Compute
) -> Vector:
    if snapshot.features_config is None:
        raise DataError(
            f"{snapshot.version} does not say how its features are computed; send features", code="bars_not_taken"
        )
    try:
        return compute(Plan(snapshot.features_config, step, bool(market)), asset, own, market)
    except NotEnoughDataError as error:
        raise DataError(str(error), **{**error.values, "code": "too_few_bars"}) from None
    except NotFoundError as error:
        raise DataError(str(error), **{**error.values, "code": "invalid_bars"}) from None
    except ConfigError as error:
        raise DataError(str(error), code="bars_not_taken") from None
    except ImportError as error:
        raise DataError(
            f"this installation computes no features ({error}); install numba and TA-Lib, or send features",
            code="bars_not_taken",
        ) from None


def _checked(what: str, bars: Sequence[object], step: int) -> Bars:
    times = np.empty(len(bars), np.int64)
    prices = np.empty((len(PRICES), len(bars)))
    for row, bar in enumerate(bars):
        if not isinstance(bar, Mapping) or bar.keys() != _KEYS:
            raise _fault(what, row, f"{shown(bar)} is no bar; a bar has {', '.join(sorted(_KEYS))}")
        times[row] = _micro(what, row, bar["timestamp"])
        for place, name in enumerate(PRICES):
            prices[place, row] = _number(what, row, name, bar[name])
    for reason, wrong in value_faults(dict(zip(PRICES, prices, strict=True))):
        _refuse_flagged(what, reason, wrong)
    _refuse_flagged(what, "not later than the bar before it", np.r_[False, np.diff(times) <= 0])
    _refuse_flagged(what, "off the version's timeframe", np.r_[False, np.diff(times) < step])
    _refuse_flagged(what, "off the grid of the version's timeframe", off_grid(times, np.timedelta64(step, "us")))
    return Bars(times, prices)


def _micro(what: str, row: int, value: object) -> int:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
        # In UTC, and its close too, it has to lie within the years that a datetime can say.
        if moment is not None and moment.tzinfo is not None and moment.astimezone(UTC).year < MAXYEAR:
            return (moment - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        pass
    raise _fault(what, row, f"timestamp = {shown(value)} is no time; write one such as 2025-11-01T12:00:00Z")


def _number(what: str, row: int, name: str, value: Any) -> float:
    if type(value) is float or (type(value) is int and abs(value) < 1e300):
        return float(value)
    raise _fault(what, row, f"{name} = {shown(value)} is no number")


def _refuse_flagged(what: str, reason: str, wrong: np.ndarray[Any, Any]) -> None:
    if wrong.any():
        raise _fault(what, int(np.flatnonzero(wrong)[0]), reason)


def _fault(what: str, row: int, reason: str) -> DataError:
    return DataError(f"{what}[{row}]: {reason}", code="invalid_bars", row=row, reason=reason)
