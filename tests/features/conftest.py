"""Markets for the tests of features: made up, so that gaps, jumps and dead hours are where a test wants them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from tests.features.oracle import Check
from trady2.data.bars import write_bars
from trady2.data.importing import BarsImport
from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator

MakeBars = Callable[..., pd.DataFrame]


def simulate(
    n_bars: int, *, seed: int = 0, asset: str = "AAA", start: str = "2021-03-05 07:00", freq: str = "1h"
) -> pd.DataFrame:
    """Return a clean market with fat tails, jumps, and lognormal volume; prices with two decimals."""
    rng = np.random.default_rng(seed)
    returns = rng.standard_t(4, n_bars) * 0.004 + np.where(rng.random(n_bars) < 0.005, rng.normal(0, 0.08, n_bars), 0)
    close = np.round(5_000 * np.exp(np.cumsum(returns)), 2)
    open_ = np.round(np.r_[close[0], close[:-1]] * np.exp(rng.normal(0, 0.0004, n_bars)), 2)
    high = np.round(np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.002, n_bars))), 2)
    low = np.round(np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.002, n_bars))), 2)
    return pd.DataFrame(
        {
            "timestamp": pd.date_range(start, periods=n_bars, freq=freq, tz="UTC", unit="us"),
            "asset": asset,
            "open": open_,
            "high": np.maximum(high, np.maximum(open_, close)),
            "low": np.minimum(low, np.minimum(open_, close)),
            "close": close,
            "volume": np.round(rng.lognormal(0, 1, n_bars), 4),
        }
    )


def arrays(frame: pd.DataFrame) -> BarArrays:
    """Return the frame's bars as arrays; the step is the most frequent one."""
    step = frame["timestamp"].diff().mode()[0].to_timedelta64()
    return BarArrays.from_frame(frame, step)


@pytest.fixture(scope="session")
def make_bars() -> MakeBars:
    """Return the simulator."""
    return simulate


@pytest.fixture(scope="session")
def bars() -> pd.DataFrame:
    """Return 5,000 clean hourly bars."""
    return simulate(5_000)


@pytest.fixture(scope="session")
def gappy(bars: pd.DataFrame) -> pd.DataFrame:
    """Return the same bars with single bars and whole days missing."""
    rng = np.random.default_rng(1)
    keep = rng.random(len(bars)) > 0.02
    for begin in rng.integers(0, len(bars) - 80, 12):
        keep[begin : begin + rng.integers(3, 70)] = False
    return bars[keep].reset_index(drop=True)


@pytest.fixture(scope="session")
def to_arrays() -> Callable[[pd.DataFrame], BarArrays]:
    """Return the way from a frame to arrays."""
    return arrays


@pytest.fixture
def check(gappy: pd.DataFrame) -> Check:
    """Return the comparison of an indicator with an oracle, on bars with gaps beside a market of noise."""
    frame = gappy.iloc[:1_500].reset_index(drop=True)
    frame["market"] = np.random.default_rng(5).normal(0, 0.01, len(frame))
    given = arrays(frame).with_market(frame["market"].to_numpy())

    def compare(indicator: Indicator, oracle: Callable[..., pd.Series]) -> None:
        for windows in indicator.windows or ((),):
            expected = np.asarray(oracle(frame, *windows).reindex(frame.index))
            rows = slice(max(indicator.warmup(*windows), 1), None)
            scale = float(np.std(expected[rows]))
            assert scale > 0
            assert_allclose(indicator.compute(given, windows)[rows], expected[rows], rtol=0, atol=2e-8 * scale)

    return compare


@pytest.fixture(scope="session")
def store() -> Callable[..., None]:
    """Return a writer of frames into a store of bars."""

    def write(
        folder: Path,
        frame: pd.DataFrame,
        *,
        replace: bool = False,
        unconfirmed: pd.Timestamp | None = None,
        timeframe: str = "1h",
    ) -> None:
        for asset, part in frame.groupby("asset"):
            report = {"asset": asset, "timeframe": timeframe}
            imported = BarsImport(part.reset_index(drop=True), part.iloc[:0], report, unconfirmed)
            write_bars(folder, imported, replace=replace)

    return write
