from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from trady2.stats.bootstrap import block_interval, block_standard_error, block_sums


def mean(sums: np.ndarray) -> np.ndarray:
    """Return the mean from the sums of values and of ones."""
    return sums[..., 0] / sums[..., 1]


def log_ratio(sums: np.ndarray) -> np.ndarray:
    """Return the logarithm of the ratio of two sums."""
    return np.log(sums[..., 0] / sums[..., 1])


def unit_blocks(values: np.ndarray) -> np.ndarray:
    """Return each value as a block of its own."""
    return np.stack([values, np.ones(len(values))], axis=1)


def test_block_sums() -> None:
    """Each column is added up inside each block, empty blocks included."""
    sums = block_sums([np.array([1.0, 2, 4]), np.array([True, False, True])], np.array([0, 2, 2]), 4)
    assert sums.tolist() == [[1, 1], [0, 0], [6, 1], [0, 0]]


def test_standard_error_of_a_mean_is_the_textbook_one() -> None:
    """With blocks of one value the error is s / sqrt(n)."""
    values = np.random.default_rng(0).normal(size=50)
    assert block_standard_error(mean, unit_blocks(values)) == pytest.approx(stats.sem(values))


def test_standard_error_of_a_ratio_is_the_delta_method() -> None:
    """The error of a logarithm of a ratio follows from its two relative errors and their covariance."""
    sums = np.random.default_rng(1).gamma(5, size=(40, 2))
    relative = sums / sums.sum(axis=0)
    expected = np.sqrt(40 / 39 * np.sum((relative[:, 0] - relative[:, 1]) ** 2))
    assert block_standard_error(log_ratio, sums) == pytest.approx(expected)


def test_interval_of_a_normal_mean_is_students() -> None:
    """For normal values the studentised interval is Student's t interval, but for the noise of drawing."""
    values = np.random.default_rng(2).normal(3, 2, size=60)
    interval = block_interval(mean, unit_blocks(values), replicates=20_000)
    expected = stats.t.interval(0.9, 59, values.mean(), stats.sem(values))
    assert interval.value == pytest.approx(values.mean())
    np.testing.assert_allclose(interval[1:], expected, atol=0.04)


def test_interval_of_a_skewed_mean_leans_to_the_long_side() -> None:
    """For a right-skewed mean the upper end is farther away than the lower one."""
    interval = block_interval(mean, unit_blocks(np.random.default_rng(3).lognormal(0, 1.2, size=80)))
    assert interval.high - interval.value > 1.3 * (interval.value - interval.low)


@pytest.mark.parametrize("factor", [1e-9, 1e12])
def test_scale_of_the_sums_does_not_matter(factor: float) -> None:
    """A statistic of ratios has the same interval whatever unit the sums are in."""
    sums = np.random.default_rng(4).gamma(5, size=(30, 2))
    np.testing.assert_allclose(block_interval(log_ratio, sums * factor), block_interval(log_ratio, sums), rtol=1e-9)


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0, 4.0], [2.0] * 50])
def test_no_ends_without_evidence(values: list[float]) -> None:
    """Four blocks, or blocks that are all alike, give the estimate without an interval."""
    interval = block_interval(mean, unit_blocks(np.array(values)))
    assert interval.value == np.mean(values)
    assert np.isnan(interval[1:]).all()


def test_no_ends_where_most_draws_are_undefined() -> None:
    """A ratio whose denominator lives in one block alone has no interval."""
    sums = np.stack([np.arange(20.0), np.eye(20)[0]], axis=1)
    assert np.isnan(block_interval(mean, sums)[1:]).all()


def test_same_seed_same_interval() -> None:
    """The seed decides every draw."""
    sums = unit_blocks(np.random.default_rng(6).normal(size=30))
    assert block_interval(mean, sums, seed=1) == block_interval(mean, sums, seed=1)
    assert block_interval(mean, sums, seed=1) != block_interval(mean, sums, seed=2)


@pytest.mark.parametrize("pieces", [1, 4])
def test_error_of_independent_values_does_not_need_the_pieces(pieces: int) -> None:
    """With independent pieces the error is right on average, however many of them make a block."""
    values = np.random.default_rng(7).normal(0, 3, size=(400, 160))
    errors = [block_standard_error(mean, unit_blocks(row), pieces) for row in values]
    assert np.mean(np.square(errors)) == pytest.approx(9 / 160, rel=0.03)
    assert np.var(np.square(errors)) / np.mean(np.square(errors)) ** 2 == pytest.approx(
        2 / (160 / pieces - 1), rel=0.25
    )


def test_finer_pieces_miss_less_of_what_blocks_share() -> None:
    """For values that remember each other a variance from pieces is nearer to the truth than one from whole blocks."""
    steps = np.random.default_rng(8).standard_normal((400, 500))
    values = lfilter([1], [1, -0.8], steps, axis=1)[:, 100:]
    truth = 25 / 400
    whole = np.mean([block_standard_error(mean, unit_blocks(row).reshape(20, 20, 2).sum(1)) ** 2 for row in values])
    fine = np.mean([block_standard_error(mean, unit_blocks(row), 20) ** 2 for row in values])
    assert 0.7 * truth < whole < 0.8 * truth
    assert 0.84 * truth < fine < 1.0 * truth


def test_symmetric_ends_are_equally_far_away() -> None:
    """A symmetric interval of a skewed mean has its value in the middle, between the equal-tailed distances."""
    sums = unit_blocks(np.random.default_rng(3).lognormal(0, 1.2, size=80))
    equal, symmetric = block_interval(mean, sums), block_interval(mean, sums, symmetric=True)
    distance = symmetric.high - symmetric.value
    assert symmetric.value - symmetric.low == pytest.approx(distance)
    assert equal.value - equal.low < distance < equal.high - equal.value


def test_no_pieces_no_error() -> None:
    """One block has no standard error, however many pieces it has."""
    assert np.isnan(block_standard_error(mean, unit_blocks(np.arange(8.0)), 8))
