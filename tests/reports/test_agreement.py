"""The reports speak the names of the engine and of the scorecard: a renamed number would show as a dash."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from tests.reports.stand_in import random_bars, report_of
from trady2.config import BacktestConfig
from trady2.reports import render_html, report_schema
from trady2.reports.probability_section import probability_section


def faults(report: dict[str, Any]) -> list[str]:
    """What the schema finds wrong."""
    return [fault.message for fault in Draft202012Validator(report_schema()).iter_errors(report)]


def full_bars(asset: str) -> pd.DataFrame:
    """A random walk with highs, lows and volume."""
    bars = random_bars(900, seed=len(asset), asset=asset)
    top, bottom = bars[["open", "close"]].max(axis=1), bars[["open", "close"]].min(axis=1)
    return bars.assign(high=top * 1.002, low=bottom * 0.998, volume=1.0)


@pytest.mark.parametrize("assets", [["AAA"], ["AAA", "BBBB"]], ids=["one asset", "two assets"])
def test_the_engine_fills_the_report(assets: list[str]) -> None:
    """A real backtest, of one asset or several, gives a valid report in which each of the ten numbers is known."""
    engine = pytest.importorskip("trady2.backtest.engine", reason="the backtest is not part of this checkout")
    bars = pd.concat([full_bars(asset) for asset in assets], ignore_index=True)
    probability = np.random.default_rng(2).uniform(size=len(bars))
    config = BacktestConfig(threshold=0.8, hold_bars=6, stop_loss=0.01, take_profit=0.01, fee_bps=5.0)
    backtest = engine.run(bars, probability, config)
    data = {"assets": assets, "first": bars["timestamp"].min(), "last": bars["timestamp"].max(), "bars": len(bars)}
    report = report_of(backtest, data=data | {"digest": None, "timeframe": "1h"})
    assert faults(report) == []
    assert [row["key"] for row in report["headline"] if row["value"] is None] == []
    page = render_html(report, backtest.trades, backtest.equity, backtest.benchmark)
    assert f"{len(backtest.trades):,}</dd>" in page


def test_the_scorecard_fills_the_report(case: SimpleNamespace) -> None:
    """A real scorecard gives a valid section with its intervals, and the direction AUC among the ten numbers."""
    scorecard = pytest.importorskip("trady2.learning.scorecard", reason="learning is not part of this checkout")
    target = pytest.importorskip("trady2.learning.target", reason="learning is not part of this checkout")
    rng, n = np.random.default_rng(3), 800
    forward = rng.standard_normal(n) * 0.01
    times = np.datetime64("2024-01-01", "us") + np.arange(n) * np.timedelta64(3600, "s")
    direction = (np.sign(forward) * (abs(forward) > 0.005)).astype(np.int8)
    labels = target.Labels((direction == 1).astype(np.int8), times + np.timedelta64(7200, "s"), forward, direction)
    found = scorecard.score(
        rng.uniform(size=n), labels, times, np.zeros(n, np.int32), abs(forward), threshold=0.5, horizon_steps=2
    )
    report = report_of(case.backtest, scorecard=found.as_json())
    assert faults(report) == []
    assert None not in [report["headline"][-1][part] for part in ("value", "low", "high")]
    assert len(probability_section(report)["scores"].rows) == len(found.metrics)
