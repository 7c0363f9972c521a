from __future__ import annotations

import numpy as np
import pandas as pd

from tests.guards.leaky_features import honest
from trady2.guards.bar_table import BarTable
from trady2.guards.feature_checks import FEATURE_CHECKS
from trady2.guards.feature_probe import FeatureProbe


def scanned(bars: pd.DataFrame, **columns: object) -> dict[str | None, str]:
    """Return the level by which A6 names a column."""

    def build(given: pd.DataFrame) -> pd.DataFrame:
        return honest(given).assign(**columns)

    outcome = FEATURE_CHECKS["A6"].run(FeatureProbe(build, BarTable.of(bars), 60, 0)).outcome
    assert outcome.numbers["targets"] == ["1 bar", "12 bars"]
    return {finding.column: finding.level for finding in outcome.findings}


def test_both_horizons_are_scanned(bars: pd.DataFrame) -> None:
    """Who knows the next bar is found, and who knows the next twelve."""
    random = np.random.default_rng(0).normal(size=(2, len(bars)))
    next_bar = np.sign(bars.close.shift(-1) - bars.close) + random[0]
    twelve = np.sign(bars.close.shift(-12) - bars.close) + random[1]
    found = scanned(bars, next_bar=next_bar.to_numpy(), twelve=twelve.to_numpy())
    assert {name: level for name, level in found.items() if level == "hard"} == {"next_bar": "hard", "twelve": "hard"}


def test_a_move_ends_with_its_asset() -> None:
    """The last bars of an asset have no direction, though another asset follows in the frame."""
    from trady2.data.simulation import simulate_bars

    both = pd.concat([simulate_bars(300, seed=s, asset=a) for s, a in ((1, "A"), (2, "B"))], ignore_index=True)
    jump = pd.concat([both[:300], both[300:].assign(**{n: both[n] * 50 for n in ("open", "high", "low", "close")})])
    from trady2.guards.feature_checks import _direction

    for ahead in (1, 12):
        direction = _direction(BarTable.of(jump), ahead)
        close = jump.close.to_numpy()
        expected = np.sign(close[ahead:300] - close[: 300 - ahead])
        np.testing.assert_array_equal(direction[: 300 - ahead], expected)
        assert (direction[300 - ahead : 300] == 0).all()
        assert (direction[-ahead:] == 0).all()
