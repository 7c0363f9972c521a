from __future__ import annotations

import numpy as np
import pytest

from tests.features.oracle import Check, returns
from trady2.features.moments import INDICATORS

ORACLES = {
    "skewness": lambda b, w: returns(b).rolling(w).skew() * (w - 2) / np.sqrt(w * (w - 1)),
    "kurtosis": lambda b, w: (returns(b).rolling(w).kurt() * (w - 2) * (w - 3) / (w - 1) - 6) / (w + 1) + 3,
}


@pytest.mark.parametrize("name", INDICATORS)
def test_indicator_agrees_with_its_oracle(name: str, check: Check) -> None:
    """After the warm-up every default column equals a plain pandas formula that shares no code with the library."""
    check(INDICATORS[name], ORACLES[name])
