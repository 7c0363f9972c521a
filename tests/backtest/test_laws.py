from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.markets import configs, frame, markets, random_rows
from trady2.backtest import BacktestConfig, run

quick = settings(max_examples=30, deadline=None)


@given(markets(), configs(), st.integers(0, 2**32 - 1))
@quick
def test_no_look_ahead(market, config, seed):
    """Other bars after a trade's exit change neither that trade nor any before it."""
    rows, probability = market
    trades = run(frame(rows), probability, config).trades
    cut = int(np.random.default_rng(seed).integers(1, len(rows)))
    other = [*rows[:cut], *random_rows(np.random.default_rng(seed), len(rows) - cut)]
    bars = frame(rows)
    settled = (trades["exit_time"] < bars["timestamp"][cut]) & (trades["exit_reason"] != "end_of_data")
    changed = run(frame(other), probability, config).trades
    assert trades[settled].equals(changed[: int(settled.sum())])


@given(markets(), configs(), st.sampled_from(["fee_bps", "slippage_bps"]), st.floats(0.1, 500))
@quick
def test_equity_falls_with_costs_at_every_bar(market, config, cost, more):
    """A higher fee or slippage leaves less at every close, for the same trades."""
    rows, probability = market
    cheap = run(frame(rows), probability, config)
    dear = run(frame(rows), probability, config.model_copy(update={cost: getattr(config, cost) + more}))
    assert (dear.equity <= cheap.equity * (1 + 1e-12)).all()
    assert dear.trades["entry_time"].tolist() == cheap.trades["entry_time"].tolist()
    assert dear.trades["exit_time"].tolist() == cheap.trades["exit_time"].tolist()


@given(markets(), configs())
@quick
def test_pessimistic_is_never_above_optimistic(market, config):
    """The two orders inside a bar bound the truth from below and above at every close."""
    rows, probability = market
    result = run(frame(rows), probability, config)
    assert (result.pessimistic.equity <= result.optimistic.equity * (1 + 1e-12)).all()


@given(markets(), configs(fraction=1.0))
@quick
def test_log_trade_returns_add_up_to_the_equity(market, config):
    """With all equity in each trade, the sum of log trade returns is the log of the change of equity."""
    rows, probability = market
    result = run(frame(rows), probability, config)
    total = float(np.log1p(result.trades["net_return"]).sum())
    assert total == pytest.approx(float(np.log(result.equity.iloc[-1] / config.initial_cash)), abs=1e-12)


@given(markets(), configs())
@quick
def test_profits_add_up_to_the_equity(market, config):
    """Money is neither made nor lost outside the trades."""
    rows, probability = market
    result = run(frame(rows), probability, config)
    assert result.equity.iloc[-1] - config.initial_cash == pytest.approx(result.trades["pnl"].sum(), abs=1e-7)


@given(markets(), configs(), st.integers(-30, 30))
@quick
def test_price_scale_changes_nothing(market, config, power):
    """Prices in another unit (a power of two, so that no rounding differs) give the same returns and equity."""
    rows, probability = market
    result = run(frame(rows), probability, config)
    scaled = run(frame(np.array(rows) * 2.0**power), probability, config)
    assert scaled.trades["net_return"].tolist() == result.trades["net_return"].tolist()
    assert scaled.equity.tolist() == result.equity.tolist()
    assert scaled.trades["exit_reason"].tolist() == result.trades["exit_reason"].tolist()


@given(st.integers(2, 60), configs(fraction=1.0, threshold=0.5))
@quick
def test_flat_market_loses_exactly_the_costs(n, config):
    """Where prices never move, each trade loses the costs of two sides and nothing else."""
    result = run(frame([(100, 100, 100, 100)] * n), np.ones(n), config)
    fee, slip = config.fee_bps / 10_000, config.slippage_bps / 10_000
    kept = ((1 - fee) * (1 - slip) / ((1 + fee) * (1 + slip))) ** len(result.trades)
    assert result.equity.iloc[-1] == pytest.approx(config.initial_cash * kept, rel=1e-12)


@given(markets(), configs(fraction=1.0, fee_bps=0.0, slippage_bps=0.0))
@quick
def test_break_even_cost_leaves_nothing(market, config):
    """With the break-even cost as the fee of each side, the compounded result is zero."""
    rows, probability = market
    cost = run(frame(rows), probability, config).metrics["break_even_cost_bps"]
    if cost is not None and cost > 0:
        paid = run(frame(rows), probability, config.model_copy(update={"fee_bps": cost}))
        assert paid.metrics["total_return"] == pytest.approx(0, abs=1e-12)


@given(markets(), configs())
@quick
def test_threshold_above_every_probability_trades_nothing(market, config):
    """A threshold of one leaves the cash alone: a probability has to be above it."""
    rows, probability = market
    result = run(frame(rows), probability, BacktestConfig(**{**config.model_dump(), "threshold": 1.0}))
    assert (len(result.trades), set(result.equity)) == (0, {config.initial_cash})
