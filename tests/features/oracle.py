"""Plain pandas quantities that several oracles share, and the type of the check in conftest.py."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from trady2.features.indicator import Indicator

Check = Callable[[Indicator, Callable[..., pd.Series]], None]


def true_range(bars: pd.DataFrame) -> pd.Series:
    """Return ln of the range that includes the close before."""
    before = bars.close.shift(1)
    return np.log(np.maximum(bars.high, before) / np.minimum(bars.low, before))


def returns(bars: pd.DataFrame) -> pd.Series:
    """Return log returns of the close."""
    return np.log(bars.close).diff()
