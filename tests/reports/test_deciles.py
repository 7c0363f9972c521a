from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trady2.reports.deciles import probability_deciles


@settings(deadline=None)
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


def test_net_returns_give_profit_and_share_of_gains() -> None:
    """Where trades are priced, each group has their mean and the share above 0; unknown ones do not count."""
    probability = np.repeat([0.2, 0.8], 4)
    net = np.array([0.01, -0.03, np.nan, 0.0, 0.02, 0.02, 0.02, -0.02])
    low, high = probability_deciles(probability, np.ones(8), np.zeros(8), net)
    assert (low["mean_net_return"], low["win_rate"]) == pytest.approx((-0.02 / 3, 1 / 3))
    assert (high["mean_net_return"], high["win_rate"]) == pytest.approx((0.01, 0.75))


def test_without_net_returns_there_is_no_profit() -> None:
    """Neither mean nor share is made up."""
    (row,) = probability_deciles(np.array([0.5]), np.ones(1), np.zeros(1))
    assert (row["mean_net_return"], row["win_rate"]) == (None, None)
