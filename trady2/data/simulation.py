"""A market with a planted edge of known size, for tests, demos and for measuring what the pipeline can find.

Per bar t, with σ the bar's volatility and ε independent, symmetric Student-t (5 degrees) of unit variance:

    close[t+1] / close[t] = exp(σ[t+1] · z[t+1]),   z[t+1] = edge · s[t] + sqrt(1 - edge²) · ε[t+1]
    s[t+1] = a · s[t] + b · z[t+1],   a = 0.8 - b · edge,   b = sqrt((1 - 0.8²) / (1 - edge²))

s is a momentum signal with variance 1 and first autocorrelation 0.8. σ is a base, times the square root of the
timeframe, a daily season and the exponential of a Gaussian AR(1) that is independent of everything else (stochastic
volatility). Volume follows the volatility of the coming bar, so that σ[t+1], z[t] and s[t] can all be computed from
bars up to t: `planted_signal` does it. With edge 0 the sign of every return is a fair coin. Open, high and low come
from the extremes of a Brownian bridge inside the bar; now and then the price jumps between two bars; bars go missing
in outages.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trady2.data.timeframe import timeframe_delta
from trady2.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "SIGNAL_MEMORY",
    "TAIL_DEGREES",
    "planted_signal",
    "season",
    "signal_weights",
    "simulate_bars",
    "volatility_law",
]

TAIL_DEGREES = 5
SIGNAL_MEMORY = 0.8
_LARGEST_EDGE = 0.9
_SIGMA_HOUR = 0.006
VOLATILITY_SPREAD = 0.5
_VOLATILITY_MEMORY_HOUR = 0.98
_VOLUME_POWER = 1.4
_VOLUME_UNIT = 100.0
_FIRST_PRICE = 100.0
_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
_START = np.datetime64("2020-01-01", "us")
_OUTAGE_SHARE, _OUTAGE_BARS = 1 / 1_500, 2.5
_JUMP_SHARE, _JUMP_WEIGHT = 0.004, 0.3

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


def simulate_bars(
    n_bars: int,
    *,
    seed: int,
    edge: float = 0.0,
    asset: str = "SIM-USD",
    timeframe: str = "1h",
    calendar: str = "24/7",
) -> pd.DataFrame:
    """Simulate *n_bars* bars of the market described above; the same arguments give the same bars everywhere.

    Args:
        n_bars: rows; bars lost in outages and sessions do not count.
        seed: of the random numbers.
        edge: correlation of `planted_signal` with the next log return, from 0 to 0.9.
        asset: the name in the frame.
        timeframe: the bars' length, at most a week.
        calendar: ``24/7``, or ``sessions`` for one that rests from Friday to Sunday 22 h UTC, in summer 21 h.

    Returns:
        ``timestamp`` (from 2020-01-01, UTC), ``asset``, OHLCV.

    Raises:
        DataError: an argument outside its range.
    """
    import pandas as pd

    _check(n_bars, edge, calendar)
    step = timeframe_delta(timeframe)
    clock, shock, tail, path, volatility = (np.random.default_rng([seed, part]) for part in range(5))
    times = _clock(n_bars, step, calendar, clock)
    base, spread, memory = volatility_law(step)
    noise = volatility.normal(size=n_bars + 1) * spread
    noise[1:] *= np.sqrt(1 - memory**2)
    sigma = base * season(np.append(times, times[-1] + step)) * np.exp(_recursion(memory, noise))
    mix = np.sqrt((TAIL_DEGREES - 2) / tail.chisquare(TAIL_DEGREES, n_bars) * (1 - edge**2))
    jump_weight = _jump_weight(times, step, path)
    jump = mix * np.sqrt(jump_weight) * shock.normal(size=n_bars)
    body = mix * np.sqrt(1 - jump_weight) * shock.normal(size=n_bars)
    signal = _recursion(SIGNAL_MEMORY, np.append(shock.normal(), signal_weights(edge)[1] * (jump + body)))
    prices = _prices(sigma[:-1], jump, edge * signal[:-1] + body, mix**2 * (1 - jump_weight), path)
    volume = _VOLUME_UNIT * (sigma[1:] / _SIGMA_HOUR) ** _VOLUME_POWER
    stamps = pd.DatetimeIndex(times).tz_localize("UTC")
    return pd.DataFrame(
        {"timestamp": stamps, "asset": pd.array([asset], dtype="str").take([0] * n_bars), **prices, "volume": volume}
    )


def planted_signal(bars: pd.DataFrame, *, edge: float) -> Floats:
    """Compute the planted signal from the public columns of simulated bars.

    Row t uses bars up to t alone. Times *edge* it is the expected log return of the next bar, given the past.
    What came before the first row is forgotten at a rate of 0.8 a bar, so that from row 100 on it is exact to 1e-9.

    Args:
        bars: one asset from `simulate_bars`, from any row on.
        edge: the one they were made with.

    Returns:
        (n,) float64: s[t] · σ[t+1], in units of log return.
    """
    sigma = _SIGMA_HOUR * (bars["volume"].to_numpy(np.float64) / _VOLUME_UNIT) ** (1 / _VOLUME_POWER)
    z = np.zeros(len(bars))
    z[1:] = np.diff(np.log(bars["close"].to_numpy(np.float64))) / sigma[:-1]
    a, b = signal_weights(edge)
    return _recursion(a, b * z) * sigma


def signal_weights(edge: float) -> tuple[float, float]:
    """Return a and b of the signal's recursion; the signal keeps variance 1 and autocorrelation 0.8 at any *edge*."""
    b = float(np.sqrt((1 - SIGNAL_MEMORY**2) / (1 - edge**2)))
    return SIGNAL_MEMORY - b * edge, b


def season(times: Times) -> Floats:
    """Return the factor of volatility by the time of day, UTC: calm at 4 h, lively at 16 h; mean square near 1."""
    share = (times.astype("datetime64[us]").astype(np.int64) % _DAY) / _DAY
    return np.asarray(1 - 0.3 * np.cos(2 * np.pi * (share - 4 / 24)), np.float64) / 1.022


def volatility_law(step: np.timedelta64) -> tuple[float, float, float]:
    """Return, for bars of *step*: base of σ, standard deviation and first autocorrelation of ln σ without season."""
    hours = float(step.astype("timedelta64[us]").astype(np.int64)) / _HOUR
    base = _SIGMA_HOUR * np.sqrt(hours) * np.exp(-(VOLATILITY_SPREAD**2))
    return float(base), VOLATILITY_SPREAD, float(_VOLATILITY_MEMORY_HOUR**hours)


def _check(n_bars: int, edge: float, calendar: str) -> None:
    if n_bars < 1:
        raise DataError(f"n_bars={n_bars} is refused: a market has at least one bar", n_bars=n_bars)
    if not 0 <= edge <= _LARGEST_EDGE:
        raise DataError(f"edge={edge} is refused: it is a correlation; give one from 0 to {_LARGEST_EDGE}", edge=edge)
    if calendar not in ("24/7", "sessions"):
        raise DataError(f"unknown calendar {calendar!r}: it has to be '24/7' or 'sessions'", calendar=calendar)


def _clock(n_bars: int, step: np.timedelta64, calendar: str, random: np.random.Generator) -> Times:
    """Return the opening times: the steps of the clock without outages and rests."""
    outage = random.random(n_bars) < _OUTAGE_SHARE
    lost = np.where(outage, random.geometric(1 / _OUTAGE_BARS, n_bars), 0)
    slots = np.arange(n_bars) + np.cumsum(lost)
    if calendar == "sessions":
        # Under a third of a week is rest; half as many slots again, and a week, are enough.
        weeks = 1 + int(np.timedelta64(7, "D") // step)
        clock = _START + np.arange(slots[-1] * 3 // 2 + 2 * weeks) * step
        return np.asarray(clock[_trades(clock)][slots])
    return np.asarray(_START + slots * step)


def _trades(times: Times) -> npt.NDArray[np.bool_]:
    """Return which bars open between Sunday and Friday 22 h UTC, 21 h from April to October."""
    month = times.astype("datetime64[M]").astype(np.int64) % 12 + 1
    close = np.where((month >= 4) & (month <= 10), 21, 22) * _HOUR
    since_monday = (times.astype(np.int64) - 4 * _DAY) % (7 * _DAY)
    return (since_monday < 4 * _DAY + close) | (since_monday >= 6 * _DAY + close)


def _jump_weight(times: Times, step: np.timedelta64, random: np.random.Generator) -> Floats:
    """Return the share of each bar's variance that falls into the jump before its open."""
    after_gap = np.r_[False, np.diff(times) != step]
    return np.where(after_gap | (random.random(len(times)) < _JUMP_SHARE), _JUMP_WEIGHT, 0.0)


def _prices(
    sigma: Floats, jump: Floats, body: Floats, variance: Floats, random: np.random.Generator
) -> dict[str, Floats]:
    """Return OHLC; inside a bar the price is a Brownian bridge of that *variance*, in units of σ."""
    close = np.log(_FIRST_PRICE) + np.cumsum(sigma * (jump + body))
    opened = np.r_[np.log(_FIRST_PRICE), close[:-1]] + sigma * jump
    # The maximum of a bridge from 0 to x with variance v is (x + sqrt(x² - 2 v ln U)) / 2 (Glasserman 2003, 6.50).
    swing = [np.sqrt(body**2 - 2 * variance * np.log1p(-random.random(len(body)))) for _ in range(2)]
    high = np.exp(opened + sigma * (body + swing[0]) / 2)
    low = np.exp(opened + sigma * (body - swing[1]) / 2)
    first, last = np.exp(opened), np.exp(close)
    return {
        "open": first,
        "high": np.maximum.reduce([high, first, last]),
        "low": np.minimum.reduce([low, first, last]),
        "close": last,
    }


def _recursion(memory: float, noise: Floats) -> Floats:
    """Return x with x[0] = noise[0] and x[t] = memory · x[t-1] + noise[t]."""
    return np.array(list(accumulate(noise.tolist(), lambda last, new: memory * last + new)))
