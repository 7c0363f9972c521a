"""How long the default features take, for hourly and for minute bars: a million at once, and one new bar on disk.

Run ``python benchmarks/features.py [--bars N] [--timeframes 1h 1m]``; prints one JSON line. Each timeframe is measured
in a process of its own. The bars are in memory before the clock of the first part starts, and compiled code is loaded;
the peak is that of the process from then on, the bars included. A new bar is stored (``write_…``) before the clock of
the features (``one_bar_…``) starts; processor time tells what a busy machine hides in the wall time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from trady2.data.bars import write_bars
from trady2.data.importing import BarsImport
from trady2.features import build, feature_names, update

ASSET = "BENCH-USD"
NEW_BARS = 60


def make_bars(n_bars: int, timeframe: str) -> pd.DataFrame:
    """Return a random walk with wicks and volume."""
    rng = np.random.default_rng(0)
    close = 30_000 * np.exp(np.cumsum(rng.standard_normal(n_bars) * 1e-3))
    open_ = np.r_[close[:1], close[:-1]]
    spread = 1 + 5e-4 * np.abs(rng.standard_normal((2, n_bars)))
    freq = timeframe.replace("m", "min")
    return pd.DataFrame(
        {
            "timestamp": pd.date_range("1971-01-01", periods=n_bars, freq=freq, tz="UTC", unit="us"),
            "asset": ASSET,
            "open": open_,
            "high": np.maximum(open_, close) * spread[0],
            "low": np.minimum(open_, close) / spread[1],
            "close": close,
            "volume": rng.lognormal(size=n_bars),
        }
    )


def peak_mb() -> float:
    """Return the highest memory in use since `reset_peak`, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def reset_peak() -> None:
    """Forget the highest memory in use so far."""
    Path("/proc/self/clear_refs").write_text("5")


def build_all(bars: pd.DataFrame) -> dict[str, float]:
    """Measure a full build: the best of three, and processor seconds beside it."""
    build(bars[:5_000])
    reset_peak()
    before = peak_mb()
    wall, processor = [], []
    for _ in range(3):
        used, began = time.process_time(), time.perf_counter()
        build(bars)
        wall.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    return {
        "build_seconds": round(min(wall), 3),
        "build_processor_seconds": round(min(processor), 3),
        "build_peak_mb": round(peak_mb()),
        "memory_before_mb": round(before),
    }


def add_one_by_one(bars: pd.DataFrame, timeframe: str) -> dict[str, float]:
    """Measure updates that find one new bar each, in a store that holds all the others."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)

        def store(rows: pd.DataFrame) -> None:
            report = {"asset": ASSET, "timeframe": timeframe}
            write_bars(place / "bars", BarsImport(rows.reset_index(drop=True), rows[:0], report, None))

        store(bars[:-NEW_BARS])
        first = update(place / "bars", place / "vectors", ASSET)
        time.sleep(2.5)  # until the files have been at rest for long enough to be trusted
        update(place / "bars", place / "vectors", ASSET)
        wall, processor, write = [], [], []
        for row in range(len(bars) - NEW_BARS, len(bars)):
            began = time.perf_counter()
            store(bars[row : row + 1])
            write.append(time.perf_counter() - began)
            used = time.process_time()
            report = update(place / "bars", place / "vectors", ASSET)
            assert (report.rows_added, report.blocks_written) == (1, 1)
            wall.append(report.seconds)
            processor.append(time.process_time() - used)
    return {
        "first_update_seconds": round(first.seconds, 3),
        "one_bar_ms": round(median(wall) * 1e3, 2),
        "one_bar_best_ms": round(min(wall) * 1e3, 2),
        "one_bar_processor_ms": round(median(processor) * 1e3, 2),
        "one_bar_best_processor_ms": round(min(processor) * 1e3, 2),
        "write_one_bar_ms": round(median(write) * 1e3, 2),
        "write_one_bar_best_ms": round(min(write) * 1e3, 2),
    }


def measure(n_bars: int, timeframe: str) -> dict[str, float]:
    """Measure all of one timeframe in this process."""
    bars = make_bars(n_bars, timeframe)
    return build_all(bars) | add_one_by_one(bars, timeframe)


def measured_apart(n_bars: int, timeframe: str) -> dict[str, float]:
    """Measure one timeframe in a process of its own, so that its peak of memory is its own."""
    command = [sys.executable, __file__, "--bars", str(n_bars), "--only", timeframe]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--timeframes", nargs="+", default=["1h", "1m"])
    parser.add_argument("--only", help="measure this timeframe in this very process, and print nothing else")
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps(measure(chosen.bars, chosen.only)))
        return
    facts = {"benchmark": "features", "bars": chosen.bars, "features": len(feature_names())}
    print(json.dumps(facts | {timeframe: measured_apart(chosen.bars, timeframe) for timeframe in chosen.timeframes}))


if __name__ == "__main__":
    main()
