from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.guards.quick_market import market
from tests.guards.tuning import tuning_config
from trady2.guards.tune_zone import end_before, tuning_end
from trady2.learning.split import cut_zones
from trady2.learning.target import label_arrays


def test_tuning_ends_before_the_zone_calibrate_begins() -> None:
    """The last bar that may be seen is known before the first decision that a training calibrates on."""
    panel, config = market(rows=2_000), tuning_config()
    labels = label_arrays(panel, config.target)
    zones = cut_zones(panel, labels, config.split, hold_bars=config.backtest.hold_bars)
    end = tuning_end(panel, config)
    assert end + panel.step <= zones.start["calibrate"]
    assert end + panel.step >= zones.start["calibrate"] - 20 * panel.step
    assert (panel.timestamp < end).mean() > 0.6


def test_only_the_clock_is_looked_at() -> None:
    """Prices that are no numbers, and features that are none, change nothing."""
    panel = market(rows=2_000)
    nothing = np.full(len(panel), np.nan)
    blind = replace(panel, **dict.fromkeys(("open", "high", "low", "close", "volume"), nothing))
    assert tuning_end(blind, tuning_config()) == tuning_end(panel, tuning_config())


def test_every_zone_has_an_end_before_it() -> None:
    """The later the zone, the later the end; that before ``calibrate`` is the one of tuning."""
    panel, config = market(rows=2_000), tuning_config()
    ends = [end_before(panel, config, zone) for zone in ("stop", "calibrate", "test")]
    assert ends == sorted(ends)
    assert ends[1] == tuning_end(panel, config)
    labels = label_arrays(panel, config.target)
    zones = cut_zones(panel, labels, config.split, hold_bars=config.backtest.hold_bars)
    assert ends[2] + panel.step <= zones.start["test"]
