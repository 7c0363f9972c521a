"""One row in process: a head's raw score, the model's whole prediction, and the ways that LightGBM offers itself.

200 trees, 31 leaves, 50 features, one thread. Medians over 4,000 calls, each timed alone, of the best of three
rounds, which the machine's other load touched least. `different_rows` counts rows whose bits are not those of
`Booster.predict`. Prints one JSON line.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import lightgbm
import numpy as np
import pandas as pd
from serving.big_model import NAMES, big_model, labels_of, matrix_of

from trady2.learning.row_prediction import predict_row

CALLS, ROUNDS, WRAPPER_CALLS = 4_000, 3, 200


def micros(call: Callable[[np.ndarray], object], rows: np.ndarray, *, clock: Callable[[], int]) -> float:
    """Return the median microseconds of one call, of the best round."""
    medians = []
    for _ in range(ROUNDS):
        taken = []
        for row in rows:
            begin = clock()
            call(row)
            taken.append(clock() - begin)
        medians.append(float(np.median(taken)) / 1_000)
    return round(min(medians), 2)


def main() -> None:
    """Measure and print."""
    model, rows = big_model(), matrix_of(CALLS, 9)
    boosters = [lightgbm.Booster(model_str=head.text) for head in model.heads]
    expected = [booster.predict(rows, raw_score=True) for booster in boosters]
    singles = [head.single_row for head in model.heads]
    different = sum(
        int(np.sum(np.array([single(row) for row in rows]) != wanted))
        for single, wanted in zip(singles, expected, strict=True)
    )
    training = pd.DataFrame(matrix_of(20_000, 1), columns=list(NAMES))
    wrapper = lightgbm.LGBMClassifier(n_estimators=200, num_leaves=31, n_jobs=1, verbosity=-1)
    wrapper.fit(training, labels_of(training.to_numpy(), 2))
    wall, busy = time.perf_counter_ns, time.thread_time_ns

    def wrapped(row: np.ndarray) -> object:
        return wrapper.predict_proba(pd.DataFrame(row[None], columns=list(NAMES)))

    def booster_alone(row: np.ndarray) -> object:
        return boosters[0].predict(row[None], raw_score=True, num_threads=1)

    def whole(row: np.ndarray) -> object:
        return predict_row(model, row)

    figures = {
        "benchmark": "predict",
        "one_head_us": micros(singles[0], rows, clock=wall),
        "one_head_cpu_us": micros(singles[0], rows, clock=busy),
        "both_heads_calibrated_us": micros(whole, rows, clock=wall),
        "booster_predict_us": micros(booster_alone, rows, clock=wall),
        "wrapper_data_frame_us": micros(wrapped, rows[:WRAPPER_CALLS], clock=wall),
        "compared_rows": len(rows) * len(boosters),
        "different_rows": different,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
