from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.markets import configs, frame, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.market import market_from_bars
from trady2.backtest.sweep_pricing import METRICS, Pricing, is_priced_fast


def several(seed: int, lengths: list[int]) -> tuple[pd.DataFrame, np.ndarray]:
    """Return assets of these lengths that begin at different hours and miss some, and a probability for each bar."""
    random = np.random.default_rng(seed)
    parts = []
    for number, n in enumerate(lengths):
        start = pd.Timestamp("2024-01-01") + pd.Timedelta(int(random.integers(0, 60)), unit="h")
        missing = random.choice(n, min(n, 3), replace=False)
        parts.append(frame(random_rows(random, n), asset="ABCD"[number], start=str(start), missing=missing))
    bars = pd.concat(parts, ignore_index=True)
    return bars, random.choice([0.3, 0.5, 0.6, 0.9, np.nan], len(bars))


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(2, 60), min_size=1, max_size=4), configs())
@settings(max_examples=80, deadline=None)
def test_figures_and_equity_equal_those_of_a_run(seed, lengths, config):
    """Whatever the assets, their spans and holes, and the options: every figure and every close is that of `run`."""
    bars, probability = several(seed, lengths)
    pricing = Pricing(market_from_bars(bars, "24/7"), probability)
    dear = config.model_copy(update={"fee_bps": config.fee_bps + 7, "fraction": config.fraction / 2})
    for one, (metrics, equity) in zip([config, dear], pricing.price([config, dear]), strict=True):
        expected = run(bars, probability, one)
        np.testing.assert_allclose(equity, expected.equity, rtol=1e-12)
        assert tuple(metrics) == METRICS
        wanted = [expected.metrics[name] for name in METRICS]
        assert [value is None for value in metrics.values()] == [value is None for value in wanted]
        got = np.array(list(metrics.values()), dtype=float)
        np.testing.assert_allclose(got, np.array(wanted, dtype=float), rtol=1e-12, atol=1e-12)


def test_defaults_are_fast_and_unknown_keys_are_not(monkeypatch):
    """A key that pricing does not know is fast only with its default, which changes nothing."""
    config = BacktestConfig(threshold=0.5, hold_bars=3, stop_loss=0.01, fee_bps=3.0)
    assert is_priced_fast(config)
    monkeypatch.setattr("trady2.backtest.sweep_pricing._FAST_KEYS", {"threshold", "hold_bars", "fee_bps"})
    assert not is_priced_fast(config)
    assert is_priced_fast(config.model_copy(update={"stop_loss": None}))
