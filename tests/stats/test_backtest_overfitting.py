from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import linregress, rankdata

from trady2.errors import DataError, NotEnoughDataError
from trady2.stats.backtest_overfitting import probability_of_backtest_overfitting


def slow_logits(returns: np.ndarray, n_blocks: int) -> np.ndarray:
    """Return logit, Sharpe ratio in and out of sample of every combination, one after the other, on the rows."""
    rows = np.arange(len(returns) % n_blocks, len(returns)).reshape(n_blocks, -1)
    found = []
    for chosen in combinations(range(n_blocks), n_blocks // 2):
        others = [block for block in range(n_blocks) if block not in chosen]
        inside, outside = (sharpes(returns[rows[list(blocks)].ravel()]) for blocks in (chosen, others))
        best = int(np.argmax(inside))
        share = rankdata(outside)[best] / (returns.shape[1] + 1)
        found.append((np.log(share / (1 - share)), inside[best], outside[best]))
    return np.array(found).T


def sharpes(returns: np.ndarray) -> np.ndarray:
    """Return the Sharpe ratio of each column, 0 for one that does not vary."""
    varies = np.ptp(returns, axis=0) > 0
    return np.where(varies, returns.mean(axis=0) / np.where(varies, returns.std(axis=0, ddof=1), 1), 0)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(24, 60),
    columns=st.integers(2, 9),
    n_blocks=st.sampled_from([2, 4, 6, 8]),
    scale=st.sampled_from([1e-6, 1.0, 1e4]),
    kinds=st.sets(st.sampled_from(["copy", "flat", "flat at first", "seldom"])),
)
def test_equals_going_through_the_rows(
    seed: int, rows: int, columns: int, n_blocks: int, scale: float, kinds: set[str]
) -> None:
    """Copies, flat strategies, ones that seldom trade, and lengths that do not divide give what a slow loop gives."""
    returns = np.random.default_rng(seed).normal(0.05, 1, (rows, columns)) * scale
    changes = {
        "copy": lambda: returns[:, 0],
        "flat": lambda: np.zeros(rows),
        "flat at first": lambda: np.where(np.arange(rows) < rows * 0.6, 0, returns[:, -1]),
        "seldom": lambda: np.where(np.arange(rows) % 7 == 0, returns[:, -1], 0),
    }
    for place, kind in enumerate(sorted(kinds), 1):
        returns[:, place % columns] = changes[kind]()
    logits, inside, outside = slow_logits(returns, n_blocks)
    found = probability_of_backtest_overfitting(returns, n_blocks)
    np.testing.assert_allclose(found.logits, logits, atol=1e-9)
    np.testing.assert_allclose(found.in_sample, inside, atol=1e-9)
    np.testing.assert_allclose(found.out_of_sample, outside, atol=1e-9)
    assert found.probability == np.mean(logits <= 1e-12)
    assert (found.n_combinations, found.n_dropped) == (len(logits), rows % n_blocks)
    if np.ptp(inside) > 1e-9:
        assert found.degradation == pytest.approx(linregress(inside, outside).slope, abs=1e-6)
        assert found.probability_of_loss == pytest.approx(np.mean(outside < 0), abs=0.02)


def test_purgedcv() -> None:
    """For an even number of strategies, where no rank is the middle one, purgedcv 0.1.11 gives the same.

    It counts logits below 0, we those up to 0; its Sharpe ratios have ddof 1, as ours.
    """
    t, k = np.arange(96)[:, None], np.arange(8)[None, :]
    returns = 0.01 * np.sin((k + 2) * t * t / 11) + 0.002 * np.cos(0.07 * t * (k + 1)) + 0.0005 * k
    found = probability_of_backtest_overfitting(returns, 8)
    assert (found.n_combinations, found.n_blocks, found.n_dropped) == (70, 8, 0)
    assert found.probability == pytest.approx(0.05714285714285714, abs=1e-12)
    assert found.degradation == pytest.approx(-0.6132719491981007, abs=1e-9)
    assert found.logits.mean() == pytest.approx(1.1203439779103337, abs=1e-9)
    assert found.in_sample[-2:] == pytest.approx([0.5779427142072923, 0.5647056663121747])
    assert found.out_of_sample[-2:] == pytest.approx([0.5081959558201584, 0.6727299169464988])


def test_middle_rank_counts_as_overfit() -> None:
    """Of three strategies, where the best of one half is second in the other, logits are exactly 0, and that counts."""
    middle = np.array([[1.0, 0.4, -1.0], [1.1, 0.6, -1.1], [0.4, 1.0, -1.0], [0.6, 1.1, -1.1]])
    found = probability_of_backtest_overfitting(middle, 2)
    assert found.logits.tolist() == [0.0, 0.0]
    assert found.probability == 1.0


def test_copies_of_one_strategy_say_nothing() -> None:
    """Copies share the middle rank, so every logit is 0, whatever a matrix product makes of their last digits."""
    one = np.random.default_rng(0).normal(0.02, 1, 160)
    found = probability_of_backtest_overfitting(np.tile(one[:, None], 37), 8)
    assert found.probability == 1.0
    assert np.abs(found.logits).max() == 0.0


def test_noise_and_skill() -> None:
    """Over 40 sets of 50 noisy strategies of two years it is near a half and scatters; with a real one it is low."""
    noise, skill = [], []
    for seed in range(40):
        returns = np.random.default_rng(seed).standard_normal((504, 50))
        noise.append(probability_of_backtest_overfitting(returns, 10).probability)
        returns[:, 0] += 2.5 / np.sqrt(252)
        skill.append(probability_of_backtest_overfitting(returns, 10).probability)
    assert 0.42 < np.mean(noise) < 0.62
    assert min(noise) < 0.4 < 0.65 < max(noise)
    assert np.mean(skill) < 0.3


def test_certain_skill_and_certain_reversal() -> None:
    """A strategy that always wins is never overfit; strategies that pay back what they earned always are."""
    rows = np.random.default_rng(1).normal(0, 0.1, (64, 6))
    skilled = rows + np.array([1, 0, 0, 0, 0, 0])
    found = probability_of_backtest_overfitting(skilled, 8)
    assert (found.probability, found.probability_of_loss) == (0.0, 0.0)
    tide = np.where(np.arange(64) < 32, 1, -1)[:, None] * np.array([1, -1])
    found = probability_of_backtest_overfitting(rows[:, :2] + tide, 2)
    assert (found.probability, found.probability_of_loss) == (1.0, 1.0)


def test_nothing_to_tell_a_slope_from() -> None:
    """Where the best looks the same in every half there is no slope."""
    found = probability_of_backtest_overfitting(np.zeros((8, 3)), 4)
    assert np.isnan(found.degradation)
    assert (found.probability, found.probability_of_loss) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("returns", "n_blocks", "message"),
    [
        (np.zeros(40), 4, r"returns of shape \(40,\) compare nothing; give two strategies or more, time down"),
        (np.zeros((40, 1)), 4, r"returns of shape \(40, 1\) compare nothing"),
        (np.zeros((40, 3)), 5, r"n_blocks=5 has no halves to go through; choose an even number from 2 to 20"),
        (np.zeros((40, 3)), 0, r"n_blocks=0 has no halves"),
        (np.zeros((100, 3)), 22, r"n_blocks=22 has no halves"),
        (np.where(np.arange(120).reshape(40, 3) == 17, np.nan, 0), 4, r"returns\[5, 2\] = nan is no return; fill it"),
        (np.where(np.arange(120).reshape(40, 3) == 17, np.inf, 0), 4, r"returns\[5, 2\] = inf is no return"),
    ],
)
def test_what_cannot_be_compared(returns: np.ndarray, n_blocks: int, message: str) -> None:
    """One strategy, odd or too many blocks, and values that are not finite are refused."""
    with pytest.raises(DataError, match=message):
        probability_of_backtest_overfitting(returns, n_blocks)


def test_too_short() -> None:
    """Fewer than two rows a block are refused."""
    with pytest.raises(NotEnoughDataError, match=r"7 rows are fewer than two for each of 4 blocks"):
        probability_of_backtest_overfitting(np.zeros((7, 3)), 4)
