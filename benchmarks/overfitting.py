"""What the statistics of overfitting cost; prints one JSON line, the fastest of three runs, wall and CPU seconds."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable

import numpy as np

from trady2.guards import measure_overfitting
from trady2.stats import effective_trials, probability_of_backtest_overfitting, superior_predictive_ability


def fastest(work: Callable[[], object]) -> dict[str, float]:
    """Return the least wall and CPU seconds of three runs."""
    runs = []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        runs.append((time.perf_counter() - wall, time.process_time() - cpu))
    return {"seconds": round(min(run[0] for run in runs), 2), "cpu_seconds": round(min(run[1] for run in runs), 2)}


def main() -> None:
    """Time each statistic on worthless strategies."""
    generator = np.random.default_rng(0)
    many, long = generator.standard_normal((2000, 1000)), generator.standard_normal((20_000, 100))
    names = [str(number) for number in range(1000)]
    figures = {
        "benchmark": "overfitting",
        "pbo_16_blocks_1000_trials_2000_periods": fastest(lambda: probability_of_backtest_overfitting(many, 16)),
        "effective_trials_1000_of_2000_periods": fastest(lambda: effective_trials(many)),
        "spa_1000_replicates_100_trials_20000_periods": fastest(
            lambda: superior_predictive_ability(long, block_length=48)
        ),
        "all_1000_trials_2000_periods": fastest(
            lambda: measure_overfitting(many, names, "0", periods_per_year=365, block_length=5, market=many[:, 0])
        ),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
