"""A user's own builders, for the audit."""

from __future__ import annotations

import numpy as np
import pandas as pd


def honest(bars: pd.DataFrame) -> pd.DataFrame:
    """Look back."""
    return pd.DataFrame({"timestamp": bars.timestamp, "own_x": bars.close.pct_change(24)})


honest.warmup_bars = 24


def leaking(bars: pd.DataFrame) -> pd.DataFrame:
    """Look back, and ahead."""
    return honest(bars).assign(own_ahead=np.log(bars.volume + 1).shift(-3).ffill())


leaking.warmup_bars = 24


def failing_later(bars: pd.DataFrame) -> pd.DataFrame:
    """Work on a trial and fail on a history."""
    if len(bars) > 500:
        raise RuntimeError("out of memory")
    return honest(bars)


failing_later.warmup_bars = 24
