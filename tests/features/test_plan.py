from __future__ import annotations

import pytest

from trady2.config import FeaturesConfig
from trady2.errors import ConfigError
from trady2.features.plan import plan_columns, plan_groups


def test_market_columns_need_a_market() -> None:
    """By default they are simply not there; asked for by name without a market they are refused."""
    names = {column.name for column in plan_columns(FeaturesConfig(), market=False)}
    assert not any(name.startswith(("market_", "relative_")) for name in names)
    with pytest.raises(ConfigError, match="market_beta_96 needs a market and there is none; give the bars of other"):
        plan_columns(FeaturesConfig(indicators={"market_beta": {}}), market=False)


def test_the_market_has_no_longer_bars() -> None:
    """A cross-asset indicator on a higher timeframe is refused."""
    config = FeaturesConfig(higher_indicators={"market_beta": {}})
    with pytest.raises(ConfigError, match=r"higher_indicators\.market_beta compares with a market"):
        plan_columns(config, market=True)


def test_columns_of_one_history_share_a_group() -> None:
    """Histories are powers of two of at least 256 bars, or 16 longer bars, and always hold the warm-up."""
    config = FeaturesConfig(indicators={"rsi": {"windows": [6, 14]}, "price_z": {}}, higher_timeframes=["4h"])
    groups = plan_groups(plan_columns(config, market=False), {None: 1, "4h": 4})
    shape = [(group.timeframe, group.history_bars, len(group.members)) for group in groups]
    assert shape == [(None, 256, 3), (None, 512, 1), ("4h", 64, 6)]
    assert all(member.warmup_bars <= group.history_bars for group in groups for member in group.members)


def test_running_return_takes_no_windows() -> None:
    """It has no parameter, and says so."""
    with pytest.raises(ConfigError, match="running_return: no parameter 'windows'; it takes none"):
        plan_columns(FeaturesConfig(higher_indicators={"running_return": {"windows": [1]}}), market=False)
