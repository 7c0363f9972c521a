from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.features.oracle import Check, returns
from trady2.features.bar_arrays import BarArrays
from trady2.features.volatility import INDICATORS

LN2 = np.log(2)


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


ORACLES = {
    "close_volatility": lambda b, w: returns(b).rolling(w).std(),
    "parkinson": _parkinson,
    "garman_klass": lambda b, w: np.sqrt(
        (np.log(b.high / b.low) ** 2 / 2 - (2 * LN2 - 1) * np.log(b.close / b.open) ** 2).rolling(w).mean()
    ),
    "rogers_satchell": lambda b, w: np.sqrt(_rs(b).rolling(w).mean()),
    "yang_zhang": _yang_zhang,
    "atr": lambda b, w: (
        _wilder(np.maximum(b.high, b.close.shift(1)) - np.minimum(b.low, b.close.shift(1)), w) / b.close
    ),
    "volatility_ratio": lambda b, s, w: np.log(_parkinson(b, s) / _parkinson(b, w)),
    "down_share": lambda b, w: (
        (-np.sign(returns(b)) * returns(b) ** 2).rolling(w).sum() / (returns(b) ** 2).rolling(w).sum()
    ),
    "jump_share": lambda b, w: (
        1 - np.pi / 2 * (returns(b) * returns(b).shift()).abs().rolling(w).sum() / (returns(b) ** 2).rolling(w).sum()
    ),
}


@pytest.mark.parametrize("name", INDICATORS)
def test_indicator_agrees_with_its_oracle(name: str, check: Check) -> None:
    """After the warm-up every default column equals a plain pandas formula that shares no code with the library."""
    check(INDICATORS[name], ORACLES[name])


def test_yang_zhang_recovers_a_known_volatility(to_arrays: Callable[[pd.DataFrame], BarArrays]) -> None:
    """On a random walk seen 400 times a bar, all estimators find the volatility that it was made with."""
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
        found = INDICATORS[name].compute(to_arrays(frame), (3_000,))[-1]
        # A walk seen at 400 points misses a little of its range; four percent of bias and noise are allowed.
        assert abs(found / sigma - 1) < 0.06, name
