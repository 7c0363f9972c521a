"""Which part of history a search or a study may see: what lies before a zone by the clock, and not a bar more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trady2.learning.split import make_zones, trade_exits
from trady2.learning.target import label_arrays

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel

__all__ = ["end_before", "tuning_end"]


def tuning_end(panel: Panel, config: Config) -> np.datetime64:
    """Return the open of the first bar that tuning must not read, UTC; see `end_before`."""
    return end_before(panel, config, "calibrate")


def end_before(panel: Panel, config: Config, zone: str) -> np.datetime64:
    """Return the open of the bar at whose close the *zone* begins, UTC.

    Of *panel* only assets and times are looked at, so what lies behind the moment cannot move it. Rows in a warm-up
    count here and not in a training, whose zone therefore begins a little later.

    Raises:
        NotEnoughDataError: as `make_zones` does.
    """
    times_alone = replace(panel, close=np.ones(len(panel)))
    ends = label_arrays(times_alone, config.target).label_end
    exits = trade_exits(panel, config.backtest.hold_bars)
    zones = make_zones(panel.decision_time, ends, exits, config.split, panel.step)
    end: np.datetime64 = zones.start[zone] - panel.step
    return end
