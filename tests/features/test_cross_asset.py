from __future__ import annotations

import numpy as np
import pytest

from tests.features.oracle import Check, returns
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
