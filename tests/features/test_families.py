"""Each indicator against a slow, plain implementation on pandas that shares no code with the library."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import talib
from numpy.testing import assert_allclose

from trady2.features import all_indicators
from trady2.features.bar_arrays import BarArrays

Oracle = Callable[..., pd.Series]
LN2 = np.log(2)


def _true_range(b: pd.DataFrame) -> pd.Series:
    before = b.close.shift(1)
    return np.log(np.maximum(b.high, before) / np.minimum(b.low, before))


def _returns(b: pd.DataFrame) -> pd.Series:
    return np.log(b.close).diff()


def _ema(x: pd.Series, w: int) -> pd.Series:
    return x.ewm(span=w, adjust=False).mean()


def _wilder(x: pd.Series, w: int) -> pd.Series:
    return x.ewm(alpha=1 / w, adjust=False).mean()


def _rs(b: pd.DataFrame) -> pd.Series:
    return np.log(b.high / b.close) * np.log(b.high / b.open) + np.log(b.low / b.close) * np.log(b.low / b.open)


def _parkinson(b: pd.DataFrame, w: int) -> pd.Series:
    return np.sqrt((np.log(b.high / b.low) ** 2).rolling(w).mean() / (4 * LN2))


def _yang_zhang(b: pd.DataFrame, w: int) -> pd.Series:
    k = 0.34 / (1.34 + (w + 1) / (w - 1))
    night, day = np.log(b.open / b.close.shift(1)), np.log(b.close / b.open)
    return np.sqrt(night.rolling(w).var() + k * day.rolling(w).var() + (1 - k) * _rs(b).rolling(w).mean())


def _rsi(b: pd.DataFrame, w: int) -> pd.Series:
    up, down = _wilder(_returns(b).clip(lower=0), w), _wilder((-_returns(b)).clip(lower=0), w)
    return up / (up + down)


def _directional(b: pd.DataFrame, w: int) -> tuple[pd.Series, pd.Series]:
    up, down = b.high.diff(), -b.low.diff()
    before = b.close.shift(1)
    true_range = np.maximum(b.high, before) - np.minimum(b.low, before)
    plus, minus = up.where((up > down) & (up > 0), 0.0), down.where((down > up) & (down > 0), 0.0)
    return tuple(_wilder(side[1:], w) / _wilder(true_range[1:], w) for side in (plus, minus))


def _adx(b: pd.DataFrame, w: int) -> pd.Series:
    plus, minus = _directional(b, w)
    return _wilder((plus - minus).abs() / (plus + minus), w)


def _macd(b: pd.DataFrame, fast: int, slow: int, signal: int) -> pd.Series:
    line = _ema(np.log(b.close), fast) - _ema(np.log(b.close), slow)
    return (line - _ema(line, signal)) / _true_range(b).rolling(slow).mean()


def _aroon(b: pd.DataFrame, w: int) -> pd.Series:
    age_high = b.high.rolling(w + 1).apply(lambda x: w - (len(x) - 1 - np.argmax(x[::-1])), raw=True)
    age_low = b.low.rolling(w + 1).apply(lambda x: w - (len(x) - 1 - np.argmin(x[::-1])), raw=True)
    return (age_low - age_high) / w


def _slope(x: pd.Series, w: int) -> pd.Series:
    return x.rolling(w).apply(lambda y: np.polyfit(np.arange(w), y, 1)[0], raw=True)


def _position(b: pd.DataFrame, w: int) -> pd.Series:
    low = b.low.rolling(w).min()
    return (b.close - low) / (b.high.rolling(w).max() - low)


def _vwap(b: pd.DataFrame, w: int) -> pd.Series:
    price = (b.high + b.low + b.close) / 3
    return (price * b.volume).rolling(w).sum() / b.volume.rolling(w).sum()


def _amihud(b: pd.DataFrame, w: int) -> pd.Series:
    return (_returns(b).abs() / (b.close * b.volume)).rolling(w).mean()


def _money_flow(b: pd.DataFrame, w: int) -> pd.Series:
    scale = 1e6  # TA-Lib calls a flow below 1 none at all
    return pd.Series(talib.MFI(b.high, b.low, b.close, b.volume * scale, w)) / 100


def _run(b: pd.DataFrame, w: int) -> pd.Series:
    sign = np.sign(b.close - b.open)
    length = sign.groupby((sign != sign.shift()).cumsum()).cumcount() + 1
    return sign * length.clip(upper=w)


def _location(b: pd.DataFrame) -> pd.Series:
    return ((b.close - b.low) - (b.high - b.close)) / (b.high - b.low)


def _turn(b: pd.DataFrame, period: float, origin: str) -> pd.Series:
    known = b.timestamp + pd.Timedelta("1h")
    return 2 * np.pi * ((known - pd.Timestamp(origin, tz="UTC")) / pd.Timedelta(hours=1) % period) / period


ORACLES: dict[str, Oracle] = {
    "log_return": lambda b, w: np.log(b.close / b.close.shift(w)),
    "return_t": lambda b, w: _returns(b).rolling(w).sum() / np.sqrt((_returns(b) ** 2).rolling(w).sum()),
    "up_share": lambda b, w: np.sign(b.close.diff()).rolling(w).mean(),
    "autocorrelation": lambda b, w: (_returns(b) * _returns(b).shift()).rolling(w).sum()
    / np.sqrt((_returns(b) ** 2).rolling(w).sum() * (_returns(b).shift() ** 2).rolling(w).sum()),
    "ema_distance": lambda b, w: (np.log(b.close) - _ema(np.log(b.close), w)) / _true_range(b).rolling(w).mean(),
    "ema_spread": lambda b, f, s: (_ema(np.log(b.close), f) - _ema(np.log(b.close), s))
    / _true_range(b).rolling(s).mean(),
    "macd": _macd,
    "adx": _adx,
    "directional": lambda b, w: _directional(b, w)[0] - _directional(b, w)[1],
    "aroon": _aroon,
    "trend_fit": lambda b, w: np.log(b.close).rolling(w).corr(pd.Series(np.arange(float(len(b))))),
    "efficiency": lambda b, w: _returns(b).rolling(w).sum() / _returns(b).abs().rolling(w).sum(),
    "rsi": _rsi,
    "price_z": lambda b, w: (np.log(b.close) - np.log(b.close).rolling(w).mean())
    / np.log(b.close).rolling(w).std(ddof=0),
    "range_position": _position,
    "stochastic_turn": lambda b, w, s: _position(b, w) - _position(b, w).rolling(s).mean(),
    "below_high": lambda b, w: np.log(b.close / b.high.rolling(w).max()),
    "above_low": lambda b, w: np.log(b.close / b.low.rolling(w).min()),
    "close_volatility": lambda b, w: _returns(b).rolling(w).std(),
    "parkinson": _parkinson,
    "garman_klass": lambda b, w: np.sqrt(
        (np.log(b.high / b.low) ** 2 / 2 - (2 * LN2 - 1) * np.log(b.close / b.open) ** 2).rolling(w).mean()
    ),
    "rogers_satchell": lambda b, w: np.sqrt(_rs(b).rolling(w).mean()),
    "yang_zhang": _yang_zhang,
    "atr": lambda b, w: _wilder(
        np.maximum(b.high, b.close.shift(1)) - np.minimum(b.low, b.close.shift(1)), w
    )
    / b.close,
    "volatility_ratio": lambda b, s, w: np.log(_parkinson(b, s) / _parkinson(b, w)),
    "down_share": lambda b, w: (-np.sign(_returns(b)) * _returns(b) ** 2).rolling(w).sum()
    / (_returns(b) ** 2).rolling(w).sum(),
    "jump_share": lambda b, w: 1
    - np.pi / 2 * (_returns(b) * _returns(b).shift()).abs().rolling(w).sum() / (_returns(b) ** 2).rolling(w).sum(),
    "volume_z": lambda b, w: (b.volume - b.volume.rolling(w).mean()) / b.volume.rolling(w).std(ddof=0),
    "volume_ratio": lambda b, s, w: np.log(b.volume.rolling(s).mean() / b.volume.rolling(w).mean()),
    "vwap_distance": lambda b, w: np.log(b.close / _vwap(b, w)) / _true_range(b).rolling(w).mean(),
    "amihud_ratio": lambda b, s, w: np.log(_amihud(b, s) / _amihud(b, w)),
    "obv_slope": lambda b, w: _slope((np.sign(b.close.diff()).fillna(0) * b.volume).cumsum(), w)
    / b.volume.rolling(w).mean(),
    "money_flow": _money_flow,
    "accumulation": lambda b, w: (_location(b) * b.volume).rolling(w).sum() / b.volume.rolling(w).sum(),
    "volume_return_correlation": lambda b, w: b.volume.rolling(w).corr(_returns(b)),
    "candle_body": lambda b: (b.close - b.open) / (b.high - b.low),
    "upper_shadow": lambda b: (b.high - b[["open", "close"]].max(axis=1)) / (b.high - b.low),
    "lower_shadow": lambda b: (b[["open", "close"]].min(axis=1) - b.low) / (b.high - b.low),
    "close_location": _location,
    "candle_range": lambda b, w: _true_range(b) / _true_range(b).rolling(w).mean(),
    "opening_gap": lambda b, w: np.log(b.open / b.close.shift(1)) / _true_range(b).rolling(w).mean(),
    "candle_run": _run,
    "skewness": lambda b, w: _returns(b).rolling(w).skew() * (w - 2) / np.sqrt(w * (w - 1)),
    "kurtosis": lambda b, w: (_returns(b).rolling(w).kurt() * (w - 2) * (w - 3) / (w - 1) - 6) / (w + 1) + 3,
    "hour_sine": lambda b: np.sin(_turn(b, 24, "2021-01-01")),
    "hour_cosine": lambda b: np.cos(_turn(b, 24, "2021-01-01")),
    "weekday_sine": lambda b: np.sin(_turn(b, 168, "2021-01-04")),
    "weekday_cosine": lambda b: np.cos(_turn(b, 168, "2021-01-04")),
    "market_return": lambda b, w: b.market.rolling(w).sum(),
    "relative_return": lambda b, w: (_returns(b) - b.market).rolling(w).sum(),
    "market_beta": lambda b, w: _returns(b).rolling(w).cov(b.market) / b.market.rolling(w).var(),
    "market_correlation": lambda b, w: _returns(b).rolling(w).corr(b.market),
    "market_residual_t": lambda b, w: (_returns(b) - b.market).rolling(w).sum()
    / np.sqrt(((_returns(b) - b.market) ** 2).rolling(w).sum()),
    "market_volatility_ratio": lambda b, w: np.log(_returns(b).rolling(w).std() / b.market.rolling(w).std()),
}


def test_every_indicator_has_an_oracle() -> None:
    """No indicator of the library is left without an independent implementation."""
    assert sorted(ORACLES) == sorted(all_indicators())


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_indicator_agrees_with_its_oracle(
    name: str, gappy: pd.DataFrame, to_arrays: Callable[[pd.DataFrame], BarArrays]
) -> None:
    """After the warm-up, every default column equals the plain formula on pandas to eight digits of its deviation."""
    frame = gappy.iloc[:1_500].reset_index(drop=True)
    frame["market"] = np.random.default_rng(5).normal(0, 0.01, len(frame))
    indicator = all_indicators()[name]
    given = to_arrays(frame).with_market(frame["market"].to_numpy())
    for windows in indicator.windows or ((),):
        expected = np.asarray(ORACLES[name](frame, *windows).reindex(frame.index))
        rows = slice(max(indicator.warmup(*windows), 1), None)
        found = indicator.compute(given, windows)
        assert np.nanstd(expected[rows]) > 0
        assert_allclose(found[rows], expected[rows], rtol=0, atol=2e-8 * np.nanstd(expected[rows]))


def test_rsi_is_the_one_of_ta_lib_and_neutral_when_nothing_moves(
    bars: pd.DataFrame, to_arrays: Callable[[pd.DataFrame], BarArrays]
) -> None:
    """On a moving market it is TA-Lib's RSI of the log close; on a flat one it is one half, where TA-Lib says zero."""
    rsi = all_indicators()["rsi"]
    given = to_arrays(bars)
    assert_allclose(rsi.compute(given, (14,))[50:], talib.RSI(given.log_close, 14)[50:] / 100, atol=1e-12)
    flat = bars.assign(open=7.0, high=7.0, low=7.0, close=7.0)
    assert np.unique(rsi.compute(to_arrays(flat), (14,))[14:]).tolist() == [0.5]


def test_yang_zhang_recovers_a_known_volatility(to_arrays: Callable[[pd.DataFrame], BarArrays]) -> None:
    """On a random walk with steps of known size inside each bar, all range estimators find the volatility they promise."""
    rng = np.random.default_rng(2)
    n, inside, sigma = 4_000, 400, 0.01
    path = np.cumsum(rng.normal(0, sigma / np.sqrt(inside), n * inside)).reshape(n, inside)
    opened = np.r_[0.0, path[:-1, -1]]
    prices = np.exp(np.c_[opened, path])
    frame = pd.DataFrame(
        {
            "timestamp": pd.date_range("2020-01-01", periods=n, freq="1h", tz="UTC", unit="us"),
            "asset": "WALK",
            "open": prices[:, 0],
            "high": prices.max(axis=1),
            "low": prices.min(axis=1),
            "close": prices[:, -1],
            "volume": 1.0,
        }
    )
    for name in ("close_volatility", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"):
        found = all_indicators()[name].compute(to_arrays(frame), (3_000,))[-1]
        # A walk seen at 400 points misses a little of its range; four percent of bias and noise are allowed.
        assert abs(found / sigma - 1) < 0.06, name
