from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame
from trady2.backtest import BacktestConfig, run

ROWS = [(100, 101, 99, 100), (100, 104, 96, 102), (102, 104, 101, 103), (103, 106, 102, 104), (104, 105, 103, 104)]
SIGNAL = [0.9, 0, 0, 0, 0]


def config(**options):
    """Return a configuration that enters at the open of bar 1 and leaves at that of bar 3."""
    return BacktestConfig(**{"threshold": 0.5, "hold_bars": 2, "initial_cash": 1000.0, **options})


def test_slippage_takes_its_share_of_the_range_of_each_bar():
    """The entry bar spans 8 and the exit bar 4: a tenth of it is 0.8 on the way in, 0.4 on the way out."""
    trade = run(frame(ROWS), SIGNAL, config(slippage_range_share=0.1)).trades.iloc[0]
    assert (trade["entry_price"], trade["exit_price"]) == pytest.approx((100.8, 102.6))
    assert trade["quantity"] == pytest.approx(1000 / 100.8)
    assert trade["slippage"] == pytest.approx(1000 / 100.8 * 1.2)
    assert trade["net_return"] == pytest.approx(102.6 / 100.8 - 1)


def test_slippage_adds_up():
    """Basis points and the share of the range are added, not compounded."""
    trade = run(frame(ROWS), SIGNAL, config(slippage_range_share=0.1, slippage_bps=100.0)).trades.iloc[0]
    assert (trade["entry_price"], trade["exit_price"]) == pytest.approx((101.8, 103 - 1.03 - 0.4))


def test_impact_is_paid_out_of_the_money_that_goes_in():
    """Units at their own impact, with the fee on top, cost exactly what was set aside; the sale has its own impact."""
    bars = frame(ROWS).assign(volume=[7.0, 40.0, 1.0, 90.0, 1.0])
    result = run(bars, SIGNAL, config(impact_bps=200.0, fee_bps=10.0))
    trade = result.trades.iloc[0]
    inward, outward = 0.02 * np.sqrt(trade["quantity"] / 40), 0.02 * np.sqrt(trade["quantity"] / 90)
    assert trade["entry_price"] == pytest.approx(100 * (1 + inward), rel=1e-12)
    assert trade["exit_price"] == pytest.approx(103 * (1 - outward), rel=1e-12)
    assert trade["quantity"] * trade["entry_price"] * 1.001 == pytest.approx(1000, rel=1e-12)
    assert result.equity.iloc[-1] == pytest.approx(1000 + trade["pnl"])


@pytest.mark.parametrize("volume", [0.0, 0.5, 9.0])
def test_impact_counts_no_more_than_the_whole_volume(volume):
    """Where more is traded than the bar's volume, the impact is that of all of it, and it is counted."""
    result = run(frame(ROWS).assign(volume=volume), SIGNAL, config(impact_bps=100.0))
    assert result.trades[["entry_price", "exit_price"]].iloc[0].tolist() == pytest.approx([101.0, 103 * 0.99])
    assert result.counts["fills_beyond_volume"] == 2


def test_no_slippage_makes_a_sale_worthless():
    """However wide the bar, a hundredth of what a sale brings after the fixed slippage is left."""
    rows = [*ROWS[:3], (103, 1000, 1, 500), ROWS[4]]
    trade = run(frame(rows), SIGNAL, config(slippage_range_share=1.0, slippage_bps=1000.0)).trades.iloc[0]
    assert trade["exit_price"] == pytest.approx(103 * 0.9 / 100)


def test_volume_cap_leaves_the_rest_idle():
    """Half of the signal bar's volume is bought, and the money that is left comes back with the exit."""
    result = run(frame(ROWS).assign(volume=[8.0, 1, 1, 1, 1]), SIGNAL, config(max_volume_share=0.5))
    assert result.trades["quantity"].tolist() == [4.0]
    np.testing.assert_allclose(result.equity, [1000, 600 + 4 * 102, 600 + 4 * 103, 1012, 1012])
    np.testing.assert_allclose(result.exposure, [0, 408 / 1008, 412 / 1012, 0, 0])
    assert result.counts["entries_cut_to_volume"] == 1


def test_funding_is_charged_at_each_close_at_which_a_position_is_open():
    """Two closes, 102 and 103, at ten basis points each, from their own bar on; nothing at the exit bar."""
    result = run(frame(ROWS), SIGNAL, config(funding_bps_per_bar=10.0))
    assert result.trades["funding"].tolist() == pytest.approx([10 * (0.102 + 0.103)])
    np.testing.assert_allclose(result.equity, [1000, 1020 - 1.02, 1030 - 2.05, 1030 - 2.05, 1030 - 2.05], rtol=1e-14)
    assert result.trades["net_return"].tolist() == pytest.approx([0.03 - 0.00205])


def test_funding_rates_of_the_bars_are_added():
    """A column of rates charges its own bar, may pay instead, and other bars do not count."""
    bars = frame(ROWS).assign(funding_rate=[0.5, -0.001, 0.003, 0.5, 0.5])
    result = run(bars, SIGNAL, config(funding_bps_per_bar=10.0))
    assert result.trades["funding"].tolist() == pytest.approx([10 * (0.0 * 102 + 0.004 * 103)])


def test_funding_cannot_cost_more_than_the_position():
    """A position that funding has eaten is worth nothing, not less than nothing."""
    result = run(frame(ROWS), SIGNAL, config(funding_bps_per_bar=9000.0, fraction=0.5))
    np.testing.assert_allclose(result.equity, [1000, 500 + 5 * 102 * 0.1, 500, 500, 500])
    assert result.trades[["net_return", "funding"]].iloc[0].tolist() == [-1.0, 515.0]


def test_equity_follows_positions_beside_each_other():
    """With one account two halves are bought and the first one's money works again."""
    flat = [(100, 100, 100, 100)] * 5
    bars = pd.concat([frame(ROWS, asset="A"), frame(flat, asset="B")], ignore_index=True)
    chances = [0.9, 0, 0, 0, 0, 0.8, 0, 0, 0.8, 0]
    result = run(bars, chances, config(capital="shared", fraction=0.5))
    assert result.trades["quantity"].tolist() == pytest.approx([5.0, 5.0, (1015 * 0.5) / 100])
    np.testing.assert_allclose(result.equity, [1000, 1010, 1015, 1015, 1015])
