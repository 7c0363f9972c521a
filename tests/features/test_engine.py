from __future__ import annotations

import pytest

from tests.features import own
from trady2.config import FeaturesConfig
from trady2.errors import ConfigError
from trady2.features.engine import Engine

HOUR = 3_600_000_000


def test_names_are_the_librarys_then_the_users() -> None:
    """A user's builder adds its columns after those of the library, and its warm-up counts."""
    config = FeaturesConfig(
        indicators={"rsi": {"windows": [3]}}, higher_timeframes=[], builder="tests.features.own:momentum"
    )
    engine = Engine.of(config, HOUR, market=False)
    assert engine.names == ["rsi_3", "own_momentum", "own_weekend"]
    assert (engine.warmup_bars, engine.history_bars) == (own.momentum.warmup_bars, 300)


def test_one_name_for_two_columns_is_refused() -> None:
    """A builder may not shadow a column of the library."""
    config = FeaturesConfig(indicators={"candle_body": {}}, builder="tests.features.own:shadowing")
    with pytest.raises(ConfigError, match="'candle_body' stands for two columns; rename or remove one"):
        Engine.of(config, HOUR, market=False)


def test_an_empty_configuration_has_no_columns() -> None:
    """Without indicators and higher timeframes there is nothing to compute, and nothing to wait for."""
    engine = Engine.of(FeaturesConfig(indicators={}, higher_timeframes=[]), HOUR, market=False)
    assert (engine.names, engine.warmup_bars, engine.history_bars) == ([], 0, 0)
