from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trady2.errors import DataError
from trady2.guards.bar_table import BarTable
from trady2.guards.feature_probe import FeatureProbe


class Counted:
    """A feature function that knows how often it was called, and fails on short histories."""

    def __init__(self, least: int = 0) -> None:
        """Need at least so many bars."""
        self.calls, self.least = 0, least

    def __call__(self, bars: pd.DataFrame) -> pd.DataFrame:
        """Return the close."""
        self.calls += 1
        if len(bars) < self.least:
            raise ValueError(f"{len(bars)} bars")
        return pd.DataFrame({"timestamp": bars.timestamp, "x": bars.close})


def test_what_is_shared_is_computed_once(bars: pd.DataFrame) -> None:
    """All bars, and each window, are built once, however many checks ask."""
    build = Counted()
    probe = FeatureProbe(build, BarTable.of(bars), 60, 0)
    window = probe.plan.windows[0]
    first = probe.reference(window)
    assert probe.reference(window) is first
    assert probe.full is probe.full
    assert build.calls == 2
    assert probe.scale == {"x": pytest.approx(np.std(bars.close))}


def test_a_full_memory_forgets_nothing_that_matters(bars: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bytes that may be kept, windows are built again, with the same values."""
    monkeypatch.setattr("trady2.guards.feature_probe._KEPT_BYTES", 0)
    probe = FeatureProbe(Counted(), BarTable.of(bars), 60, 0)
    first, again = (probe.reference(probe.plan.windows[0]) for _ in range(2))
    assert first is not again
    np.testing.assert_array_equal(first.matrix, again.matrix)


def test_a_fault_is_told_each_time(bars: pd.DataFrame) -> None:
    """A function that cannot be called says why, on all bars and in a window."""
    probe = FeatureProbe(Counted(least=10_000), BarTable.of(bars), 60, 0)
    assert "it raised ValueError: 2495 bars" in str(probe.fault)
    for _ in range(2):
        with pytest.raises(DataError, match="it raised ValueError: 2495 bars"):
            _ = probe.full
        with pytest.raises(DataError, match="it raised ValueError: 140 bars"):
            probe.reference(probe.plan.windows[0])
