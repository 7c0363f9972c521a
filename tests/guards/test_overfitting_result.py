from __future__ import annotations

import json
import math

import numpy as np

from trady2.guards import measure_overfitting


def test_plain_numbers() -> None:
    """Strict JSON holds every number, None for what is unknown or never reached, and no series."""
    returns = np.random.default_rng(0).standard_normal((200, 3)) * 0.01
    returns[:, 0] -= 0.01
    found = measure_overfitting(returns, ["a", "b", "c"], "a", periods_per_year=365, block_length=2, replicates=50)
    plain = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert math.isinf(found.minimum_track_record_years)
    assert plain["minimum_track_record_years"] is None
    assert plain["psr_2012"] == found.psr_2012
    assert set(plain["pbo"]) == {
        "probability",
        "degradation",
        "probability_of_loss",
        "n_blocks",
        "n_combinations",
        "n_dropped",
    }
    assert plain["spa"]["flat"]["p_consistent"] == found.spa["flat"].p_consistent
    assert plain["best"] == {"flat": found.best["flat"]}
    assert plain["not_applicable"] == {"spa.buy_and_hold": "no returns of the market were given"}
    assert set(plain) == set(found.__dataclass_fields__)


def test_no_combinations_for_one_trial() -> None:
    """Where the probability of overfitting does not apply it is None, with the reason beside it."""
    returns = np.random.default_rng(0).standard_normal((200, 1)) * 0.01
    plain = measure_overfitting(returns, ["a"], "a", periods_per_year=365, block_length=2, replicates=50).as_json()
    assert plain["pbo"] is None
    assert "pbo" in plain["not_applicable"]  # type: ignore[operator]
