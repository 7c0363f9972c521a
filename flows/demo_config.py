"""What the demo learns from: simulated bars where none are given, and a target that suits the bars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

from flows.console import Console
from trady2.data.bars import assets_in, read_bars
from trady2.data.calendar import missing_bars
from trady2.data.simulation import simulate_bars
from trady2.data.timeframe import modal_step, timeframe_name
from trady2.files import atomic_write

__all__ = ["simulated_files", "write_demo_config"]

_EDGE = 0.15
_N_BARS = 15_000
_HORIZON = 12
_UP_SHARE = 0.2
_N_FOLDS = 6  # half of the default: a demo is to end within a minute
_NICE = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0])


def simulated_files(folder: Path, console: Console) -> list[str]:
    """Simulate two markets with a planted edge and write them as CSV, so that the import is a real one."""
    folder.mkdir(parents=True, exist_ok=True)
    console.say(f"simulating two markets of {_N_BARS:,} bars with a planted edge of {_EDGE} (0 would be none)")
    files = []
    for seed, asset in enumerate(("SIM-ALFA", "SIM-BETA"), start=1):
        file = folder / f"{asset}.csv"
        simulate_bars(_N_BARS, seed=seed, edge=_EDGE, asset=asset).to_csv(file, index=False)
        files.append(str(file))
    return files


def write_demo_config(home: Path) -> Path:
    """Write ``ml.yaml`` with a threshold that about one window in five of the older half of the bars reaches.

    A fixed threshold would leave a calm market with one class only. Only the older half is looked at, because
    the newer bars judge the model.
    """
    folder = home / "bars"
    asset = assets_in(folder)[0]
    bars = read_bars(folder, asset)
    times = bars["timestamp"].to_numpy("datetime64[us]")
    older = bars["close"].to_numpy()[: len(bars) // 2]
    step = modal_step(times)
    moves = older[_HORIZON:] / older[:-_HORIZON] - 1
    calendar = "24/7" if int(missing_bars(times, step, "24/7").sum()) < 0.1 * len(bars) else "sessions"
    config = {
        "name": "trady2",
        "bars": {"timeframe": timeframe_name(step), "calendar": calendar},
        "data": {"bars": str(folder), "vectors": str(home / "vectors")},
        "target": {"horizon_steps": _HORIZON, "return_threshold": _nice(float(np.quantile(moves, 1 - _UP_SHARE)))},
        "walk_forward": {"n_folds": _N_FOLDS},
        "backtest": {"fee_bps": 10.0, "slippage_bps": 2.0},
    }
    file = home / "ml.yaml"
    atomic_write(file, yaml.safe_dump(config, sort_keys=False).encode())
    return file


def _nice(value: float) -> float:
    """Round to one of a few leading digits, so that the number reads like one a person would choose."""
    scale = 10.0 ** np.floor(np.log10(max(value, 1e-6)))
    return float(f"{_NICE[np.abs(_NICE * scale - value).argmin()] * scale:.2g}")
