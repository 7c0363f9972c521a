from __future__ import annotations

import json

import numpy as np
import pytest

from tests.learning.conftest import panel_of
from trady2.backtest import run
from trady2.config import BacktestConfig
from trady2.data.panel import Panel
from trady2.learning.threshold import ThresholdChoice, choose_threshold
from trady2.stats.overlap import time_blocks


def config(**changes: object) -> BacktestConfig:
    """Return a backtest of two bars with costs."""
    return BacktestConfig(**{"hold_bars": 2, "fee_bps": 5.0, "slippage_bps": 1.0, **changes})


def knowing(panel: Panel, skill: float, seed: int = 1) -> np.ndarray:
    """Return probabilities that know *skill* of the next return."""
    noise = np.random.default_rng(seed).standard_normal(len(panel))
    ahead = np.append(np.diff(np.log(panel.close)), 0.0) / 0.01
    return 1 / (1 + np.exp(-0.5 * (skill * ahead + noise)))


def choose(
    panel: Panel, probability: np.ndarray, chosen: BacktestConfig, first: int = 0, last: int = -1
) -> ThresholdChoice:
    """Return the choice on the rows from *first* to *last* of the first asset's clock."""
    start, stop = panel.decision_time[first], panel.decision_time[last]
    return choose_threshold(panel, probability, start, stop, chosen, horizon_steps=2)


@pytest.mark.parametrize("changes", [{}, {"fraction": 0.5}, {"stop_loss": 0.01, "take_profit": 0.01}])
@pytest.mark.parametrize("intrabar", ["pessimistic", "optimistic"])
def test_rows_equal_whole_backtests(changes: dict[str, float], intrabar: str) -> None:
    """Trades and returns of a candidate are those of a backtest with that threshold on the same bars."""
    panel = panel_of(1500, assets=2)
    probability, given = knowing(panel, 0.5), config(intrabar=intrabar, **changes)
    choice = choose_threshold(
        panel, probability, panel.decision_time[200], panel.decision_time[1200], given, horizon_steps=2
    )
    inside = np.tile((np.arange(1500) >= 200) & (np.arange(1500) < 1200), 2)
    bars = panel.frame().loc[inside].reset_index(drop=True)
    for row in choice.table[::7]:
        bars_config = given.model_copy(update={"threshold": row.threshold})
        trades = run(bars, probability[inside], bars_config).trades
        assert (row.trades, row.signals) == (len(trades), (probability[inside] > row.threshold).sum())
        assert row.mean_return_per_trade == pytest.approx(trades["net_return"].mean())
        share = trades["net_return"].sum() * given.fraction / inside.sum()
        assert row.mean_return_per_bar == pytest.approx(share)


@pytest.mark.parametrize(
    ("changes", "share"),
    [
        ({"capital": "shared", "max_positions": 1}, 2.0),
        ({"impact_bps": 50.0, "slippage_range_share": 0.05, "funding_bps_per_bar": 1.0, "delay_bars": 1}, 1.0),
        ({"sizing": "kelly", "kelly_win": 0.02, "kelly_loss": 0.01, "fraction": 0.001}, 0.001),
    ],
    ids=["one account", "every cost", "sizes"],
)
def test_every_option_of_the_backtest_counts(changes: dict[str, object], share: float) -> None:
    """A candidate is judged by the trades, costs and sizes that a backtest would have; one account is two shares."""
    panel = panel_of(600, assets=2)
    probability, given = knowing(panel, 0.5), config(**changes)
    inside = np.tile(np.arange(600) < 599, 2)
    row = choose(panel, probability, given).table[4]
    bars = panel.frame().loc[inside].reset_index(drop=True)
    trades = run(bars, probability[inside], given.model_copy(update={"threshold": row.threshold})).trades
    assert row.trades == len(trades) > 20
    assert row.mean_return_per_trade == pytest.approx(trades["net_return"].mean())
    assert row.mean_return_per_bar == pytest.approx(trades["net_return"].sum() * share / inside.sum())


def test_bound_is_the_mean_less_its_block_error() -> None:
    """The lower bound follows from the sums of net returns over blocks of time, by the textbook formula."""
    panel = panel_of(1000)
    probability = knowing(panel, 0.5)
    choice = choose(panel, probability, config())
    row = choice.table[5]
    bars = panel.frame().iloc[:999]
    trades = run(bars, probability[:999], config(threshold=row.threshold)).trades
    blocks = time_blocks(panel.timestamp[:999], 2)
    entries = np.searchsorted(panel.timestamp[:999], trades["entry_time"].dt.tz_localize(None).to_numpy())
    sums = np.bincount(blocks.code[entries], trades["net_return"], blocks.n_blocks)
    sizes = np.bincount(blocks.code)
    residual = sums - sums.sum() / 999 * sizes
    error = np.sqrt(len(sums) / (len(sums) - 1) * np.sum(residual**2)) / 999
    assert row.lower_bound_per_bar == pytest.approx(row.mean_return_per_bar - 1.2815515655 * error)
    assert choice.n_blocks == len(sums)


def test_takes_the_middle_of_those_that_win() -> None:
    """With skill, the candidate in the middle of the winners of 200 drawn histories is taken, and it earns."""
    panel = panel_of(4000)
    probability = knowing(panel, 2.0)
    choice = choose(panel, probability, config())
    earned = []
    blocks = time_blocks(panel.timestamp[:3999], 2)
    for row in choice.table:
        trades = run(panel.frame().iloc[:3999], probability[:3999], config(threshold=row.threshold)).trades
        entries = np.searchsorted(panel.timestamp[:3999], trades["entry_time"].dt.tz_localize(None).to_numpy())
        earned.append(np.bincount(blocks.code[entries], trades["net_return"], blocks.n_blocks))
    generator, winners = np.random.default_rng(7), []
    for _ in range(400):
        drawn = np.array(earned)[:, generator.integers(0, blocks.n_blocks, blocks.n_blocks)]
        bound = drawn.sum(axis=1) - 1.2816 * drawn.std(axis=1, ddof=1) * np.sqrt(blocks.n_blocks)
        winners.append(np.argmax(bound))
    place = [row.threshold for row in choice.table].index(choice.threshold)
    assert abs(place - np.mean(winners)) <= 1.5
    assert choice.earns
    assert choice.reason.startswith("highest lower bound of the net return: +")


def test_nothing_earns() -> None:
    """Without skill and with high costs the nearest threshold is taken, which trades little, and that is said."""
    panel = panel_of(4000)
    choice = choose(panel, knowing(panel, 0.0), config(fee_bps=50.0))
    row = next(row for row in choice.table if row.threshold == choice.threshold)
    assert not choice.earns
    assert row.trades < np.median([row.trades for row in choice.table])
    assert choice.reason.startswith("no threshold earns its costs for sure; this one comes nearest: -")


def test_candidates_leave_between_a_fifth_and_a_twentieth_of_the_rows() -> None:
    """Rarer signals are too few to choose by, more common ones are noise."""
    panel = panel_of(4000)
    signals = [row.signals for row in choose(panel, knowing(panel, 0.5), config()).table]
    assert (max(signals), min(signals)) == (pytest.approx(800, abs=2), pytest.approx(200, abs=2))


def test_given_threshold() -> None:
    """A threshold in the configuration is taken as it is, and judged."""
    panel = panel_of(1000)
    choice = choose(panel, knowing(panel, 0.5), config(threshold=0.55))
    assert (choice.threshold, choice.reason, len(choice.table)) == (0.55, "given by the configuration", 1)


def test_bars_of_the_next_zone_are_not_seen() -> None:
    """Whatever happens from the stop on, the choice is the same."""
    panel = panel_of(2000)
    probability = knowing(panel, 0.3)
    probability[1490:] = np.nan
    later = {name: getattr(panel, name).copy() for name in ("open", "high", "low", "close")}
    for prices in later.values():
        prices[1500:] *= 2
    changed = Panel(**{**panel.__dict__, **later})
    assert choose(changed, probability, config(), 100, 1500) == choose(panel, probability, config(), 100, 1500)


def test_few_trades_cannot_win() -> None:
    """Where no candidate has ten trades, the one with most is taken, and that is said."""
    panel = panel_of(1000)
    probability = np.full(1000, np.nan)
    probability[100:108] = np.linspace(0.4, 0.6, 8)
    choice = choose(panel, probability, config())
    assert choice.reason.startswith("no threshold gives 10 trades; this one gives most, ")
    assert choice.rows == 8
    assert all(np.isnan(row.lower_bound_per_bar) for row in choice.table)


@pytest.mark.parametrize("value", [0.3, np.nan])
def test_one_probability_for_all_rows(value: float) -> None:
    """A model that says the same of every row trades nothing."""
    panel = panel_of(1000)
    choice = choose(panel, np.full(1000, value), config())
    assert choice.threshold == 0.5
    assert choice.reason == "the model gives no score that stands out, so nothing would be traded"
    assert sum(row.signals for row in choice.table) == 0


def test_report_is_plain() -> None:
    """The report survives strict JSON, trades or not."""
    panel = panel_of(1000)
    for probability in (knowing(panel, 0.5), np.full(1000, 0.3)):
        report = json.loads(json.dumps(choose(panel, probability, config()).as_json(), allow_nan=False))
        assert report["table"][0]["trades"] >= 0
