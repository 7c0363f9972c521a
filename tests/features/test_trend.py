from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.features.oracle import Check, returns, true_range
from trady2.features.trend import INDICATORS


def _ema(x: pd.Series, w: int) -> pd.Series:
    return x.ewm(span=w, adjust=False).mean()


def _wilder(x: pd.Series, w: int) -> pd.Series:
    return x.ewm(alpha=1 / w, adjust=False).mean()


def _directional(b: pd.DataFrame, w: int) -> tuple[pd.Series, pd.Series]:
    up, down = np.log(b.high).diff(), -np.log(b.low).diff()
    plus, minus = up.where((up > down) & (up > 0), 0.0), down.where((down > up) & (down > 0), 0.0)
    return tuple(_wilder(side[1:], w) / _wilder(true_range(b)[1:], w) for side in (plus, minus))


def _adx(b: pd.DataFrame, w: int) -> pd.Series:
    plus, minus = _directional(b, w)
    return _wilder((plus - minus).abs() / (plus + minus), w)


def _macd(b: pd.DataFrame, fast: int, slow: int, signal: int) -> pd.Series:
    line = _ema(np.log(b.close), fast) - _ema(np.log(b.close), slow)
    return (line - _ema(line, signal)) / true_range(b).rolling(slow).mean()


def _aroon(b: pd.DataFrame, w: int) -> pd.Series:
    age_high = b.high.rolling(w + 1).apply(lambda x: w - (len(x) - 1 - np.argmax(x[::-1])), raw=True)
    age_low = b.low.rolling(w + 1).apply(lambda x: w - (len(x) - 1 - np.argmin(x[::-1])), raw=True)
    return (age_low - age_high) / w


ORACLES = {
    "ema_distance": lambda b, w: (np.log(b.close) - _ema(np.log(b.close), w)) / true_range(b).rolling(w).mean(),
    "ema_spread": lambda b, f, s: (
        (_ema(np.log(b.close), f) - _ema(np.log(b.close), s)) / true_range(b).rolling(s).mean()
    ),
    "macd": _macd,
    "adx": _adx,
    "directional": lambda b, w: _directional(b, w)[0] - _directional(b, w)[1],
    "aroon": _aroon,
    "trend_fit": lambda b, w: np.log(b.close).rolling(w).corr(pd.Series(np.arange(float(len(b))))),
    "efficiency": lambda b, w: returns(b).rolling(w).sum() / returns(b).abs().rolling(w).sum(),
}


@pytest.mark.parametrize("name", INDICATORS)
def test_indicator_agrees_with_its_oracle(name: str, check: Check) -> None:
    """After the warm-up every default column equals a plain pandas formula that shares no code with the library."""
    check(INDICATORS[name], ORACLES[name])
