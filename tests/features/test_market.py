from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from trady2.config import FeaturesConfig
from trady2.errors import DataError, NotFoundError
from trady2.features import build
from trady2.features.bar_arrays import BarArrays
from trady2.features.market import PATIENCE, Market

HOUR = 3_600_000_000


def closes(hours: list[int], prices: list[float], step: int = HOUR) -> BarArrays:
    """Return bars that open at these hours and have no range."""
    price = np.array(prices, np.float64)
    return BarArrays(np.array(hours) * HOUR, step, price, price, price, price, np.ones(len(hours)))


def test_the_leader_is_followed_by_closed_bars_alone() -> None:
    """Ledger with gaps on both sides: a row takes the leader's bars after the row before, up to its own open time."""
    own = closes([0, 1, 2, 5, 6, 7], [1.0] * 6)
    leader = closes([0, 1, 3, 4, 7, 8], [10, 20, 30, 60, 120, 999])
    market = Market.of({"OWN": own, "LEAD": leader}, "LEAD").beside("OWN", own).market
    # Hour 2: none. Hour 5: hours 3 and 4, 20 -> 60. Hour 6: none. Hour 7: 60 -> 120. Hour 8 is never seen.
    assert_allclose(market, [np.nan, np.log(2), 0, np.log(3), 0, np.log(2)], atol=1e-15)


def test_an_asset_is_left_out_of_its_own_market() -> None:
    """The universe mean beside an asset is that of the others; a member without a bar does not count."""
    a, b, c = closes([0, 1, 2], [1, 2, 4]), closes([0, 1, 2], [1, 3, 3]), closes([0, 1], [1, 5])
    market = Market.of({"B": b, "A": a, "C": c}, None)
    assert_allclose(market.beside("A", a).market[1:], [np.log(15) / 2, 0.0], atol=1e-15)
    assert_allclose(market.beside("C", c).market[1:], [np.log(6) / 2], atol=1e-15)
    assert_allclose(market.beside("NEW", a).market[1:], [np.log(30) / 3, np.log(2) / 2], atol=1e-15)


def test_the_leader_beside_itself_is_itself() -> None:
    """The leader's own market return is its own return, so that pooled models have the columns for every asset."""
    leader = closes([0, 1, 2], [1, 2, 6])
    assert_allclose(Market.of({"L": leader}, "L").beside("L", leader).market[1:], np.log([2, 3]), atol=1e-15)


def test_a_silent_market_becomes_unknown() -> None:
    """A gap gives 0; after a week of silence NaN; and a return across more than a week is no market return."""
    week = PATIENCE // HOUR
    leader = closes([0, 1, 2 * week], [1, 2, 3])
    own = closes([1, 2, 1 + week, 2 + week, 2 * week], [1.0] * 5)
    market = Market.of({"L": leader}, "L").beside("OWN", own).market
    assert_allclose(market, [np.log(2), 0, 0, np.nan, np.nan], atol=1e-15)


def test_members_come_in_any_order() -> None:
    """The last bit of the mean does not depend on the order in which assets are given."""
    rng = np.random.default_rng(0)
    assets = {name: closes(list(range(50)), rng.lognormal(size=50).tolist()) for name in "EDCBA"}
    own = assets["C"]
    one, other = (
        Market.of(dict(order), None).beside("C", own).market for order in (assets.items(), reversed(assets.items()))
    )
    assert_array_equal(one, other)


def test_another_timeframe_is_refused() -> None:
    """Hourly bars beside daily ones of the market name both timeframes."""
    own, other = closes([0, 1], [1, 1]), closes([0, 24], [1, 1], 24 * HOUR)
    with pytest.raises(DataError, match="D span 1440 minutes, those of OWN 60"):
        Market.of({"D": other}, None).beside("OWN", own)


def test_an_unknown_leader_is_refused() -> None:
    """The message names the nearest asset that is there."""
    with pytest.raises(NotFoundError, match="'BTC-EURO' is not among the bars: did you mean 'BTC-EUR'"):
        Market.of({"BTC-EUR": closes([0, 1], [1, 1])}, "BTC-EURO")


def test_a_future_market_bar_changes_nothing(bars: pd.DataFrame, make_bars: Callable[..., pd.DataFrame]) -> None:
    """Market bars that open after a row, poisoned or missing, leave all features of the row to the bit."""
    leader = make_bars(5_000, seed=3, asset="LEAD").drop(index=range(2_990, 2_999)).reset_index(drop=True)
    config = FeaturesConfig(market_leader="LEAD")
    cut = bars.timestamp[3_000]
    poisoned = leader.copy()
    later = (leader.timestamp > cut).to_numpy()
    poisoned.loc[later, ["open", "high", "low", "close"]] *= 1.7
    known = leader[~later].reset_index(drop=True)
    found = [
        build(bars, config, market=market).iloc[:3_001, 7:].to_numpy(np.float32).view(np.int32)
        for market in (leader, poisoned, known)
    ]
    assert_array_equal(found[0], found[1])
    assert_array_equal(found[0], found[2])
