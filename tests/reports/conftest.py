"""One report of a small backtest, built once."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reports.robustness_stand_in import robustness_of, sweep_of
from tests.reports.stand_in import THRESHOLDS, frame_of, held, random_bars, report_of, rerun
from trady2.config import BacktestConfig

ZONES = [
    {"zone": "test", "start": "2023-02-01T00:00:00Z", "end": "2023-03-01T00:00:00Z", "rows": 600},
    {"zone": "train", "start": "2022-01-01T00:00:00Z", "end": "2023-01-01T00:00:00Z", "rows": 8000},
]
SCORECARD = {
    "direction_auc": 0.523,
    "log_loss_skill": 0.012,
    "intervals": {"direction_auc": {"low": 0.493, "high": 0.553}, "log_loss_skill": {"low": -0.018, "high": 0.042}},
    "n": 1500,
    "n_eff": 125.0,
    "level": 0.9,
    "promised": False,
    "reliability": [
        {"rows": 700, "probability": 0.2, "observed": 0.25},
        {"rows": 800, "probability": 0.4, "observed": 0.3},
    ],
}


@pytest.fixture(scope="session")
def case() -> SimpleNamespace:
    """A report with everything in it: .report, .backtest, .bars, .predictions, .frame."""
    bars = random_bars(1500, seed=3)
    rng = np.random.default_rng(4)
    probability = rng.uniform(0.1, 0.9, len(bars))
    config = BacktestConfig(threshold=0.7, hold_bars=12, fee_bps=10.0, slippage_bps=2.0)
    backtest = held(bars, probability, config)
    forward = rng.standard_normal(len(bars)) * 0.01
    predictions = pd.DataFrame(
        {
            "probability": probability,
            "label": np.where(rng.uniform(size=len(bars)) < probability, 1, 0),
            "forward_return": forward,
            "net_return": forward - 0.0024,
        }
    )
    other = partial(rerun, bars, probability, config)
    report = report_of(
        backtest,
        scorecard=SCORECARD,
        zones=ZONES,
        predictions=predictions,
        robustness=robustness_of(backtest, bars, other, thresholds=THRESHOLDS, runs=40),
        sweep=sweep_of(other, THRESHOLDS, [6, 12, 24]),
        intrabar={"resolution": "bars", "ambiguous_bars": 0, "ambiguous_share": 0.0},
    )
    frame = frame_of(backtest, bars)
    return SimpleNamespace(report=report, backtest=backtest, bars=bars, predictions=predictions, frame=frame)


@pytest.fixture
def silent() -> SimpleNamespace:
    """A backtest in which the probability never reaches the threshold."""
    bars = random_bars(200)
    return held(bars, np.zeros(len(bars)), BacktestConfig(threshold=0.7, hold_bars=12))


@pytest.fixture
def verdict() -> dict[str, Any]:
    """What a judge would say."""
    text = "The lower bound of the timing excess is below 0."
    criterion = {"name": "excess", "value": -0.1, "threshold": 0.0, "passed": False, "text": text}
    return {"label": "no edge", "text": "No edge was found.", "criteria": [criterion]}
