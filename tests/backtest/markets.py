"""Markets for the tests: frames from plain rows, and random ones full of gaps, ties and wicks."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from trady2.backtest.market import Market, market_from_bars
from trady2.config import BacktestConfig


def frame(rows, *, asset="A", start="2024-01-01", missing=()) -> pd.DataFrame:
    """Return hourly bars from (open, high, low, close); before the positions in *missing* one hour is left out."""
    hours = np.arange(len(rows)) + np.isin(np.arange(len(rows)), missing).cumsum()
    bars = pd.DataFrame(np.array(rows, dtype=float).reshape(-1, 4), columns=["open", "high", "low", "close"])
    bars.insert(
        0, "timestamp", pd.Timestamp(start, tz="UTC").as_unit("us") + pd.to_timedelta(hours, unit="h").as_unit("us")
    )
    bars.insert(1, "asset", pd.Series([asset] * len(rows), dtype="str"))
    bars["volume"] = 1.0
    return bars


def random_rows(rng, n, *, tick=0.5, jump=4, wick=6) -> list[tuple[float, float, float, float]]:
    """Return *n* bars whose prices lie on a coarse grid, so that levels, opens and extremes tie often."""
    close, rows = 200, []
    for _ in range(n):
        open_ = max(20, close + int(rng.integers(-jump, jump + 1)) * int(rng.random() < 0.5))
        close = max(20, open_ + int(rng.integers(-jump, jump + 1)))
        high = max(open_, close) + int(rng.integers(0, wick + 1))
        low = min(open_, close) - int(rng.integers(0, wick + 1))
        rows.append(tuple(tick * value for value in (open_, high, low, close)))
    return rows


def two_assets_of(rows: int, *, seed: int = 4) -> Market:
    """Return a market of two assets of as many random *rows* each."""
    rng = np.random.default_rng(seed)
    parts = [frame(random_rows(rng, rows), asset=name) for name in "AB"]
    return market_from_bars(pd.concat(parts, ignore_index=True), "24/7")


@st.composite
def markets(draw, max_bars=40):
    """Draw bars on a coarse grid, and a probability for each."""
    n = draw(st.integers(2, max_bars))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = random_rows(rng, n, tick=draw(st.sampled_from([0.5, 0.37, 1e-6, 3e5])), jump=draw(st.integers(0, 8)))
    probability = draw(st.lists(st.sampled_from([0.3, 0.5, 0.6, 0.9, np.nan]), min_size=n, max_size=n))
    return rows, np.array(probability)


LEVELS = [None, 0.005, 0.01, 0.02, 0.05]


@st.composite
def configs(draw, **fixed):
    """Draw a configuration over every combination of the options."""
    values = {
        "threshold": draw(st.sampled_from([0.0, 0.5, 0.55])),
        "hold_bars": draw(st.sampled_from([1, 2, 3, 5, 8, 100])),
        "stop_loss": draw(st.sampled_from(LEVELS)),
        "take_profit": draw(st.sampled_from(LEVELS)),
        "trailing_stop": draw(st.sampled_from(LEVELS)),
        "fee_bps": draw(st.sampled_from([0.0, 10.0, 250.0])),
        "slippage_bps": draw(st.sampled_from([0.0, 5.0, 100.0])),
        "fraction": draw(st.sampled_from([1.0, 0.5, 0.01])),
        "intrabar": draw(st.sampled_from(["pessimistic", "optimistic"])),
    }
    return BacktestConfig(**{**values, **fixed})
