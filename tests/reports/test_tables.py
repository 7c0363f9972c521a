from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.stand_in import COLUMNS
from trady2.reports.tables import exit_reasons, monthly_returns, probability_deciles, worst_trades, zone_table


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
    assert (exit_reasons(trades()), worst_trades(trades())) == ([], [])


def test_worst_trades_come_worst_first() -> None:
    """The lowest net returns in rising order, equals by time, as plain values."""
    rows = worst_trades(trades(*[("time", value, 0.0) for value in (0.1, -0.2, 0.0, -0.2, -0.3)]), count=3)
    assert [(row["net_return"], row["entry_time"][11:13]) for row in rows] == [(-0.3, "04"), (-0.2, "01"), (-0.2, "03")]


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


@given(st.lists(st.integers(0, 30), min_size=1, max_size=300))
def test_equal_probabilities_share_a_group(codes: list[int]) -> None:
    """Groups partition the rows in order of probability, and none begins inside a run of equals."""
    probability = np.array(codes) / 30
    rows = probability_deciles(probability, np.ones(len(codes)), np.zeros(len(codes)))
    assert sum(row["rows"] for row in rows) == len(codes)
    assert len(rows) <= 10
    assert all(left["probability_high"] < right["probability_low"] for left, right in pairwise(rows))


def test_deciles_average_their_rows() -> None:
    """A hundred distinct probabilities give ten groups of ten with the means of exactly those rows."""
    probability = np.arange(100) / 100
    label, forward = (probability > 0.495).astype(float), probability**2
    shuffled = np.random.default_rng(0).permutation(100)
    rows = probability_deciles(probability[shuffled], label[shuffled], forward[shuffled])
    assert [row["rows"] for row in rows] == [10] * 10
    assert [row["realised_rate"] for row in rows] == [0.0] * 5 + [1.0] * 5
    assert rows[3]["probability_mean"] == pytest.approx(0.345)
    assert rows[3]["mean_forward_return"] == pytest.approx(np.mean((np.arange(30, 40) / 100) ** 2))


def test_unknown_rows_are_left_out_of_the_deciles() -> None:
    """Rows without probability or label do not count; a group without a known return has none."""
    probability, label = np.array([0.1, np.nan, 0.2, 0.3]), np.array([1.0, 1.0, -1.0, np.nan])
    (row,) = probability_deciles(probability, label, np.full(4, np.nan))
    assert (row["rows"], row["probability_mean"], row["mean_forward_return"]) == (1, 0.1, None)
    assert probability_deciles(probability[1:2], label[1:2], label[1:2]) == []


def test_zones_stand_in_order_of_time() -> None:
    """Zones are sorted by their start, and no zones are an empty table."""
    later, sooner = {"zone": "test", "start": "2024"}, {"zone": "train", "start": "2023"}
    assert zone_table([later, sooner]) == [sooner, later]
    assert zone_table(None) == []
