"""Training from Parquet to scorecard against the same two ``lightgbm.train`` alone plus the bare Parquet read.

    python benchmarks/train.py [--rows 1000000] [--features 60] [--rounds 300] [--edge 0.1] [--repeats 2]

Both sides run in fresh processes on the same files, in turn, and the faster run of each counts; clocks start after the
imports. OpenMP's threads wait passively on both sides, so that a machine with other work does not decide between them.
Prints one JSON line: seconds of both sides, their ratio (at most 1.25), the seconds of each stage, and the peak memory
of the training (at most 2 x the float32 matrix + 500 MB). A busy machine disturbs two more ratios less: that of the
processor time, and that to the time which LightGBM took inside the training itself.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RATIO_LIMIT = 1.25
ASSET = "SIM-USD"


def main() -> int:
    """Measure one side if told so, else make the data, start both sides and print the comparison."""
    arguments = parsed()
    if arguments.side:
        measured = {"pipeline": pipeline, "bare": bare}[arguments.side](arguments)
        measured["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(json.dumps(measured))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), arguments)
        runs = [(side, started(side, folder)) for _ in range(arguments.repeats) for side in ("bare", "pipeline")]
    print(json.dumps(compared(runs, arguments)))
    return 0


def started(side: str, folder: str) -> dict:
    """Measure one side in a fresh process."""
    command = [sys.executable, __file__, *sys.argv[1:], "--folder", folder, "--side", side]
    waiting = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=waiting)
    return json.loads(done.stdout)


def parsed() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--edge", type=float, default=0.1)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--folder")
    parser.add_argument("--side", choices=("pipeline", "bare"))
    return parser.parse_args()


def compared(runs: list[tuple[str, dict]], arguments: argparse.Namespace) -> dict:
    """Return the figures of the fastest run of both sides and whether they keep the limits."""
    pipeline, bare = (min((run for side, run in runs if side == name), key=total) for name in ("pipeline", "bare"))
    peak_mb = max(run["peak_mb"] for side, run in runs if side == "pipeline")
    memory_limit = 2 * arguments.rows * arguments.features * 4 / 1e6 + 500
    alone, ratio = total(bare), total(pipeline) / total(bare)
    own = bare["read_seconds"] + pipeline["stages"]["bin the features"] + pipeline["stages"]["grow trees"]
    return {
        "benchmark": "train",
        "rows": arguments.rows,
        "features": arguments.features,
        "trees": pipeline["trees"],
        "down_trees": pipeline["down_trees"],
        "rounds": pipeline["rounds"],
        "seconds": round(pipeline["seconds"], 2),
        "lightgbm_and_read_seconds": round(alone, 2),
        "ratio": round(ratio, 3),
        "ratio_limit": RATIO_LIMIT,
        "ratio_in_process": round(total(pipeline) / own, 3),
        "cpu_ratio": round(pipeline["cpu_seconds"] / bare["cpu_seconds"], 3),
        "peak_mb": round(peak_mb),
        "peak_limit_mb": round(memory_limit),
        "stages": {name: round(seconds, 2) for name, seconds in pipeline["stages"].items()},
        "bare": {name: round(value, 2) for name, value in bare.items()},
        "passed": ratio <= RATIO_LIMIT and peak_mb <= memory_limit,
    }


def total(run: dict) -> float:
    """Return the seconds of a run."""
    return run["seconds"] if "seconds" in run else run["read_seconds"] + run["train_seconds"]


def write(folder: Path, arguments: argparse.Namespace) -> None:
    """Write bars with a hidden signal and features that know a little of it, year by year."""
    import pandas as pd

    from trady2.data.vectors import write_vectors

    generator = np.random.default_rng(0)
    rows, width = arguments.rows, arguments.features
    volatility = 0.005 * np.exp(0.3 * np.sin(np.arange(rows) / 500))
    noise = generator.standard_normal(rows)
    close = 100 * np.exp(np.cumsum(volatility * noise) * np.exp(-np.arange(rows) / rows))
    opened = np.append(100.0, close[:-1])
    ahead = np.append(np.convolve(noise, np.ones(12) / np.sqrt(12), "valid")[1:], np.zeros(12))[:rows]
    matrix = generator.standard_normal((rows, width)).astype(np.float32)
    matrix[:, :10] += (arguments.edge * ahead[:, None]).astype(np.float32)
    matrix[:, 10] = volatility
    matrix[:200] = np.nan
    start = pd.Timestamp("1900-01-01", tz="UTC")
    head = pd.DataFrame(
        {
            "timestamp": start + pd.to_timedelta(np.arange(rows), unit="h"),
            "asset": ASSET,
            "open": opened,
            "high": np.maximum(opened, close) * 1.001,
            "low": np.minimum(opened, close) * 0.999,
            "close": close,
            "volume": 1.0,
        }
    )
    features = pd.DataFrame(matrix, columns=[f"feature_{number:02d}" for number in range(width)])
    frame = pd.concat([head, features], axis=1)
    for number, begin in enumerate(range(0, rows, 50_000)):
        part = frame.iloc[begin : begin + 50_000].reset_index(drop=True)
        write_vectors(folder, ASSET, f"{number:04d}", part)


def config_of(arguments: argparse.Namespace) -> object:
    """Return the default configuration with the rounds that were asked for."""
    from trady2.config import Config

    return Config(
        target={"horizon_steps": 12, "return_threshold": 0.01},
        model={"max_rounds": arguments.rounds},
        backtest={"fee_bps": 10.0, "slippage_bps": 2.0, "hold_bars": 12},
    )


def pipeline(arguments: argparse.Namespace) -> dict:
    """Read the panel and learn, with the seconds of every stage."""
    from trady2.data.vectors import read_panel
    from trady2.learning.learn import learn

    config, marks = config_of(arguments), []

    def note(text: str, _done: float) -> None:
        stage = "grow trees" if text.startswith("tree") else text
        if not marks or marks[-1][0] != stage:
            marks.append((stage, time.perf_counter()))

    begin, cpu = time.perf_counter(), time.process_time()
    panel = read_panel(arguments.folder, [ASSET])
    read = time.perf_counter()
    learned = learn(panel, config, progress=note)
    end = time.perf_counter()
    stages = {"read": read - begin}
    for (name, at), (_, then) in zip(marks, [*marks[1:], ("", end)], strict=True):
        stages[name] = then - at
    return {
        "seconds": end - begin,
        "cpu_seconds": time.process_time() - cpu,
        "stages": stages,
        "trees": learned.fit.up.best_iteration,
        "down_trees": learned.fit.down.best_iteration,
        "rounds": len(learned.fit.up.history) + len(learned.fit.down.history),
    }


def bare(arguments: argparse.Namespace) -> dict:
    """Read the Parquet files with pyarrow alone; train LightGBM alone on ready arrays of the same rows, binned once."""
    import lightgbm
    import pyarrow.parquet

    from trady2.data.vectors import read_panel
    from trady2.learning.fit import parameters_of
    from trady2.learning.split import cut_zones
    from trady2.learning.target import label_arrays

    begin, cpu = time.perf_counter(), time.process_time()
    for file in sorted(Path(arguments.folder).rglob("*.parquet")):
        pyarrow.parquet.read_table(file)
    read_seconds, read_cpu = time.perf_counter() - begin, time.process_time() - cpu

    config, panel = config_of(arguments), read_panel(arguments.folder, [ASSET])
    labels = label_arrays(panel, config.target)
    zones = cut_zones(panel, labels, config.split, hold_bars=config.backtest.hold_bars)
    ready = [panel.features[zones.rows[name]] for name in ("train", "stop")]
    targets = [[head.label[zones.rows[name]] for name in ("train", "stop")] for head in (labels, labels.mirrored())]
    parameters = parameters_of(config.model, config.seed)

    begin, cpu = time.perf_counter(), time.process_time()
    train = lightgbm.Dataset(ready[0], params=parameters)
    stop = lightgbm.Dataset(ready[1], params=parameters, reference=train)
    boosters = []
    for target in targets:
        train.set_label(target[0])
        stop.set_label(target[1])
        callbacks = [lightgbm.early_stopping(config.model.early_stopping_rounds, verbose=False)]
        trained = lightgbm.train(parameters, train, config.model.max_rounds, valid_sets=[stop], callbacks=callbacks)
        boosters.append(trained)
    train_seconds = time.perf_counter() - begin
    return {
        "read_seconds": read_seconds,
        "train_seconds": train_seconds,
        "cpu_seconds": read_cpu + time.process_time() - cpu,
        "trees": sum(booster.best_iteration for booster in boosters),
    }


if __name__ == "__main__":
    sys.exit(main())
