"""A user's own builders: one as it should be, and one for each way to go wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd


def momentum(bars: pd.DataFrame) -> pd.DataFrame:
    """Return the 300-bar momentum and whether it is a weekend."""
    return pd.DataFrame(
        {
            "timestamp": bars.timestamp,
            "own_momentum": bars.close.pct_change(300),
            "own_weekend": bars.timestamp.dt.day_of_week >= 5,
        }
    )


momentum.warmup_bars = 300


def _broken(name: str, **columns: object) -> None:
    def function(bars: pd.DataFrame) -> pd.DataFrame:
        made = {key: value(bars) if callable(value) else value for key, value in columns.items()}
        return pd.DataFrame({"timestamp": bars.timestamp} | made)

    function.warmup_bars = 0
    globals()[name] = function


_broken("shadowing", candle_body=1.0)
_broken("endless", own=lambda bars: np.full(len(bars), np.inf))
_broken("wordy", own="text")
_broken("nothing")
_broken("taking", close=1.0)
_broken("moody", own=1.0, other=1.0)


def undeclared(bars: pd.DataFrame) -> pd.DataFrame:
    """Declare no warm-up."""
    return bars


def negative(bars: pd.DataFrame) -> pd.DataFrame:
    """Declare an impossible warm-up."""
    return bars


negative.warmup_bars = -1


def shortening(bars: pd.DataFrame) -> pd.DataFrame:
    """Drop a row."""
    return momentum(bars)[1:]


shortening.warmup_bars = 0


def listing(bars: pd.DataFrame) -> list[float]:
    """Return no frame."""
    return bars.close.tolist()


listing.warmup_bars = 0


def changing(bars: pd.DataFrame) -> pd.DataFrame:
    """Return other columns for other assets."""
    return momentum(bars).rename(columns={"own_momentum": f"own_{bars.asset[0]}"})


changing.warmup_bars = 0

NO_FUNCTION = 1
