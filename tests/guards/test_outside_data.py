from __future__ import annotations

import numpy as np
import pandas as pd

from tests.guards.leaky_features import honest
from trady2.guards.bar_table import BarTable
from trady2.guards.feature_probe import FeatureProbe
from trady2.guards.outside_data import outside_findings


def found(bars: pd.DataFrame, **columns: object) -> list[str | None]:
    """Return the columns that are said to come from elsewhere."""

    def build(given: pd.DataFrame) -> pd.DataFrame:
        return honest(given).assign(**{name: make(given) for name, make in columns.items()})  # type: ignore[operator]

    outcome = outside_findings(FeatureProbe(build, BarTable.of(bars), 60, 0))
    assert all(finding.level == "warn" for finding in outcome)
    return [finding.column for finding in outcome]


def test_data_from_elsewhere_is_named(bars: pd.DataFrame) -> None:
    """A table that the function holds beside the bars cannot be audited, and a person is told."""
    table = pd.Series(np.random.default_rng(0).normal(size=len(bars)), index=bars.timestamp)
    assert found(bars, table=lambda b: table.reindex(b.timestamp).to_numpy()) == ["table"]


def test_a_calendar_is_no_outside_data(bars: pd.DataFrame) -> None:
    """The hour, the day of the week, of the month and of the year, and a constant, come from the time itself."""
    calendar = {
        "weekday": lambda b: b.timestamp.dt.dayofweek,
        "month_end": lambda b: b.timestamp.dt.day > 28,
        "season": lambda b: np.sin(b.timestamp.dt.month / 12 * 2 * np.pi),
        "one": lambda _: 1.0,
    }
    assert found(bars, **calendar) == []


def test_the_bars_own_features_are_no_outside_data(bars: pd.DataFrame) -> None:
    """Features of prices, volume, shape and direction all move with the bars."""
    shapes = {
        "range": lambda b: np.log(b.high / b.low),
        "green": lambda b: b.close > b.open,
        "relative_volume": lambda b: b.volume / b.volume.rolling(5).mean(),
    }
    assert found(bars, **shapes) == []


def test_a_function_that_fails_on_other_numbers_is_told_elsewhere(bars: pd.DataFrame) -> None:
    """Where the function cannot be called on poisoned bars, A3 has its message, and this says nothing."""
    first = bars.close[0]

    def picky(given: pd.DataFrame) -> object:
        if given.close[0] != first:
            raise ValueError("unknown prices")
        return given.close

    assert found(bars, picky=picky) == []


def test_other_columns_on_other_numbers_are_told_elsewhere(bars: pd.DataFrame) -> None:
    """Where the columns change with the numbers, nothing can be compared."""
    first = bars.close[0]

    def build(given: pd.DataFrame) -> pd.DataFrame:
        return honest(given).assign(**{"same" if given.close[0] == first else "other": 1.0})

    assert outside_findings(FeatureProbe(build, BarTable.of(bars), 60, 0)) == ()
