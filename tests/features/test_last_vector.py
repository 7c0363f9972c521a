from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.features.conftest import arrays, simulate
from trady2.config import FeaturesConfig
from trady2.errors import ConfigError, NotEnoughDataError, NotFoundError
from trady2.features.building import build, feature_names, warmup_bars
from trady2.features.last_vector import LastVector

HOUR = 3_600_000_000
DEFAULT = FeaturesConfig()


def last_of(frame: pd.DataFrame) -> np.ndarray:
    """Return the features of the last row as one array."""
    return frame.drop(columns=["timestamp", "asset", "open", "high", "low", "close", "volume"]).iloc[-1].to_numpy()


@pytest.mark.parametrize("count", [481, 700, 2_047, 2_600, 4_999])
def test_it_is_the_last_row_of_build(bars: pd.DataFrame, count: int) -> None:
    """Whatever the bars reach back to, the last vector has the bits that `build` gives for the same bars."""
    part = bars.iloc[-count:].reset_index(drop=True)
    vector = LastVector(DEFAULT, HOUR, market=False)
    assert vector("AAA", arrays(part), {}).tobytes() == last_of(build(part)).tobytes()
    assert vector.names == feature_names(DEFAULT, market=False)


def test_with_history_enough_it_is_that_of_the_longest_history(bars: pd.DataFrame) -> None:
    """From `history_bars` before its block on, older bars change no bit of it."""
    vector, everything = LastVector(DEFAULT, HOUR, market=False), arrays(bars)
    number = everything.time // (2_048 * HOUR)
    enough = int(np.sum(number == number[-1])) + vector.history_bars
    recent = everything.rows(len(bars) - enough, len(bars))
    assert vector("AAA", recent, {}).tobytes() == last_of(build(bars)).tobytes()


@pytest.mark.parametrize("leader", [None, "BBB", "AAA"])
def test_beside_a_market_too(bars: pd.DataFrame, leader: str | None) -> None:
    """With the mean of the others, a leader, or being the leader itself, as `build` does with all the bars."""
    config = FeaturesConfig(market_leader=leader)
    others = {name: simulate(5_000, seed=seed, asset=name).iloc[1_000:] for seed, name in ((1, "BBB"), (2, "CCC"))}
    part = bars.iloc[-900:].reset_index(drop=True)
    together = pd.concat([part, *others.values()], ignore_index=True)
    built = build(together, config)
    vector = LastVector(config, HOUR, market=True)
    found = vector("AAA", arrays(part), {name: arrays(each) for name, each in others.items()})
    assert found.tobytes() == last_of(built[built["asset"] == "AAA"]).tobytes()


def test_too_few_bars_are_counted(bars: pd.DataFrame) -> None:
    """One bar below the warm-up is refused with the number that is enough, and that number gives every value."""
    vector, needed = LastVector(DEFAULT, HOUR, market=False), warmup_bars(DEFAULT) + 1
    everything = arrays(bars)
    with pytest.raises(NotEnoughDataError, match=f"^{needed - 1} bars are too few.*send at least {needed}$") as caught:
        vector("AAA", everything.rows(0, needed - 1), {})
    assert caught.value.needed == needed
    assert np.isfinite(vector("AAA", everything.rows(0, needed), {})).all()


def test_a_missing_leader_is_named(bars: pd.DataFrame) -> None:
    """The market has to hold the leader that the configuration names."""
    vector = LastVector(FeaturesConfig(market_leader="BTC"), HOUR, market=True)
    with pytest.raises(NotFoundError, match="market_leader 'BTC' is not among the bars"):
        vector("AAA", arrays(bars), {"BBB": arrays(bars)})


def test_builders_of_the_users_own_are_refused() -> None:
    """They work on frames."""
    with pytest.raises(ConfigError, match=r"features\.builder = 'my:own' works on frames.*send features"):
        LastVector(FeaturesConfig(builder="my:own"), HOUR, market=False)
