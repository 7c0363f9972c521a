"""Random markets with every kind of trouble, random options, and the comparison of a run with the reference."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.backtest.markets import random_rows
from tests.backtest.reference import Bar, replay
from trady2.backtest import BacktestConfig, run

HOUR = 3_600_000_000
PIECES = 4
START = 1_704_067_200_000_000  # 2024-01-01
NUMBERS = ["entry_price", "exit_price", "quantity", "net_return", "pnl", "gross_return", "fees", "slippage", "funding"]
MONEY = ["pnl", "fees", "slippage", "funding"]
EXACT = ["exit_reason", "bars_held", "probability", "gap_fill", "ambiguous"]
ENDINGS = {
    "seen": "signals_seen",
    "accepted": "signals_accepted",
    "in_position": "signals_ignored_in_position",
    "at_last_bar": "signals_ignored_at_last_bar",
    "by_size": "signals_refused_by_size",
    "by_volume": "signals_refused_by_volume",
    "slot": "entries_refused_without_slot",
    "cash": "entries_refused_without_cash",
    "cut": "entries_cut_to_cash",
}


def random_market(rng, names, n, *, finer=False, funding=False):
    """Return bars, probabilities and finer bars (or None) of assets that begin apart and have holes of their own.

    Probabilities tie often, volumes are zero, small or large, and where there are finer bars some are missing.
    """
    coarse, fine, chances = [], [], []
    for name in names:
        hours = int(rng.integers(0, 6)) + np.arange(n) + np.cumsum(rng.random(n) < 0.03)
        steps = np.array(random_rows(rng, n * PIECES, jump=2, wick=2)).reshape(n, PIECES, 4)
        whole = np.array(random_rows(rng, n)) if not finer else together(steps)
        times = START + HOUR * hours
        coarse.append(table(name, times, whole, rng.choice([0, 0.5, 30, 200, 1e5], n)))
        if funding:
            coarse[-1]["funding_rate"] = rng.choice([0, 0, 0.0001, -0.0003], n)
        inner = (times[:, None] + HOUR // PIECES * np.arange(PIECES)).ravel()
        kept = rng.random(inner.size) > 0.05
        kept[: 2 * PIECES] = True
        kept[3 * PIECES : 4 * PIECES] = False
        fine.append(table(name, inner[kept], steps.reshape(-1, 4)[kept], np.ones(int(kept.sum()))))
        chances.append(np.where(rng.random(n) < 0.5, rng.choice([0.4, 0.5, 0.6, 0.9, np.nan], n), rng.random(n)))
    joined = [pd.concat(parts, ignore_index=True) for parts in (coarse, fine)]
    return joined[0], np.concatenate(chances), joined[1] if finer else None


def together(pieces):
    """Return the bars (n, 4) that finer bars (n, pieces, 4) add up to."""
    return np.stack(
        [pieces[:, 0, 0], pieces[:, :, 1].max(axis=1), pieces[:, :, 2].min(axis=1), pieces[:, -1, 3]], axis=1
    )


def table(name, times, rows, volume):
    """Return a frame of bars."""
    stamps = pd.to_datetime(times, unit="us", utc=True).as_unit("us")
    bars = pd.DataFrame({"timestamp": stamps, "asset": pd.Series([name] * len(times), dtype="str")})
    bars[["open", "high", "low", "close"]] = rows
    return bars.assign(volume=np.asarray(volume, float))


def random_options(rng, **fixed) -> BacktestConfig:
    """Return a configuration in which each option is on about half of the time."""

    def some(*values):
        return values[int(rng.integers(len(values)))]

    shared = rng.random() < 0.5
    values = {
        "threshold": some(0.5, 0.6, 0.0),
        "hold_bars": some(1, 2, 4, 9),
        "stop_loss": some(None, 0.01, 0.02),
        "take_profit": some(None, 0.012, 0.03),
        "trailing_stop": some(None, None, 0.015),
        "fee_bps": some(0.0, 7.0, 90.0),
        "slippage_bps": some(0.0, 3.0, 50.0),
        "slippage_range_share": some(0.0, 0.1, 0.4),
        "impact_bps": some(0.0, 40.0, 900.0),
        "funding_bps_per_bar": some(0.0, 2.0, -3.0, 30.0),
        "sizing": some("fraction", "volatility", "kelly"),
        "fraction": some(1.0, 0.5, 1 / 3, 0.07),
        "target_volatility": some(0.2, 0.6, 3.0),
        "volatility_bars": some(2, 5, 12),
        "kelly_multiplier": some(0.5, 1.0),
        "kelly_win": 0.03,
        "kelly_loss": some(0.02, 0.5),
        "max_volume_share": some(None, 0.01, 0.3),
        "capital": "shared" if shared else "each",
        "max_positions": some(None, 1, 2, 3) if shared else None,
        "delay_bars": some(0, 0, 1, 3),
        "intrabar": some("pessimistic", "optimistic"),
    }
    return BacktestConfig(**{**values, **fixed})


def for_reference(bars, probability, finer=None, step=HOUR):
    """Return frames as the lists of `tests.backtest.reference.Bar` by asset."""
    numbers = bars.assign(probability=probability, funding=bars.get("funding_rate", 0.0))
    pieces: dict = {}
    if finer is not None:
        times = finer["timestamp"].to_numpy(dtype="datetime64[us]").astype(np.int64)
        for asset, time, *prices in zip(
            finer["asset"], times.tolist(), *(finer[c] for c in ("open", "high", "low")), strict=True
        ):
            pieces.setdefault((asset, time // step), []).append(tuple(prices))
    found: dict = {}
    columns = ["open", "high", "low", "close", "volume", "probability", "funding"]
    stamps = bars["timestamp"].to_numpy(dtype="datetime64[us]").astype(np.int64).tolist()
    for asset, time, row in zip(bars["asset"], stamps, numbers[columns].to_numpy().tolist(), strict=True):
        found.setdefault(asset, []).append(Bar(time, *row, tuple(pieces.get((asset, time // step), ()))))
    return found


def assert_same(bars, probability, config, finer=None, step=HOUR) -> int:
    """Compare a run with the reference, trade for trade, close for close and count for count; return the trades."""
    result = run(bars, probability, config, finer=finer)
    ours = for_reference(bars, probability, finer, step)
    truth = replay(ours, config, 8766.0 * HOUR / step)
    expected = [{**trade, "asset": asset} for asset in ours for trade in truth.trades[asset]]
    got = result.trades
    times = {asset: [bar.time for bar in rows] for asset, rows in ours.items()}
    for column in ("entry", "exit"):
        wanted = [times[trade["asset"]][trade[f"{column}_bar"]] for trade in expected]
        assert got[f"{column}_time"].to_numpy(dtype="datetime64[us]").astype(np.int64).tolist() == wanted
    for column in ("asset", *EXACT):
        assert got[column].tolist() == [trade[column] for trade in expected]
    stake = got["quantity"] * got["entry_price"]
    for column in NUMBERS:
        wanted = np.array([trade[column] for trade in expected])
        scale = 1.0 if column.endswith("_return") else stake if column in MONEY else np.abs(wanted)
        assert (np.abs(got[column] - wanted) <= 1e-12 * scale).all(), column
    np.testing.assert_allclose(result.equity.to_numpy(), truth.equity, rtol=1e-11)
    np.testing.assert_allclose(result.exposure.to_numpy(), truth.exposure, rtol=1e-10, atol=1e-12)
    assert {name: result.counts[key] for name, key in ENDINGS.items()} == truth.counts
    clock = result.equity.index.to_numpy(dtype="datetime64[us]").astype(np.int64)
    assert clock.tolist() == sorted({time for each in times.values() for time in each})
    return len(expected)
