"""backtesting.py on the bars of compare.py; runs in .peers and writes trades and times beside the bars."""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import backtesting
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

warnings.filterwarnings("ignore")


def main(folder: Path) -> None:
    """Time the careful way, and write down its trades."""
    with np.load(folder / "bars.npz") as stored:
        bars = pd.DataFrame(dict(stored))
    rules = json.loads((folder / "rules.json").read_text())
    wanted = bars.pop("probability").to_numpy() > rules["threshold"]
    bars.columns = [name.capitalize() for name in bars.columns]
    bars.index = pd.date_range("1900-01-01", periods=len(bars), freq="min")

    class Careful(Strategy):
        """Levels hang on the price that was paid, so they are set when the trade is there, one bar after its entry."""

        def init(self) -> None:
            """Need no indicators."""

        def next(self) -> None:
            """Look at the bar that has just closed."""
            now = len(self.data) - 1
            for trade in self.trades:
                if now == trade.entry_bar:
                    trade.sl = trade.entry_price * (1 - rules["stop_loss"])
                    trade.tp = trade.entry_price * (1 + rules["take_profit"])
                if now == trade.entry_bar + rules["hold_bars"] - 1:
                    trade.close()
            if not self.position and wanted[now]:
                self.buy()

    times = []
    for _ in range(rules["repeats"]):
        test = Backtest(bars, Careful, cash=rules["cash"], commission=rules["fee_bps"] / 10_000, finalize_trades=True)
        start, busy = time.perf_counter(), time.process_time()
        trades = test.run()["_trades"]
        times.append((time.perf_counter() - start, time.process_time() - busy))
    figures = {
        "version": backtesting.__version__,
        "careful_seconds": min(each[0] for each in times),
        "careful_cpu_seconds": min(each[1] for each in times),
    }
    columns = {"entry_bar": "EntryBar", "exit_bar": "ExitBar", "exit_price": "ExitPrice"}
    np.savez(folder / "trades.npz", **{ours: trades[theirs].to_numpy() for ours, theirs in columns.items()})
    (folder / "figures.json").write_text(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
