from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.features.oracle import Check
from trady2.features.calendar_time import INDICATORS


def _turn(b: pd.DataFrame, period: float, origin: str) -> pd.Series:
    known = b.timestamp + pd.Timedelta("1h")
    return 2 * np.pi * ((known - pd.Timestamp(origin, tz="UTC")) / pd.Timedelta(hours=1) % period) / period


ORACLES = {
    "hour_sine": lambda b: np.sin(_turn(b, 24, "2021-01-01")),
    "hour_cosine": lambda b: np.cos(_turn(b, 24, "2021-01-01")),
    "weekday_sine": lambda b: np.sin(_turn(b, 168, "2021-01-04")),
    "weekday_cosine": lambda b: np.cos(_turn(b, 168, "2021-01-04")),
}


@pytest.mark.parametrize("name", INDICATORS)
def test_indicator_agrees_with_its_oracle(name: str, check: Check) -> None:
    """After the warm-up every default column equals a plain pandas formula that shares no code with the library."""
    check(INDICATORS[name], ORACLES[name])
