"""What figures and robustness cost: prints one JSON line.

    python benchmarks/robustness.py

Seconds of processor time, the least of several repeats: the figures of 1,000,000 bars, and the whole block of
robustness of 30,000 bars with everything at its default.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import numpy as np

REPEATS = 5


def least(prepare: Callable[[], object], work: Callable[[object], object]) -> float:
    """Return the least processor time of *work* on what *prepare* returns."""
    times = []
    for _ in range(REPEATS):
        given = prepare()
        start = time.process_time()
        work(given)
        times.append(time.process_time() - start)
    return round(min(times), 4)


def main() -> None:
    """Measure and print."""
    import pandas as pd

    from trady2.backtest import BacktestConfig, run
    from trady2.backtest.market import market_from_bars
    from trady2.backtest.robustness import robustness

    config = BacktestConfig(
        threshold=0.9, hold_bars=12, stop_loss=0.02, take_profit=0.02, fee_bps=5.0, slippage_bps=2.0
    )
    rng = np.random.default_rng(0)

    def simulated(n: int) -> tuple[pd.DataFrame, np.ndarray]:
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.005, n)))
        prices = {"open": np.append(100.0, close[:-1]), "close": close}
        prices["high"] = np.maximum(*prices.values()) * np.exp(np.abs(rng.normal(0, 0.002, n)))
        prices["low"] = np.minimum(prices["open"], close) * np.exp(-np.abs(rng.normal(0, 0.002, n)))
        clock = pd.date_range("1950-01-01", periods=n, freq="h", tz="UTC", unit="us")
        return pd.DataFrame({"timestamp": clock, **prices, "volume": 1.0}), rng.random(n)

    many, chances = simulated(1_000_000)
    figures = least(lambda: run(many, chances, config), lambda done: done.metrics)
    few, probability = simulated(30_000)
    market = market_from_bars(few, config.calendar)

    def fresh() -> object:
        done = run(few, probability, config)
        assert done.metrics
        return done

    block = least(
        fresh, lambda done: robustness(market, probability, done, lambda other, rules: run(few, other, rules))
    )
    print(json.dumps({"benchmark": "robustness", "metrics_1m_bars_cpu_s": figures, "robustness_30k_bars_cpu_s": block}))


if __name__ == "__main__":
    main()
