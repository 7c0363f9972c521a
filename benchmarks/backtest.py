"""How fast a backtest with stops is: prints one JSON line.

    python benchmarks/backtest.py [bars]

Times are the best of several repeats in seconds; memory is the peak above the data.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

REPEATS = 9
SECOND_PROCESS = """
import time
import numba, pandas, numpy as np
start = time.perf_counter()
from trady2.backtest import BacktestConfig, run
day = pandas.date_range("2024-01-01", periods=48, freq="h", tz="UTC", unit="us")
bars = pandas.DataFrame({"timestamp": day, "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": 1.0})
run(bars, np.ones(48), BacktestConfig(threshold=0.5, hold_bars=3, stop_loss=0.01))
print(time.perf_counter() - start)
"""


def best(work: Callable[[], object]) -> float:
    """Return the shortest time of several repeats."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def random_bars(n: int) -> dict[str, np.ndarray]:
    """Return *n* bars of a random walk with gaps and wicks, 0.5 % volatility a bar."""
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.005, n)))
    open_ = np.r_[100, close[:-1]] * np.exp(rng.normal(0, 0.0005, n))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.003, n)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.003, n)))
    return {"open": open_, "high": high, "low": low, "close": close, "volume": np.ones(n)}


def peak_mb() -> float:
    """Return the highest memory use of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def second_process_seconds() -> float:
    """Return how long import and first run take in a fresh process, numba and pandas already imported."""
    command = [sys.executable, "-c", SECOND_PROCESS]
    paths = [os.getcwd(), *filter(None, [os.environ.get("PYTHONPATH")])]  # noqa: PTH109 - the checkout one stands in
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    outputs = [subprocess.run(command, env=environment, check=True, capture_output=True, text=True) for _ in range(3)]
    return min(float(each.stdout) for each in outputs)


def main(n: int) -> None:
    """Measure and print."""
    import pandas as pd

    from trady2.backtest import BacktestConfig, run
    from trady2.backtest.kernel import mark, simulate

    prices = random_bars(n)
    probability = np.random.default_rng(1).random(n)
    clock = pd.date_range("1900-01-01", periods=n, freq="min", tz="UTC", unit="us")
    bars = pd.DataFrame({"timestamp": clock, **prices})
    config = BacktestConfig(threshold=0.9, hold_bars=12, stop_loss=0.02, take_profit=0.03, fee_bps=1.0)
    signal = probability > 0.9
    ohlc = [prices[name] for name in ("open", "high", "low", "close")]

    def trades() -> object:
        return simulate(*ohlc, signal, 12, 0.98, 1.03, -np.inf)

    found = trades()
    fills = found[:4]

    def equity() -> object:
        return mark(ohlc[3], *fills, 1.0001, 0.9999, 1.0, 10_000.0)

    equity()
    before = peak_mb()
    result = run(bars, probability, config)
    run_seconds = best(lambda: run(bars, probability, config))
    figures = {
        "benchmark": "backtest",
        "bars": n,
        "trades": len(result.trades),
        "kernel_trades_seconds": best(trades),
        "kernel_equity_seconds": best(equity),
        "run_seconds": run_seconds,
        "metrics_seconds": best(lambda: (result.__dict__.pop("metrics", None), result.metrics)),
        "run_peak_mb_above_data": peak_mb() - before,
        "second_process_seconds": second_process_seconds(),
        "cpus": os.cpu_count(),
        "numba": __import__("numba").__version__,
    }
    print(json.dumps({name: round(v, 5) if isinstance(v, float) else v for name, v in figures.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
