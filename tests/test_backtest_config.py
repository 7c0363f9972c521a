"""The section of the backtest: what its options accept, and which of them need each other."""

import pytest

from trady2 import config
from trady2.backtest_config import BacktestConfig
from trady2.errors import ConfigError

KELLY = {"hold_bars": 1, "sizing": "kelly"}


def test_config_hands_the_section_on() -> None:
    """There is one class, wherever it is imported from."""
    assert config.BacktestConfig is BacktestConfig


@pytest.mark.parametrize(
    "wrong",
    [
        {"slippage_range_share": 1.1},
        {"impact_bps": -1.0},
        {"funding_bps_per_bar": 10_000.0},
        {"sizing": "martingale"},
        {"target_volatility": 0.0},
        {"volatility_bars": 1},
        {"kelly_multiplier": 1.5},
        {"max_volume_share": 0.0},
        {"capital": "borrowed"},
        {"delay_bars": -1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_values_out_of_range_are_refused_by_name(wrong: dict[str, object]) -> None:
    """Each option has its range, and the message names key and value."""
    with pytest.raises(ConfigError, match=rf"{next(iter(wrong))} = .* is refused"):
        BacktestConfig(hold_bars=1, **wrong)


def test_kelly_needs_its_odds() -> None:
    """What is won and lost is said, or follows from the levels."""
    with pytest.raises(ConfigError, match=r"kelly has to know what is at stake; set kelly_win or take_profit"):
        BacktestConfig(**KELLY, stop_loss=0.1)
    with pytest.raises(ConfigError, match=r"what is at stake; set kelly_loss or stop_loss"):
        BacktestConfig(**KELLY, kelly_win=0.1, trailing_stop=0.1)
    assert BacktestConfig(**KELLY, take_profit=0.1, kelly_loss=0.1).sizing == "kelly"


def test_places_need_one_account() -> None:
    """A limit over assets that share nothing would never bind."""
    with pytest.raises(ConfigError, match=r"max_positions = 2 needs one account; add capital: shared"):
        BacktestConfig(hold_bars=1, max_positions=2)
    assert BacktestConfig(hold_bars=1, max_positions=2, capital="shared").max_positions == 2
