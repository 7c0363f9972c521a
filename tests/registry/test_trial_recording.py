"""Trials enter the ledger."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.registry.test_trial_returns import daily
from trady2.config import BacktestConfig, TargetConfig
from trady2.errors import DataError
from trady2.registry import Ledger, TrialOrigin, begin_trial, record_trials
from trady2.registry.trial_returns import load_returns

SPAN = (np.datetime64("2024-02-27T03:00"), np.datetime64("2024-03-02T23:00"))
TARGET = TargetConfig(horizon_steps=12, return_threshold=0.01)


def origin(**other: object) -> TrialOrigin:
    """Return where some trials come from."""
    known = {"name": "trady2", "target": TARGET, "assets": ["B-USD", "A-USD"], "purpose": "sweep", "zone": "threshold"}
    digests = {"config_sha256": "c" * 64, "data_sha256": "d" * 64, "model_sha256": "e" * 64}
    return TrialOrigin(**{**known, **digests, "version": "1.0.0+20251101_120000", "run": "r", **other})  # type: ignore[arg-type]


def rules(count: int) -> list[BacktestConfig]:
    """Return configurations that differ."""
    return [BacktestConfig(threshold=0.5 + number / 10_000, hold_bars=12, fee_bps=10.0) for number in range(count)]


def test_an_event_says_what_was_tried_and_what_came_of_it() -> None:
    """Purpose, digests, rules, span, Sharpe ratio with its moments, and where the returns are."""
    returns = daily(5, 2)
    events = record_trials(origin(), rules(2), returns, span=SPAN, actor="ann")
    assert Ledger().events(kinds=("trial",)) == events
    second = events[1]
    assert (second.name, second.version, second.actor) == ("trady2", "1.0.0+20251101_120000", "ann")
    stored = second.payload["returns"]["sha256"]
    assert second.payload == {
        "purpose": "sweep",
        "status": "done",
        "zone": "threshold",
        "run": "r",
        "target": {"horizon_steps": 12, "return_threshold": 0.01, "calendar": "24/7"},
        "assets": ["A-USD", "B-USD"],
        "config_sha256": "c" * 64,
        "data_sha256": "d" * 64,
        "model_sha256": "e" * 64,
        "parameters": {"threshold": 0.5001, "hold_bars": 12, "fee_bps": 10.0},
        "span": {"first": "2024-02-27T03:00:00.000000Z", "last": "2024-03-02T23:00:00.000000Z"},
        "period": "1d",
        "n_observations": 5,
        "sharpe": pytest.approx(returns[1].mean() / returns[1].std()),
        "skew": pytest.approx(returns[1].skew()),
        "kurtosis": pytest.approx(returns[1].kurt() + 3),
        "returns": {"sha256": stored, "column": 1},
    }
    np.testing.assert_array_equal(load_returns(stored)[1], returns[1])


def test_what_never_traded_has_no_sharpe_ratio() -> None:
    """A trial that stayed flat is recorded, its Sharpe ratio is undefined."""
    (event,) = record_trials(origin(), rules(1), daily(9, 1) * 0, span=SPAN, actor="ann")
    assert [event.payload[key] for key in ("sharpe", "skew", "kurtosis", "n_observations")] == [None, None, None, 9]


def test_a_fit_is_told_before_it_can_fail() -> None:
    """What has begun is in the ledger with all that is known by then."""
    event = begin_trial(origin(purpose="train", zone="test", model_sha256=None, version=None), actor="ann")
    assert (event.payload["status"], event.payload["model_sha256"], event.version) == ("begun", None, None)
    assert "returns" not in event.payload


def test_returns_and_rules_have_to_fit_each_other(home: Path) -> None:
    """One series for each configuration; a refused batch leaves neither file nor event; none at all is no event."""
    with pytest.raises(DataError, match="2 series of returns beside 3 configurations; give one for each"):
        record_trials(origin(), rules(3), daily(5, 2), span=SPAN, actor="ann")
    with pytest.raises(DataError, match="not one finite number for each day"):
        record_trials(origin(), rules(2), daily(5, 2).shift(freq="h"), span=SPAN, actor="ann")
    assert record_trials(origin(), [], daily(5, 0), span=SPAN, actor="ann") == []
    assert not home.exists()


def test_a_thousand_trials_take_less_than_a_second_of_cpu() -> None:
    """A sweep of 1,000 configurations over three years is recorded, returns and all, in well under a second."""
    days = pd.date_range("2021-01-01", periods=1_100, tz="UTC", unit="us")
    returns = pd.DataFrame(np.random.default_rng(0).normal(0, 0.01, (1_100, 1_000)), index=days)
    configs = rules(1_000)
    record_trials(origin(), configs[:1], returns.iloc[:, :1], span=SPAN, actor="warm")
    began = time.process_time()
    record_trials(origin(), configs, returns, span=SPAN, actor="ann")
    assert time.process_time() - began < 1
    assert Ledger().verify() == 1_001
