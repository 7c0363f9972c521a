"""What holds whatever the options are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.comparison import random_market, random_options
from tests.backtest.markets import random_rows
from trady2.backtest import run

quick = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 2**32 - 1)
ROUNDING = 1e-12
PRICES = ["open", "high", "low", "close"]


def draw(seed, **fixed):
    """Return a market of one to four assets, with or without finer bars, and a configuration."""
    rng = np.random.default_rng(seed)
    names, finer, funding = list("ABCD")[: int(rng.integers(1, 5))], rng.random() < 0.3, rng.random() < 0.3
    bars, probability, pieces = random_market(rng, names, int(rng.integers(8, 40)), finer=finer, funding=funding)
    return bars, probability, pieces, random_options(rng, **fixed)


@given(seeds)
@quick
def test_pessimistic_is_never_above_optimistic(seed):
    """The two orders inside a bar bound the equity at every close, with one account and all sizes too."""
    bars, probability, finer, config = draw(seed)
    result = run(bars, probability, config, finer=finer)
    assert (result.pessimistic.equity <= result.optimistic.equity * (1 + ROUNDING)).all()


@pytest.mark.parametrize(
    ("cost", "most"),
    [
        ("fee_bps", 300),
        ("slippage_bps", 300),
        ("slippage_range_share", 0.5),
        ("impact_bps", 900),
        ("funding_bps_per_bar", 50),
    ],
)
@given(seed=seeds, part=st.floats(0.01, 1))
@settings(max_examples=15, deadline=None)
def test_equity_falls_with_every_cost_and_the_trades_stay(cost, most, seed, part):
    """More of any cost leaves less at every close, and the same trades at the same raw prices."""
    bars, probability, finer, config = draw(seed)
    more = config.model_copy(update={cost: min(getattr(config, cost) + most * part, most + 100)})
    cheap, dear = (run(bars, probability, each, finer=finer) for each in (config, more))
    assert (dear.equity <= cheap.equity * (1 + ROUNDING)).all()
    for column in ("asset", "entry_time", "exit_time", "gross_return", "exit_reason"):
        assert dear.trades[column].tolist() == cheap.trades[column].tolist()


@given(seeds)
@quick
def test_no_look_ahead(seed):
    """Other bars after a moment change nothing that was settled before it: trades, sizes and equity."""
    bars, probability, _, config = draw(seed)
    rng = np.random.default_rng(seed)
    cut = bars["timestamp"].sort_values().iloc[int(rng.integers(1, len(bars)))]
    later = bars["timestamp"] >= cut
    other = bars.copy()
    other.loc[later, PRICES] = np.array(random_rows(rng, int(later.sum())))
    other.loc[later, "volume"] = rng.choice([0, 5, 1e4], int(later.sum()))
    changed = np.where(later, rng.random(len(bars)), probability)
    first, second = run(bars, probability, config), run(other, changed, config)
    before = first.equity.index < cut
    np.testing.assert_array_equal(first.equity[before], second.equity[before])
    settled = [each.trades[(each.trades["exit_time"] < cut) & ~ended(each, bars, cut)] for each in (first, second)]
    assert settled[0].reset_index(drop=True).equals(settled[1].reset_index(drop=True))


def ended(result, bars, cut):
    """Return which trades were closed because an asset's data end, which bars from *cut* on could have changed."""
    last = bars.groupby("asset")["timestamp"].max()
    return (result.trades["exit_reason"] == "end_of_data") & (result.trades["asset"].map(last) >= cut)


@given(seeds, st.integers(-12, 12))
@quick
def test_price_scale_changes_nothing(seed, power):
    """Prices in another unit, with as many units fewer traded, give the same returns and the same equity."""
    bars, probability, finer, config = draw(seed)
    scale = 4.0**power
    other = bars.assign(volume=bars["volume"] / scale, **{name: bars[name] * scale for name in PRICES})
    inner = None if finer is None else finer.assign(**{name: finer[name] * scale for name in PRICES})
    first, second = run(bars, probability, config, finer=finer), run(other, probability, config, finer=inner)
    np.testing.assert_allclose(second.equity, first.equity, rtol=1e-12)
    np.testing.assert_allclose(second.trades["net_return"], first.trades["net_return"], atol=1e-12)
    assert second.trades["exit_reason"].tolist() == first.trades["exit_reason"].tolist()
    assert second.counts == first.counts


@given(seeds)
@quick
def test_profits_and_cash_add_up(seed):
    """What is left is the cash of the beginning and what the trades earned, whoever's money it was."""
    bars, probability, finer, config = draw(seed)
    result = run(bars, probability, config, finer=finer)
    assert result.equity.iloc[-1] == pytest.approx(config.initial_cash + result.trades["pnl"].sum(), rel=1e-11)


@given(seeds)
@quick
def test_log_returns_of_the_trades_are_that_of_the_equity(seed):
    """With everything in one trade after the other, their log returns add up to the log of the equity's change."""
    fixed = {"sizing": "fraction", "fraction": 1.0, "max_volume_share": None, "capital": "shared", "max_positions": 1}
    bars, probability, finer, config = draw(seed, **fixed)
    result = run(bars, probability, config, finer=finer)
    total = float(np.log1p(result.trades["net_return"]).sum())
    assert total == pytest.approx(float(np.log(result.equity.iloc[-1] / config.initial_cash)), abs=1e-11)


@given(seeds)
@quick
def test_one_asset_needs_no_sharing(seed):
    """With a single asset, one account for all is an account of its own."""
    rng = np.random.default_rng(seed)
    bars, probability, finer = random_market(rng, "A", int(rng.integers(8, 60)), finer=rng.random() < 0.5)
    config = random_options(rng, capital="each", max_positions=None)
    alone = run(bars, probability, config, finer=finer)
    shared = run(bars, probability, config.model_copy(update={"capital": "shared"}), finer=finer)
    np.testing.assert_allclose(shared.equity, alone.equity, rtol=1e-12)
    np.testing.assert_allclose(shared.trades["quantity"], alone.trades["quantity"], rtol=1e-12)
    assert shared.trades["exit_time"].tolist() == alone.trades["exit_time"].tolist()


@given(seeds)
@quick
def test_every_signal_has_one_ending(seed):
    """Seen signals are traded, came at the end or in a position, or were refused for one reason."""
    bars, probability, finer, config = draw(seed)
    counts = run(bars, probability, config, finer=finer).counts
    endings = [name for name in counts if name.startswith(("signals_", "entries_refused"))]
    assert counts["signals_seen"] == sum(counts[name] for name in endings if name != "signals_seen")
    assert min(counts.values()) >= 0


@given(seeds)
@quick
def test_positions_never_exceed_places_money_or_volume(seed):
    """At no close are more positions open than there are places, and what is in them is never more than the equity."""
    bars, probability, finer, config = draw(seed, capital="shared", funding_bps_per_bar=0.0)
    bars = bars.drop(columns="funding_rate", errors="ignore")
    result = run(bars, probability, config, finer=finer)
    assert (result.exposure <= 1 + 1e-9).all()
    moments = result.equity.index.to_numpy()[:, None]
    entered = result.trades["entry_time"].to_numpy()[None, :] <= moments
    open_now = (entered & (result.trades["exit_time"].to_numpy()[None, :] > moments)).sum(axis=1)
    assert open_now.max(initial=0) <= (config.max_positions or 4)
    if config.max_volume_share is not None:
        volume = bars.set_index(["asset", "timestamp"])["volume"].groupby("asset").shift(1 + config.delay_bars)
        limit = volume.loc[list(zip(result.trades["asset"], result.trades["entry_time"], strict=True))].to_numpy()
        assert (result.trades["quantity"].to_numpy() <= config.max_volume_share * limit * (1 + 1e-12)).all()
