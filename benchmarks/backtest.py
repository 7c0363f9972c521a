"""How fast a backtest with stop and target is, and how much memory it takes: prints one JSON line.

    python benchmarks/backtest.py [quick]

Times are seconds, the best and the median of several repeats, by the clock and of the processor. `run_*` is the whole
of `trady2.backtest.run` on a frame: its checks, the trades and the equity. `trades_and_equity_*` begins where the
frame has become arrays. Metrics come when they are asked for and are timed apart. Memory is the peak above the data.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from trady2.backtest import BacktestConfig, run
from trady2.backtest.market import market_from_bars
from trady2.backtest.orders import account, decide

CONFIG = BacktestConfig(threshold=0.9, hold_bars=12, stop_loss=0.02, take_profit=0.03, fee_bps=1.0)
SECOND_PROCESS = """
import time
start = time.perf_counter()
import numpy as np, pandas as pd
from trady2.backtest import BacktestConfig, run
day = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC", unit="us")
bars = pd.DataFrame({"timestamp": day, "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": 1.0})
run(bars, np.ones(48), BacktestConfig(threshold=0.5, hold_bars=3, stop_loss=0.01))
print(time.perf_counter() - start)
"""


def measured(work: Callable[[], object], name: str, repeats: int) -> dict[str, float]:
    """Return best and median of the times of *work*, which is done once before."""
    work()
    wall, processor = [], []
    for _ in range(repeats):
        gc.collect()
        start, busy = time.perf_counter(), time.process_time()
        work()
        processor.append(time.process_time() - busy)
        wall.append(time.perf_counter() - start)
    times = {"seconds": wall, "cpu_seconds": processor}
    kinds = {"": min, "_median": statistics.median}
    return {f"{name}_{what}{kind}": pick(each) for what, each in times.items() for kind, pick in kinds.items()}


def random_bars(n: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return *n* bars of a random walk with gaps and wicks, 0.5 % volatility a bar."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.005, n)))
    open_ = np.r_[100, close[:-1]] * np.exp(rng.normal(0, 0.0005, n))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.003, n)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.003, n)))
    return {"open": open_, "high": high, "low": low, "close": close, "volume": np.ones(n)}


def random_frame(n: int, assets: int = 1) -> pd.DataFrame:
    """Return minute bars of one or several assets."""
    clock = pd.date_range("1900-01-01", periods=n, freq="min", tz="UTC", unit="us")
    parts = [pd.DataFrame({"timestamp": clock, **random_bars(n, asset)}) for asset in range(assets)]
    if assets == 1:
        return parts[0]
    names = pd.Series(np.repeat([f"A{asset:03d}-USDT" for asset in range(assets)], n), dtype="str")
    return pd.concat(parts, ignore_index=True).assign(asset=names)


def speed(bars: pd.DataFrame, name: str, repeats: int) -> dict[str, float]:
    """Measure the parts of a run, and all of it."""
    probability = np.random.default_rng(1).random(len(bars))
    market = market_from_bars(bars, "24/7")

    def parts() -> object:
        decisions = decide(market, probability, CONFIG)
        money = account(market, decisions.trades, "pessimistic", CONFIG, decisions.stakes)
        return market.on_clock(money.row_equity, before=1.0)

    result = run(bars, probability, CONFIG)
    return {
        f"{name}_bars": len(bars),
        f"{name}_trades": len(result.trades),
        **measured(lambda: run(bars, probability, CONFIG), f"{name}_run", repeats),
        **measured(parts, f"{name}_trades_and_equity", repeats),
    }


def memory(n: int) -> dict[str, float]:
    """Measure what a run of *n* bars takes beyond bars and probabilities; meant for a process of its own."""
    bars, probability = random_frame(n), np.random.default_rng(1).random(n)
    run(bars[:1000], probability[:1000], CONFIG)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    before = status_mb("VmRSS")
    start = time.perf_counter()
    result = run(bars, probability, CONFIG)
    seconds = time.perf_counter() - start
    assert len(result.equity) == n
    return {"memory_bars": n, "memory_run_seconds": seconds, "memory_peak_mb_above_data": status_mb("VmHWM") - before}


def status_mb(name: str) -> float:
    """Return a line of the process's status in megabytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":")) / 1024


def second_process() -> dict[str, float]:
    """Measure a fresh process: imports and a first run, and all of it from the start of the interpreter."""
    inside, outside = [], []
    for _ in range(5):
        start = time.perf_counter()
        output = subprocess.run([sys.executable, "-c", SECOND_PROCESS], check=True, capture_output=True, text=True)
        outside.append(time.perf_counter() - start)
        inside.append(float(output.stdout))
    return {"second_process_seconds": min(inside), "second_process_seconds_with_interpreter": min(outside)}


def main(quick: bool) -> None:
    """Measure and print."""
    small = 10 if quick else 1
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    one = random_frame(1_000_000 // small)
    result = run(one, np.random.default_rng(1).random(len(one)), CONFIG)
    child = [sys.executable, __file__, "memory", str(10_000_000 // small)]
    figures = {
        "benchmark": "backtest",
        **speed(one, "one_asset", 25),
        **measured(lambda: (result.__dict__.pop("metrics", None), result.metrics), "metrics", 5),
        **speed(random_frame(100_000 // small, 100), "hundred_assets", 9),
        **json.loads(subprocess.run(child, check=True, capture_output=True, text=True).stdout),
        **second_process(),
        "cpus": os.cpu_count(),
        "numba": __import__("numba").__version__,
    }
    print(json.dumps({name: round(v, 5) if isinstance(v, float) else v for name, v in figures.items()}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        print(json.dumps(memory(int(sys.argv[2]))))
    else:
        main("quick" in sys.argv[1:])
