from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.features.oracle import Check, returns
from trady2.features.bar_arrays import BarArrays
from trady2.features.cross_asset import INDICATORS

ORACLES = {
    "market_return": lambda b, w: b.market.rolling(w).sum(),
    "relative_return": lambda b, w: (returns(b) - b.market).rolling(w).sum(),
    "market_beta": lambda b, w: returns(b).rolling(w).cov(b.market) / b.market.rolling(w).var(),
    "market_correlation": lambda b, w: returns(b).rolling(w).corr(b.market),
    "market_residual_t": lambda b, w: (
        (returns(b) - b.market).rolling(w).sum() / np.sqrt(((returns(b) - b.market) ** 2).rolling(w).sum())
    ),
    "market_volatility_ratio": lambda b, w: np.log(returns(b).rolling(w).std() / b.market.rolling(w).std()),
}


@pytest.mark.parametrize("name", INDICATORS)
def test_indicator_agrees_with_its_oracle(name: str, check: Check) -> None:
    """After the warm-up every default column equals a plain pandas formula that shares no code with the library."""
    check(INDICATORS[name], ORACLES[name])


def test_bars_without_a_market_are_a_mistake_of_the_caller(
    bars: pd.DataFrame, to_arrays: Callable[[pd.DataFrame], BarArrays]
) -> None:
    """An indicator that compares says what is missing instead of guessing."""
    with pytest.raises(ValueError, match="bars without a market reached a cross-asset indicator"):
        INDICATORS["market_beta"].compute(to_arrays(bars), (96,))
