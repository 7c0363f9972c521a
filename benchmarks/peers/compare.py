"""Trady2 beside vectorbt and backtesting.py: the same bars, the same rules, one run, one JSON line.

    make bench-peers

The peers run in .peers, an environment of their own. Each is timed twice where that differs: `plain` as their
users write it, and `careful` set up as near to Trady2's rules as it can be. `agreeing` counts the careful trades with
the entry bar, exit bar and price of a trade of Trady2's; the others are sorted by why they differ. Times are seconds,
the best of several repeats, without compilation; a ratio is the peer's best over Trady2's whole `run`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from backtest import random_frame

from trady2.backtest import EXIT_REASONS, Backtest, BacktestConfig, run

HERE = Path(__file__).parent
RULES = {"threshold": 0.9, "hold_bars": 12, "stop_loss": 0.02, "take_profit": 0.03, "fee_bps": 1.0}
UNITS = ("_seconds", "_cpu_seconds")
CASH = 1e15  # so much that fees never leave too little to buy with: vectorbt and backtesting.py then stop trading


def timed(bars: pd.DataFrame, probability: np.ndarray, repeats: int) -> tuple[Backtest, float, float]:
    """Return the result of a run and the best times, by the clock and of the processor."""
    config = BacktestConfig(**RULES, initial_cash=CASH)
    result = run(bars, probability, config)
    wall, processor = [], []
    for _ in range(repeats):
        start, busy = time.perf_counter(), time.process_time()
        result = run(bars, probability, config)
        processor.append(time.process_time() - busy)
        wall.append(time.perf_counter() - start)
    return result, min(wall), min(processor)


def beside(peer: str, n: int, repeats: int) -> dict[str, object]:
    """Run a peer and Trady2 on the same bars, Trady2 before and after it."""
    bars, probability = random_frame(n), np.random.default_rng(1).random(n)
    with tempfile.TemporaryDirectory() as folder:
        prices = {name: bars[name].to_numpy() for name in ("open", "high", "low", "close", "volume")}
        np.savez(Path(folder) / "bars.npz", **prices, probability=probability)
        (Path(folder) / "rules.json").write_text(json.dumps({**RULES, "cash": CASH, "repeats": repeats}))
        before = timed(bars, probability, 15)
        command = [".peers/bin/python", str(HERE / f"{peer}_peer.py"), folder]
        # Without the path of this environment, whose packages are others.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment["TQDM_DISABLE"] = "1"
        subprocess.run(command, check=True, stdout=sys.stderr, env=environment)
        result, *times = min(before, timed(bars, probability, 15), key=lambda each: each[1])
        told = json.loads((Path(folder) / "figures.json").read_text())
        with np.load(Path(folder) / "trades.npz") as trades:
            compared = compare(result, dict(trades))
    best, busy = (min(told[way + unit] for way in ("plain", "careful") if way + unit in told) for unit in UNITS)
    return {
        "bars": n,
        "trady2_seconds": times[0],
        "trady2_cpu_seconds": times[1],
        "trady2_trades": len(result.trades),
        **told,
        "ratio": best / times[0],
        "ratio_cpu": busy / times[1],
        **compared,
    }


def compare(result: Backtest, theirs: dict[str, np.ndarray]) -> dict[str, object]:
    """Return how many of a peer's trades are Trady2's, and why the others are not."""
    ours, causes = result.decisions.trades, Counter[str]()
    place = {entry: row for row, entry in enumerate(ours.entry_bar.tolist())}
    columns = (theirs["entry_bar"].tolist(), theirs["exit_bar"].tolist(), theirs["exit_price"].tolist())
    for entry, leave, price in zip(*columns, strict=True):
        row = place.get(entry)
        if row is None:
            causes["entered elsewhere, after an exit that differs"] += 1
            continue
        same_bar = leave == ours.exit_bar[row]
        if same_bar and abs(ours.exit_price[row] / price - 1) < 1e-9:
            causes["agreeing"] += 1
        elif same_bar and EXIT_REASONS[ours.reason[row]] == "time":
            causes["time exit due at the open, but they let the low or high of that bar come before it"] += 1
        elif ours.exit_bar[row] == entry:
            causes["stop or target on the entry bar, which they do not test"] += 1
        elif same_bar and ours.gap_fill[row]:
            causes["opened beyond a level, but they let the low or high come before the open"] += 1
        elif same_bar and ours.ambiguous[row]:
            causes["stop and target in one bar, and they take the other one"] += 1
        else:
            causes["other"] += 1
    return {"trades": len(columns[0]), "agreeing": causes.pop("agreeing", 0), "differing": dict(causes)}


def main() -> None:
    """Measure and print."""
    figures = {
        "benchmark": "peers",
        "vectorbt": beside("vectorbt", 1_000_000, 5),
        "backtesting": beside("backtesting", 100_000, 2),
        "cpus": os.cpu_count(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
