"""The two signals on the same markets: the expected return (rises against falls) and the probability of a rise.

    python benchmarks/signals.py [--edges 0 0.08 0.10 0.15] [--markets 8] [--bars 26000] [--seed 5000] [--data FOLDER]

Simulated markets without and with a planted edge, and the real bars in ``FOLDER/bars`` (by default $TRADY2_SHARED_DATA,
or shared/data beside the checkout; left out where there are none). Each market is predicted by a walk-forward with the
defaults, once by each signal: target 1 % within 12 bars, on real bars the move that one window in five of the first
30 % reached; 10 basis points a side, 1 where the market keeps sessions. Prints one JSON line: for each edge and signal
the means over the markets of direction skill, its t, the t of the timing excess and the net Sharpe ratio, how many a
verdict would call an edge if no leak was found, and the mean differences of the signals with their standard errors; for
each real market the same figures.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SIGNALS = ("expected_return", "probability")
HORIZON = 12
FIGURES = ("direction_skill", "direction_t", "timing_t", "sharpe_ratio", "trades")
YEAR_BARS = 365.25 * 24


def main() -> int:
    """Measure every market by both signals and print the comparison."""
    arguments = parsed()
    begin = time.process_time()
    simulated = {f"{edge:g}": compared(simulated_markets(edge, arguments)) for edge in arguments.edges}
    folder = Path(arguments.data) / "bars"
    real = {name: measured(bars, rules) for name, bars, rules in real_markets(folder)} if folder.is_dir() else None
    result = {
        "benchmark": "signals",
        "bars": arguments.bars,
        "simulated": simulated,
        "real": real,
        "cpu_seconds": round(time.process_time() - begin),
    }
    print(json.dumps(result))
    return 0


def parsed() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=float, nargs="*", default=[0.0, 0.08, 0.10, 0.15])
    parser.add_argument("--markets", type=int, default=8)
    parser.add_argument("--bars", type=int, default=26_000)
    parser.add_argument("--seed", type=int, default=5_000)
    parser.add_argument("--data", default=os.environ.get("TRADY2_SHARED_DATA") or str(ROOT / "shared" / "data"))
    return parser.parse_args()


def simulated_markets(edge: float, arguments: argparse.Namespace) -> Iterator[tuple]:
    """Yield bars and rules of markets that differ by their seed."""
    from trady2.data.simulation import simulate_bars

    rules = {"target": {"horizon_steps": HORIZON, "return_threshold": 0.01}, "backtest": {"fee_bps": 10.0}}
    for number in range(arguments.markets):
        seed = arguments.seed + number
        yield simulate_bars(arguments.bars, seed=seed, edge=edge), {**rules, "seed": seed}


def real_markets(folder: Path) -> Iterator[tuple]:
    """Yield name, bars and rules of each real market."""
    import pandas as pd

    from trady2.data.calendar import missing_bars

    for file in sorted(folder.glob("*.parquet")):
        bars = pd.read_parquet(file)
        times, close = bars["timestamp"].to_numpy("datetime64[us]"), bars["close"].to_numpy()
        sessions = int(missing_bars(times, np.timedelta64(1, "h"), "24/7").sum()) > 0.1 * len(bars)
        older = close[: int(0.3 * len(close))]
        move = round(float(np.quantile(older[HORIZON:] / older[:-HORIZON] - 1, 0.8)), 4)
        rules = {
            "bars": {"calendar": "sessions" if sessions else "24/7"},
            "target": {"horizon_steps": HORIZON, "return_threshold": move},
            "backtest": {"fee_bps": 1.0 if sessions else 10.0},
        }
        yield file.stem, bars, rules


def measured(bars: object, rules: dict) -> dict:
    """Return the target's threshold and the figures of both signals on one market."""
    from trady2.data.panel import Panel
    from trady2.features import build

    panel = Panel.from_frame(build(bars))
    figures = {signal: judged(panel, rules, signal) for signal in SIGNALS}
    return {"return_threshold": rules["target"]["return_threshold"], **figures}


def judged(panel: object, rules: dict, signal: str) -> dict:
    """Return what one signal was worth along history."""
    from trady2.config import Config
    from trady2.guards.walk_evidence import walk_evidence
    from trady2.learning.target import label_arrays
    from trady2.learning.walk_forward import walk_forward
    from trady2.stats import sharpe_ratio

    config, cpu = Config(**rules, model={"signal": signal}), time.process_time()
    labels = label_arrays(panel, config.target)
    told = walk_forward(panel, labels, config)
    cpu = time.process_time() - cpu
    found = walk_evidence(panel, labels, config, raw=told.raw, fold=told.fold, signal=told.signal)
    skill, earned = found.direction, found.timing
    return {
        "direction_skill": round(skill.value, 4),
        "direction_t": round(skill.t, 2),
        "timing_t": round(earned.excess.t, 2),
        "sharpe_ratio": round(float(np.nan_to_num(sharpe_ratio(earned.returns, YEAR_BARS))), 2),
        "trades": found.n_trades,
        "label": found.verdict(audit_passed=True).label,
        "walk_forward_cpu_seconds": round(cpu, 1),
    }


def compared(markets: Iterator[tuple]) -> dict:
    """Return the means of both signals over *markets*, and those of their differences."""
    found = [measured(bars, rules) for bars, rules in markets]
    told = {signal: means([market[signal] for market in found]) for signal in SIGNALS}
    first, second = ([market[signal] for market in found] for signal in SIGNALS)
    differences = {}
    for name in ("direction_t", "timing_t", "sharpe_ratio"):
        each = np.array([one[name] - other[name] for one, other in zip(first, second, strict=True)])
        error = float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else float("nan")
        differences[name] = {"mean": round(float(each.mean()), 2), "standard_error": round(error, 2)}
    return {"markets": len(found), **told, "expected_return_less_probability": differences}


def means(rows: list[dict]) -> dict:
    """Return the mean of each figure, and how often each label was given."""
    told = {name: round(float(np.mean([row[name] for row in rows])), 4) for name in FIGURES}
    labels = [row["label"] for row in rows]
    counts = {label.replace(" ", "_"): labels.count(label) for label in ("edge", "unproven", "no edge")}
    seconds = [row["walk_forward_cpu_seconds"] for row in rows]
    return {**told, **counts, "walk_forward_cpu_seconds": round(float(np.median(seconds)), 1)}


if __name__ == "__main__":
    sys.exit(main())
