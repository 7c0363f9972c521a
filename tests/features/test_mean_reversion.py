from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import talib
from numpy.testing import assert_allclose

from tests.features.oracle import Check, returns
from trady2.features.bar_arrays import BarArrays
from trady2.features.mean_reversion import INDICATORS


def _wilder(x: pd.Series, w: int) -> pd.Series:
    return x.ewm(alpha=1 / w, adjust=False).mean()


def _rsi(b: pd.DataFrame, w: int) -> pd.Series:
    up, down = _wilder(returns(b).clip(lower=0), w), _wilder((-returns(b)).clip(lower=0), w)
    return up / (up + down)


def _position(b: pd.DataFrame, w: int) -> pd.Series:
    low = b.low.rolling(w).min()
    return (b.close - low) / (b.high.rolling(w).max() - low)


ORACLES = {
    "rsi": _rsi,
    "price_z": lambda b, w: (
        (np.log(b.close) - np.log(b.close).rolling(w).mean()) / np.log(b.close).rolling(w).std(ddof=0)
    ),
    "range_position": _position,
    "stochastic_turn": lambda b, w, s: _position(b, w) - _position(b, w).rolling(s).mean(),
    "below_high": lambda b, w: np.log(b.close / b.high.rolling(w).max()),
    "above_low": lambda b, w: np.log(b.close / b.low.rolling(w).min()),
}


@pytest.mark.parametrize("name", INDICATORS)
def test_indicator_agrees_with_its_oracle(name: str, check: Check) -> None:
    """After the warm-up every default column equals a plain pandas formula that shares no code with the library."""
    check(INDICATORS[name], ORACLES[name])


def test_rsi_is_the_one_of_ta_lib_and_neutral_when_nothing_moves(
    bars: pd.DataFrame, to_arrays: Callable[[pd.DataFrame], BarArrays]
) -> None:
    """On a moving market it is TA-Lib's RSI of the log close; on a flat one it is one half, where TA-Lib says zero."""
    rsi = INDICATORS["rsi"]
    given = to_arrays(bars)
    assert_allclose(rsi.compute(given, (14,))[50:], talib.RSI(given.log_close, 14)[50:] / 100, atol=1e-12)
    flat = bars.assign(open=7.0, high=7.0, low=7.0, close=7.0)
    assert np.unique(rsi.compute(to_arrays(flat), (14,))[14:]).tolist() == [0.5]
