"""How often the verdict is right: whole pipelines with their defaults on markets without and with an edge.

    python benchmarks/verdict.py [--markets DIR] [--rows FILE] [--only sim,mirror,bull,bear,planted,random,variants]
                                 [--first-seed 1000] [--shorter 10] [--processes 2]

Every market is 26,000 hourly bars: features, walk-forward, backtest at 10 basis points a side, verdict. Markets:

- ``sim`` 60 simulated without an edge; ``mirror`` 60 made of real bars by a random sign on every log return, with
  high and low swapped (`--markets` names a folder of Parquet files with such bars, of 10,000 rows at least), with
  the target, costs and calendar that ``signals.py`` takes for them: 1 % is no move of a currency;
- ``bull`` 30 and ``bear`` 20 without an edge in a market that triples, or falls to a third, along the way;
- ``planted`` 30 each with an edge of .15, .10, .12 and .08;
- ``random`` the best of 100 random strategies, 50 times, judged as one of 100;
- ``variants`` the best of 8 variants of the pipeline on 40 markets without an edge, judged as one of 8.

Prints one JSON line of how many were called what; one line a market goes to `--rows` as it is done, and what stands
there is not measured again. A tenth of each by default; ``--shorter 1`` measures all, in about an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # one market a process: two threads on two processes only get in each other's way

import numpy as np
import pandas as pd
from signals import real_markets

from trady2.config import Config
from trady2.data.panel import Panel
from trady2.data.simulation import simulate_bars
from trady2.features import build
from trady2.guards.walk_evidence import WalkEvidence, walk_evidence
from trady2.learning.target import label_arrays
from trady2.learning.walk_forward import walk_forward

BARS = 26_000
COUNTS = {"sim": 60, "mirror": 60, "bull": 30, "bear": 20, "planted": 30, "random": 50, "variants": 40}
EDGES = (0.15, 0.10, 0.12, 0.08)
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"target": {"horizon_steps": 6, "return_threshold": 0.007}},
    {"target": {"horizon_steps": 24, "return_threshold": 0.015}},
    {"model": {"num_leaves": 15}},
    {"model": {"learning_rate": 0.05}},
    {"model": {"feature_fraction": 0.3}},
    {"backtest": {"fee_bps": 10.0, "hold_bars": 6}},
    {"backtest": {"fee_bps": 10.0, "hold_bars": 24}},
)


def configured(seed: int, variant: dict[str, Any]) -> Config:
    """Return the defaults with costs, or a variant of them."""
    given = {"target": {"horizon_steps": 12, "return_threshold": 0.01}, "backtest": {"fee_bps": 10.0}, **variant}
    return Config.read({"seed": seed, **given}, source="benchmark")


def trending(bars: pd.DataFrame, factor: float) -> pd.DataFrame:
    """Let the market move by *factor* along the way, smoothly."""
    path = np.exp(np.log(factor) * np.arange(len(bars) + 1) / len(bars))
    opened, closed = bars["open"] * path[:-1], bars["close"] * path[1:]
    high = np.maximum.reduce([bars["high"] * path[:-1], opened, closed])
    low = np.minimum.reduce([bars["low"] * path[:-1], opened, closed])
    return bars.assign(open=opened, high=high, low=low, close=closed)


def mirrored(bars: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give every log return a random sign, high and low swapped where it is turned: volatility and volume stay."""
    sign = np.random.default_rng(seed).choice([-1.0, 1.0], len(bars))
    logs = {name: np.log(bars[name].to_numpy(np.float64)) for name in ("open", "high", "low", "close")}
    before = np.append(logs["open"][0], logs["close"][:-1])
    opened, moved = sign * (logs["open"] - before), sign * (logs["close"] - before)
    up, down = logs["high"] - before, logs["low"] - before
    high, low = np.where(sign > 0, up, -down), np.where(sign > 0, down, -up)
    start = np.append(logs["open"][0], logs["open"][0] + np.cumsum(moved)[:-1])
    prices = {"open": opened, "high": high, "low": low, "close": moved}
    made = {name: np.exp(start + values) for name, values in prices.items()}
    made["high"] = np.maximum.reduce([made["high"], made["open"], made["close"]])
    made["low"] = np.minimum.reduce([made["low"], made["open"], made["close"]])
    return bars.assign(**made)


def market(kind: str, seed: int, edge: float, folder: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the bars of a market, and what its configuration has beside the defaults."""
    if kind == "mirror":
        known = list(real_markets(Path(str(folder))))
        _, bars, rules = known[seed % len(known)]
        return mirrored(bars.tail(BARS).reset_index(drop=True), seed), rules
    bars = simulate_bars(BARS, seed=seed, edge=edge)
    return (trending(bars, {"bull": 3.0, "bear": 1 / 3}[kind]) if kind in ("bull", "bear") else bars), {}


def walked(panel: Panel, config: Config) -> WalkEvidence:
    """Return the evidence of a pipeline on a market."""
    labels = label_arrays(panel, config.target)
    found = walk_forward(panel, labels, config)
    return walk_evidence(panel, labels, config, raw=found.raw, fold=found.fold, signal=found.signal)


def guessed(panel: Panel, config: Config, seed: int) -> WalkEvidence:
    """Return the evidence of a random strategy: smooth noise that knows nothing, a tenth of it traded."""
    noise = np.random.default_rng(seed).standard_normal(len(panel) + 23)
    score = np.convolve(noise, np.ones(24) / 24, "valid")
    inside = panel.decision_time >= panel.decision_time[int(0.3 * len(panel))]
    raw = np.where(inside, score, np.nan)
    signal = np.where(raw > np.nanquantile(raw, 0.9), 0.5, np.nan)
    labels, fold = label_arrays(panel, config.target), np.where(inside, 0, -1)
    return walk_evidence(panel, labels, config, raw=raw, fold=fold, signal=signal)


def best_of(found: list[WalkEvidence]) -> tuple[WalkEvidence, float]:
    """Return the one whose excess looks best, and the variance of the Sharpe ratios of all."""
    sharpes = np.array([each.excess.sharpe for each in found])
    return found[int(np.nanargmax(sharpes))], float(np.nanvar(sharpes, ddof=1))


def judged(job: tuple[str, int, float, str | None]) -> dict[str, Any]:
    """Judge one market."""
    kind, seed, edge, folder = job
    bars, rules = market(kind, seed, edge, folder)
    config = configured(seed, rules)
    count, variance = 1, float("nan")
    panel = Panel.from_frame(bars if kind == "random" else build(bars))
    if kind == "random":
        found, variance = best_of([guessed(panel, config, seed * 1000 + number) for number in range(100)])
        count = 100
    elif kind == "variants":
        found, variance = best_of([walked(panel, configured(seed, variant)) for variant in VARIANTS])
        count = len(VARIANTS)
    else:
        found = walked(panel, config)
    label = found.verdict(count, variance, audit_passed=True).label
    figures = {
        "direction_t": found.direction.t,
        "excess_t": found.timing.excess.t,
        "excess_low_67": found.timing.excess.low_67,
        "net": found.timing.net.value,
        "trades": found.n_trades,
        "dsr": found.deflated(count, variance),
    }
    return {"kind": kind, "seed": seed, "edge": edge, "label": label, **figures}


def jobs(arguments: argparse.Namespace) -> list[tuple[str, int, float, str | None]]:
    """Return what has to be measured."""
    wanted = arguments.only.split(",") if arguments.only else list(COUNTS)
    if not arguments.markets:
        wanted = [kind for kind in wanted if kind != "mirror"]
    listed: list[tuple[str, int, float, str | None]] = []
    for kind in wanted:
        seeds = range(arguments.first_seed, arguments.first_seed + max(1, COUNTS[kind] // arguments.shorter))
        for edge in EDGES if kind == "planted" else (0.0,):
            listed += [(kind, seed, edge, arguments.markets) for seed in seeds]
    return listed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markets", help="folder of Parquet files of real bars, for the mirrored ones")
    parser.add_argument("--rows", help="file of one JSON line a market")
    parser.add_argument("--only", help="kinds, separated by commas")
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--shorter", type=int, default=10)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    rows = Path(arguments.rows) if arguments.rows else None
    done = [json.loads(line) for line in rows.read_text().splitlines()] if rows and rows.exists() else []
    known = {(row["kind"], row["seed"], row["edge"]) for row in done}
    missing = [job for job in jobs(arguments) if job[:3] not in known]
    with ProcessPoolExecutor(arguments.processes) as pool:
        for future in as_completed([pool.submit(judged, job) for job in missing]):
            done.append(future.result())
            if rows:
                with rows.open("a") as opened:
                    opened.write(json.dumps(done[-1]) + "\n")
            print(f"{len(done)} of {len(known) + len(missing)}", file=sys.stderr, end="\r")
    groups: dict[str, Counter[str]] = {}
    for row in done:
        name = f"planted {row['edge']:.2f}" if row["kind"] == "planted" else row["kind"]
        groups.setdefault(name, Counter())[row["label"]] += 1
    print(json.dumps({"benchmark": "verdict", "bars": BARS, "called": groups}))


if __name__ == "__main__":
    main()
