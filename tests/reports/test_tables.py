from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.stand_in import COLUMNS
from trady2.reports.tables import (
    best_trades,
    deepest_drawdowns,
    exit_reasons,
    monthly_returns,
    worst_trades,
    zone_table,
)


def trades(*rows: tuple[str, float, float]) -> pd.DataFrame:
    """Trades of given reason, net return and money, an hour apart."""
    start = pd.Timestamp("2024-01-01", tz="UTC")
    times = [start + pd.Timedelta(hours=i) for i in range(len(rows))]
    fixed = {"asset": "A", "entry_price": 1.0, "exit_price": 1.0, "quantity": 1.0, "gap": False}
    reason, net, pnl = zip(*rows, strict=True) if rows else ((), (), ())
    values = {"entry_time": times, "exit_time": times, "net_return": net, "pnl": pnl, "exit_reason": reason}
    return pd.DataFrame({name: (values | fixed)[name] for name in COLUMNS})


def test_exit_reasons_are_counted() -> None:
    """Each reason has its trades, share, win rate, mean return and money; the most frequent comes first."""
    rows = exit_reasons(trades(("time", 0.02, 20.0), ("stop_loss", -0.01, -9.0), ("time", -0.04, -30.0)))
    assert [row["reason"] for row in rows] == ["time", "stop_loss"]
    assert rows[0] == {
        "reason": "time",
        "trades": 2,
        "share": pytest.approx(2 / 3),
        "win_rate": 0.5,
        "mean_net_return": pytest.approx(-0.01),
        "pnl": -10.0,
    }


def test_no_trades_no_rows() -> None:
    """An empty list of trades gives empty tables."""
    assert (exit_reasons(trades()), worst_trades(trades()), best_trades(trades())) == ([], [], [])


def test_worst_trades_come_worst_first() -> None:
    """The lowest net returns in rising order, equals by time, as plain values."""
    rows = worst_trades(trades(*[("time", value, 0.0) for value in (0.1, -0.2, 0.0, -0.2, -0.3)]), count=3)
    assert [(row["net_return"], row["entry_time"][11:13]) for row in rows] == [(-0.3, "04"), (-0.2, "01"), (-0.2, "03")]


def test_best_trades_come_best_first() -> None:
    """The highest net returns in falling order, equals by time, as plain values."""
    rows = best_trades(trades(*[("time", value, 0.0) for value in (0.1, -0.2, 0.3, 0.1)]), count=3)
    assert [(row["net_return"], row["entry_time"][11:13]) for row in rows] == [(0.3, "02"), (0.1, "00"), (0.1, "03")]


def hourly(*money: float) -> pd.Series:
    """Equity of the hours of one day."""
    index = pd.date_range("2024-01-01", periods=len(money), freq="h", tz="UTC", unit="us")
    return pd.Series(money, index=index)


def test_drawdowns_come_deepest_first() -> None:
    """Each stretch below the peak has its first and lowest bar, its recovery, depth and length; one may last."""
    rows = deepest_drawdowns(hourly(100, 95, 99, 100, 120, 60, 90, 110, 120, 114))
    assert [
        (row["start"][11:13], row["bottom"][11:13], row["end"] and row["end"][11:13], row["bars"]) for row in rows
    ] == [
        ("05", "05", "08", 3),
        ("01", "01", "03", 2),
        ("09", "09", None, 1),
    ]
    assert [row["depth"] for row in rows] == pytest.approx([-0.5, -0.05, -0.05])


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=60))
def test_the_deepest_drawdown_is_the_maximum(values: list[int]) -> None:
    """The first row is the maximum drawdown, no row is deeper than the one before, and stretches do not overlap."""
    money = hourly(*map(float, values))
    rows = deepest_drawdowns(money)
    depths = [row["depth"] for row in rows]
    assert min(depths, default=0.0) == (money / money.cummax() - 1).min()
    assert depths == sorted(depths)
    spans = sorted((row["start"], row["end"] or "9") for row in rows)
    assert all(left[1] < right[0] for left, right in pairwise(spans))


def test_months_are_cut_at_their_last_bar() -> None:
    """Each month runs from the last equity of the month before; the first one from the initial cash."""
    index = pd.DatetimeIndex(["2023-12-30", "2023-12-31 23:00", "2024-01-01", "2024-01-31", "2024-03-01"], tz="UTC")
    rows = monthly_returns(pd.Series([100.0, 110.0, 120.0, 99.0, 99.0], index=index.as_unit("us")), 100.0)
    assert rows == [
        {"year": 2023, "month": 12, "return": pytest.approx(0.1)},
        {"year": 2024, "month": 1, "return": pytest.approx(-0.1)},
        {"year": 2024, "month": 3, "return": 0.0},
    ]


def test_months_compound_to_the_whole(case: SimpleNamespace) -> None:
    """The product of the months is the last equity over the initial cash."""
    growth = np.prod([1 + row["return"] for row in case.report["monthly_returns"]])
    assert growth == pytest.approx(case.backtest.equity.iloc[-1] / 10_000)
    assert monthly_returns(case.backtest.equity.iloc[:0], 100.0) == []


def test_zones_stand_in_order_of_time() -> None:
    """Zones are sorted by their start, and no zones are an empty table."""
    later, sooner = {"zone": "test", "start": "2024"}, {"zone": "train", "start": "2023"}
    assert zone_table([later, sooner]) == [sooner, later]
    assert zone_table(None) == []
