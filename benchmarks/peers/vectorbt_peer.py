"""vectorbt on the bars of compare.py; runs in .peers and writes trades and times beside the bars."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import vectorbt as vbt
from numba import njit


@njit
def signals(context, wanted, hold, entered):
    """Enter at the open after a signal while flat, and leave after *hold* bars, counted from the own entry."""
    if context.position_now == 0:
        if context.i > 0 and wanted[context.i - 1]:
            entered[context.col] = context.i
            return True, False, False, False
    elif context.i == entered[context.col] + hold:
        return False, True, False, False
    return False, False, False, False


def best(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the best times, by the clock and of the processor."""
    work()
    times = []
    for _ in range(repeats):
        start, busy = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - start, time.process_time() - busy))
    return min(each[0] for each in times), min(each[1] for each in times)


def main(folder: Path) -> None:
    """Time the plain and the careful way, and write down the careful trades."""
    with np.load(folder / "bars.npz") as stored:
        bars = pd.DataFrame(dict(stored))
    rules = json.loads((folder / "rules.json").read_text())
    bars.index = pd.date_range("1900-01-01", periods=len(bars), freq="min", tz="UTC", unit="us")
    wanted, hold = bars["probability"].to_numpy() > rules["threshold"], rules["hold_bars"]
    entries = np.append(False, wanted[:-1])
    exits = np.append(np.zeros(hold, bool), entries[:-hold])
    common = {
        "close": bars["close"],
        "open": bars["open"],
        "high": bars["high"],
        "low": bars["low"],
        "price": bars["open"],
        "sl_stop": rules["stop_loss"],
        "tp_stop": rules["take_profit"],
        "fees": rules["fee_bps"] / 10_000,
        "init_cash": rules["cash"],
        "freq": "1min",
    }

    def plain() -> vbt.Portfolio:
        return vbt.Portfolio.from_signals(entries=entries, exits=exits, **common)

    def careful() -> vbt.Portfolio:
        return vbt.Portfolio.from_signals(
            signal_func_nb=signals,
            signal_args=(wanted, hold, np.full(1, -1)),
            stop_entry_price="price",
            stop_exit_price="stopmarket",
            **common,
        )

    figures: dict[str, object] = {"version": vbt.__version__}
    for name, way in (("plain", plain), ("careful", careful)):
        figures[f"{name}_seconds"], figures[f"{name}_cpu_seconds"] = best(way, rules["repeats"])
    # Trades and equity are worked out when they are asked for: compiled by the first portfolio, timed on the second.
    for portfolio in (careful(), careful()):
        start = time.perf_counter()
        records, _ = portfolio.trades.records, portfolio.value()
        figures["records_and_value_seconds"] = time.perf_counter() - start
    columns = {"entry_bar": "entry_idx", "exit_bar": "exit_idx", "exit_price": "exit_price"}
    np.savez(folder / "trades.npz", **{ours: records[theirs].to_numpy() for ours, theirs in columns.items()})
    (folder / "figures.json").write_text(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
