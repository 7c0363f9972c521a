"""The checks that a feature function alone allows, in their order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trady2.guards.bar_table import BarTable
from trady2.guards.certificate import Outcome
from trady2.guards.check import Check
from trady2.guards.feature_probe import FeatureProbe
from trady2.guards.feature_scan import scan, scan_outcome
from trady2.guards.frame_contract import frame_contract
from trady2.guards.lookahead import poison, truncation
from trady2.guards.warmup import warmup

__all__ = ["FEATURE_CHECKS"]

_HORIZONS = (1, 12)


def _scanned(probe: FeatureProbe) -> Outcome:
    """A6, where there is no target: the direction of the close 1 and 12 bars ahead."""
    results = {
        f"{ahead} bar{'s' * (ahead > 1)}": scan(probe.full.matrix, probe.full.names, _direction(probe.bars, ahead))
        for ahead in _HORIZONS
    }
    return scan_outcome(results)


def _direction(bars: BarTable, ahead: int) -> npt.NDArray[np.int8]:
    """Return the sign of the move of the close over the next *ahead* bars of the asset; 0 where it is unknown."""
    close = bars.frame["close"].to_numpy(np.float64)
    direction = np.zeros(len(close), np.int8)
    same = bars.code[ahead:] == bars.code[:-ahead]
    direction[:-ahead] = np.where(same, np.sign(close[ahead:] - close[:-ahead]), 0)
    return direction


FEATURE_CHECKS: dict[str, Check[FeatureProbe]] = {
    "A0": Check("A0", 1, "hard", frame_contract),
    "A2": Check("A2", 1, "hard", truncation),
    "A3": Check("A3", 1, "hard", poison),
    "A4": Check("A4", 1, "hard", warmup),
    "A6": Check("A6", 1, "hard", _scanned),
}
"""By name; A6 here knows no target, and the audit of a training has one of its own."""
