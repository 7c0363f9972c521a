from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import talib

from tests.features.oracle import Check, returns, true_range
from trady2.features.volume import INDICATORS


def _slope(x: pd.Series, w: int) -> pd.Series:
    return x.rolling(w).apply(lambda y: np.polyfit(np.arange(w), y, 1)[0], raw=True)


def _vwap(b: pd.DataFrame, w: int) -> pd.Series:
    price = (b.high + b.low + b.close) / 3
    return (price * b.volume).rolling(w).sum() / b.volume.rolling(w).sum()


def _amihud(b: pd.DataFrame, w: int) -> pd.Series:
    return (returns(b).abs() / (b.close * b.volume)).rolling(w).mean()


def _money_flow(b: pd.DataFrame, w: int) -> pd.Series:
    scale = 1e6  # TA-Lib calls a flow below 1 none at all
    return pd.Series(talib.MFI(b.high, b.low, b.close, b.volume * scale, w)) / 100


def _location(b: pd.DataFrame) -> pd.Series:
    return ((b.close - b.low) - (b.high - b.close)) / (b.high - b.low)


ORACLES = {
    "volume_z": lambda b, w: (b.volume - b.volume.rolling(w).mean()) / b.volume.rolling(w).std(ddof=0),
    "volume_ratio": lambda b, s, w: np.log(b.volume.rolling(s).mean() / b.volume.rolling(w).mean()),
    "vwap_distance": lambda b, w: np.log(b.close / _vwap(b, w)) / true_range(b).rolling(w).mean(),
    "amihud_ratio": lambda b, s, w: np.log(_amihud(b, s) / _amihud(b, w)),
    "obv_slope": lambda b, w: (
        _slope((np.sign(b.close.diff()).fillna(0) * b.volume).cumsum(), w) / b.volume.rolling(w).mean()
    ),
    "money_flow": _money_flow,
    "accumulation": lambda b, w: (_location(b) * b.volume).rolling(w).sum() / b.volume.rolling(w).sum(),
    "volume_return_correlation": lambda b, w: b.volume.rolling(w).corr(returns(b)),
}


@pytest.mark.parametrize("name", INDICATORS)
def test_indicator_agrees_with_its_oracle(name: str, check: Check) -> None:
    """After the warm-up every default column equals a plain pandas formula that shares no code with the library."""
    check(INDICATORS[name], ORACLES[name])
