"""How fast a grid of configurations is swept: prints one JSON line.

    python benchmarks/sweep.py [bars] [threads]

1,000 configurations of threshold, hold, stop and target, of which no two share their trades: the hardest case; and
1,000 of which ten each differ in costs alone. Wall clock and CPU in seconds, the best of several repeats after
compilation; memory is the peak of the process, in which the bars lie too, and what of it the sweep added.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from backtest import random_bars

REPEATS = 5
GRIDS: dict[str, dict[str, Any]] = {
    "own_trades": {
        "threshold": np.linspace(0.5, 0.95, 10),
        "hold_bars": [6, 12, 24, 48, 96],
        "stop_loss": [0.01, 0.02, 0.03, 0.04],
        "take_profit": [0.01, 0.02, 0.04, 0.06, 0.08],
        "fee_bps": 2.0,
    },
    "shared_trades": {
        "threshold": np.linspace(0.5, 0.95, 10),
        "hold_bars": [6, 12, 24, 48, 96],
        "stop_loss": [0.01, 0.02],
        "fee_bps": np.arange(10.0),
    },
}


def peak_mb() -> float:
    """Return the highest memory use of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(bars: Any, probability: np.ndarray, grid: Mapping[str, Any], threads: int) -> dict[str, Any]:
    """Return the shortest wall clock of several repeats and the CPU it took."""
    from trady2.backtest import sweep

    times = []
    for _ in range(REPEATS):
        start = time.perf_counter(), time.process_time()
        result = sweep(bars, probability, grid, threads=threads)
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall, cpu = min(times)
    return {"configurations": len(result.table), "seconds": round(wall, 3), "cpu_seconds": round(cpu, 3)}


def main(n: int, threads: int) -> None:
    """Measure and print."""
    import pandas as pd

    from trady2.backtest import sweep

    clock = pd.date_range("2000-01-01", periods=n, freq="h", tz="UTC", unit="us")
    bars = pd.DataFrame({"timestamp": clock, **random_bars(n)})
    probability = np.random.default_rng(1).random(n)
    sweep(bars[:100], probability[:100], {"threshold": 0.5, "hold_bars": 3})
    before = peak_mb()
    figures = {name: measured(bars, probability, grid, threads) for name, grid in GRIDS.items()}
    memory = {"peak_mb": round(peak_mb()), "peak_mb_added": round(peak_mb() - before)}
    facts = {"benchmark": "sweep", "bars": n, "threads": threads, "cpus": os.cpu_count()}
    print(json.dumps({**facts, **figures, **memory}))


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    main(words[0] if words else 100_000, words[1] if len(words) > 1 else len(os.sched_getaffinity(0)))
