"""Small markets and panels for the tests of the data package."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trady2.data.panel import Panel

HOUR = np.timedelta64(3_600_000_000, "us")
START = np.datetime64("2024-01-01", "us")


@pytest.fixture
def make_panel() -> Callable[..., Panel]:
    """Make an hourly panel of random numbers, with some NaN in the features."""

    def make(rows: int, *, assets: tuple[str, ...] = ("A",), features: int = 3, start: int = 0, seed: int = 0) -> Panel:
        random = np.random.default_rng([seed, start])
        count = rows * len(assets)
        matrix = random.normal(size=(count, features)).astype(np.float32)
        matrix[:2] = np.nan
        prices = {name: random.uniform(1, 2, count) for name in ("open", "high", "low", "close", "volume")}
        return Panel(
            assets=assets,
            asset_code=np.repeat(np.arange(len(assets), dtype=np.int32), rows),
            timestamp=np.tile(START + (start + np.arange(rows)) * HOUR, len(assets)),
            features=matrix,
            feature_names=tuple(f"f{number}" for number in range(features)),
            step=HOUR,
            **prices,
        )

    return make


@pytest.fixture
def bars() -> pd.DataFrame:
    """Ten hourly bars of BTC-USD from 2024-01-01, each from 100 to 101 with volume 10, 11 and so on."""
    times = pd.date_range("2024-01-01", periods=10, freq="h", tz="UTC", unit="us")
    volume = np.arange(10.0, 20.0)
    frame = pd.DataFrame({"timestamp": times, "asset": "BTC-USD", "open": 100.0, "high": 102.0, "low": 99.0})
    return frame.assign(close=101.0, volume=volume)


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write lines to a file in the test's folder and return its path."""

    def write(name: str, *lines: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return write


@pytest.fixture
def hours() -> Callable[..., list[str]]:
    """Make CSV lines `time,open,high,low,close,volume` of hourly bars from 2024-01-01; *change* replaces lines."""

    def make(count: int, change: dict[int, str] | None = None) -> list[str]:
        lines = [f"{1_704_067_200 + 3_600 * row},100,102,99,101,{10 + row}" for row in range(count)]
        for row, line in (change or {}).items():
            lines[row] = line
        return ["timestamp,open,high,low,close,volume", *lines]

    return make
