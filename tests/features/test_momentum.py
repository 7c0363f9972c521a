from __future__ import annotations

import numpy as np
import pytest

from tests.features.oracle import Check, returns
from trady2.features.momentum import INDICATORS

ORACLES = {
    "log_return": lambda b, w: np.log(b.close / b.close.shift(w)),
    "return_t": lambda b, w: returns(b).rolling(w).sum() / np.sqrt((returns(b) ** 2).rolling(w).sum()),
    "up_share": lambda b, w: np.sign(b.close.diff()).rolling(w).mean(),
    "autocorrelation": lambda b, w: (
        (returns(b) * returns(b).shift()).rolling(w).sum()
        / np.sqrt((returns(b) ** 2).rolling(w).sum() * (returns(b).shift() ** 2).rolling(w).sum())
    ),
}


@pytest.mark.parametrize("name", INDICATORS)
def test_indicator_agrees_with_its_oracle(name: str, check: Check) -> None:
    """After the warm-up every default column equals a plain pandas formula that shares no code with the library."""
    check(INDICATORS[name], ORACLES[name])
