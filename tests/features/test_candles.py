from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.features.oracle import Check, true_range
from trady2.features.candles import INDICATORS


def _run(b: pd.DataFrame, w: int) -> pd.Series:
    sign = np.sign(b.close - b.open)
    length = sign.groupby((sign != sign.shift()).cumsum()).cumcount() + 1
    return sign * length.clip(upper=w)


def _location(b: pd.DataFrame) -> pd.Series:
    return ((b.close - b.low) - (b.high - b.close)) / (b.high - b.low)


ORACLES = {
    "candle_body": lambda b: (b.close - b.open) / (b.high - b.low),
    "upper_shadow": lambda b: (b.high - b[["open", "close"]].max(axis=1)) / (b.high - b.low),
    "lower_shadow": lambda b: (b[["open", "close"]].min(axis=1) - b.low) / (b.high - b.low),
    "close_location": _location,
    "candle_range": lambda b, w: true_range(b) / true_range(b).rolling(w).mean(),
    "opening_gap": lambda b, w: np.log(b.open / b.close.shift(1)) / true_range(b).rolling(w).mean(),
    "candle_run": _run,
}


@pytest.mark.parametrize("name", INDICATORS)
def test_indicator_agrees_with_its_oracle(name: str, check: Check) -> None:
    """After the warm-up every default column equals a plain pandas formula that shares no code with the library."""
    check(INDICATORS[name], ORACLES[name])
