from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trady2.errors import DataError, NotEnoughDataError
from trady2.stats import superior_ability
from trady2.stats.superior_ability import long_run_deviation, stationary_counts, superior_predictive_ability


def slow_deviation(away: np.ndarray, block_length: float) -> np.ndarray:
    """Return Hansen's deviations by adding up autocovariances lag by lag (2005, section 3.2.2)."""
    rows, kept = len(away), 1 - 1 / block_length
    variance = np.sum(away**2, axis=0) / rows
    for lag in range(1, rows):
        weight = (rows - lag) / rows * kept**lag + lag / rows * kept ** (rows - lag)
        variance += 2 * weight * np.sum(away[lag:] * away[:-lag], axis=0) / rows
    return np.sqrt(variance)


def market(rows: int, columns: int, seed: int, edge: float = 0.0) -> np.ndarray:
    """Return excess returns with common moves, of very different size, the first with an edge in its own units."""
    generator = np.random.default_rng(seed)
    returns = generator.standard_normal((rows, columns)) + generator.standard_normal((rows, 1))
    returns[:, 0] += edge
    return returns * np.geomspace(0.001, 0.1, columns)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(10, 80), block_length=st.floats(1, 40))
def test_deviation_equals_adding_up_the_lags(seed: int, rows: int, block_length: float) -> None:
    """In the frequencies it is what the lags add up to, for every length and block."""
    away = np.random.default_rng(seed).standard_normal((rows, 3)).cumsum(axis=0)
    away -= away.mean(axis=0)
    np.testing.assert_allclose(long_run_deviation(away, block_length), slow_deviation(away, block_length), rtol=1e-7)


def test_replicates_are_blocks_that_go_round() -> None:
    """Each replicate has as many periods as history, each period its share, and the spread that the formula says."""
    counts = stationary_counts(60, 20_000, 6.0, np.random.default_rng(0))
    assert set(counts.sum(axis=1)) == {60.0}
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.05)
    away = np.random.default_rng(1).standard_normal((60, 1)).cumsum(axis=0)
    away -= away.mean(axis=0)
    spread = (counts @ away).std() / np.sqrt(60)
    assert spread == pytest.approx(slow_deviation(away, 6.0)[0], rel=0.02)
    assert set(stationary_counts(7, 5, 1e9, np.random.default_rng(0)).ravel()) == {1.0}


@pytest.mark.parametrize("edge", [0.0, 0.15, 0.3])
@pytest.mark.parametrize("bad", [0.0, -0.4], ids=["all equal", "some clearly worse"])
def test_equals_arch(edge: float, bad: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own resamples, arch 8.0.0 counts the same replicates, once the series are studentised for it.

    It takes losses. It divides no mean by its deviation, so it gets series that are divided beforehand.
    """
    from arch.bootstrap import SPA as ARCH_SPA
    from arch.bootstrap import StationaryBootstrap

    excess, block, replicates = market(150, 6, 3, edge), 5, 400
    excess[:, 4:] += bad * np.array([0.04, 0.1])
    scaled = excess / slow_deviation(excess - excess.mean(axis=0), block)
    theirs = ARCH_SPA(np.zeros(150), -scaled, block_size=block, reps=replicates, seed=11)
    theirs.compute()
    resamples = StationaryBootstrap(block, np.arange(150), seed=11).bootstrap(replicates)
    counts = np.array([np.bincount(data[0], minlength=150) for data, _ in resamples], float)
    monkeypatch.setattr(superior_ability, "stationary_counts", lambda *_: counts)
    ours = superior_predictive_ability(excess, block_length=block, replicates=replicates)
    assert ours.statistic == pytest.approx(np.sqrt(150) * scaled.mean(axis=0).max())
    counted = [p * (replicates + 1) - 1 for p in (ours.p_lower, ours.p_consistent, ours.p_upper)]
    assert counted == pytest.approx([p * replicates for p in theirs.pvalues], abs=1e-6)


def test_the_most_volatile_strategy_does_not_decide() -> None:
    """A small and steady gain is seen beside a hundred times more volatile strategies, which plain means hide."""
    found = superior_predictive_ability(market(600, 20, 0, edge=0.3), block_length=10)
    assert (found.best, found.p_upper < 0.01) == (0, True)


def test_p_values_are_ordered_and_never_zero() -> None:
    """Liberal, consistent and conservative probabilities follow each other; the smallest is one in all replicates."""
    excess = market(300, 10, 1, edge=0.1)
    excess[:, 5:] -= 0.5 * np.geomspace(0.001, 0.1, 10)[5:]
    found = superior_predictive_ability(excess, block_length=5)
    assert 0 < found.p_lower <= found.p_consistent <= found.p_upper < 1
    sure = superior_predictive_ability(market(300, 3, 2, edge=5.0), block_length=5, replicates=199)
    assert (sure.p_lower, sure.p_consistent, sure.p_upper) == pytest.approx((1 / 200,) * 3)


def test_nothing_above_the_benchmark() -> None:
    """Losers have statistic 0 and probability 1, even the liberal one; so has a strategy that is the benchmark."""
    losers = market(200, 4, 4) - 1.0
    for excess in (losers, np.zeros((200, 3)), np.full((200, 2), 1e-3)):
        found = superior_predictive_ability(excess, block_length=5, replicates=50)
        assert found[:5] == (0.0, -1, 1.0, 1.0, 1.0)


def test_same_seed_same_probabilities() -> None:
    """The seed decides every replicate, however many are drawn at once."""
    excess = market(200, 5, 5, edge=0.1)
    first = superior_predictive_ability(excess, block_length=5, seed=1)
    assert superior_predictive_ability(excess, block_length=5, seed=1) == first
    assert superior_predictive_ability(excess, block_length=5, seed=2) != first


@pytest.mark.parametrize(("edge", "least", "most"), [(0.0, 0.0, 0.11), (0.12, 0.6, 1.0)], ids=["worthless", "real"])
def test_size_and_power(edge: float, least: float, most: float) -> None:
    """Of 100 sets of fifteen worthless strategies about a twentieth are called better, with one real one most are."""
    called = 0
    for seed in range(100):
        excess = np.random.default_rng([seed, 9]).standard_normal((1000, 15))
        excess[:, 0] += edge
        called += superior_predictive_ability(excess, block_length=4, replicates=199, seed=seed).p_consistent <= 0.05
    assert least <= called / 100 <= most


@pytest.mark.parametrize(
    ("excess", "block_length", "message"),
    [
        (np.zeros(50), 5, r"excess of shape \(50,\) holds no strategy"),
        (np.zeros((50, 0)), 5, r"excess of shape \(50, 0\) holds no strategy"),
        (np.full((50, 2), np.nan), 5, r"excess holds values that are not finite; fill them"),
        (np.zeros((50, 2)), 0.5, r"block_length=0.5 is shorter than a period; give at least the holding time"),
    ],
)
def test_what_cannot_be_tested(excess: np.ndarray, block_length: float, message: str) -> None:
    """No strategy, values that are not finite, and blocks below one period are refused."""
    with pytest.raises(DataError, match=message):
        superior_predictive_ability(excess, block_length=block_length)


def test_too_short() -> None:
    """Nine periods are too few."""
    with pytest.raises(NotEnoughDataError, match=r"9 periods are too few to test on; 10 are the least"):
        superior_predictive_ability(np.zeros((9, 2)), block_length=2)
