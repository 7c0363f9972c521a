from __future__ import annotations

import numpy as np
import pytest

from trady2.guards.direction import direction_skill, placed
from trady2.guards.estimate import Estimate
from trady2.learning.target import Labels
from trady2.stats.auc import roc_auc

HOURS = np.datetime64("2024-01-01", "us") + np.arange(6_000) * np.timedelta64(1, "h")


def labels_of(direction: np.ndarray) -> Labels:
    """Return labels that went in that direction."""
    ends = HOURS[: len(direction)] + np.timedelta64(1, "h")
    return Labels((direction == 1).astype(np.int8), ends, direction * 0.02, direction.astype(np.int8))


def measured(score: np.ndarray, direction: np.ndarray, **other: np.ndarray) -> Estimate:
    """Measure a score in one fold with flat volatility."""
    flat = {"fold": np.zeros(len(score), np.int64), "volatility": np.ones(len(score))} | other
    return direction_skill(score, flat["fold"], labels_of(direction), flat["volatility"], HOURS, horizon_steps=1)


@pytest.fixture
def market() -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Return directions, their volatility and a generator: big moves in either direction while it is high."""
    generator = np.random.default_rng(3)
    volatility = np.exp(generator.normal(size=6_000))
    moved = generator.random(6_000) < volatility / (1 + volatility)
    return np.where(moved, generator.choice([-1, 1], 6_000), 0), volatility, generator


def test_with_one_fold_and_no_volatility_it_is_the_auc(
    market: tuple[np.ndarray, np.ndarray, np.random.Generator],
) -> None:
    """The plain area of rises against falls, flat rows left out."""
    direction, _, generator = market
    score = direction * 0.3 + generator.normal(size=6_000)
    moved = direction != 0
    assert measured(score, direction).value == pytest.approx(roc_auc(score[moved], direction[moved] == 1), abs=1e-12)


def test_volatility_alone_is_worth_nothing(market: tuple[np.ndarray, np.ndarray, np.random.Generator]) -> None:
    """A score that is the volatility itself has no direction, though it knows when prices move."""
    direction, volatility, _ = market
    assert roc_auc(volatility, direction == 1) > 0.6
    assert abs(measured(volatility, direction, volatility=volatility).t) < 3


def test_what_was_a_better_time_is_not_direction(market: tuple[np.ndarray, np.ndarray, np.random.Generator]) -> None:
    """Higher scores in a fold in which prices rose say nothing inside it."""
    _, _, generator = market
    fold = np.repeat([0, 1], 3_000)
    direction = np.where(generator.random(6_000) < 0.3 + 0.4 * fold, 1, -1)
    score = fold + 0.1 * generator.normal(size=6_000)
    assert roc_auc(score, direction == 1) > 0.65
    assert abs(measured(score, direction, fold=fold).t) < 3


def test_without_rises_or_falls_nothing_is_known() -> None:
    """Rows that all rose, or none with a score, give no estimate."""
    assert np.isnan(measured(np.arange(100.0), np.ones(100, int)).value)
    assert measured(np.full(100, np.nan), np.resize([-1, 1], 100)).n == 0


def test_t_of_no_skill_is_standard_normal() -> None:
    """Over autocorrelated scores and labels without any connection, |t| exceeds 1.96 about once in twenty."""
    generator = np.random.default_rng(11)
    smooth = np.ones(12) / np.sqrt(12)
    beyond = 0
    for _ in range(200):
        score = np.convolve(generator.normal(size=6_011), smooth, "valid")
        drift = np.convolve(generator.normal(size=6_011), smooth, "valid")
        beyond += abs(measured(score, np.sign(drift).astype(int)).t) > 1.96
    assert 2 <= beyond <= 24


def test_the_mean_place_of_rises_and_of_falls_is_the_skill() -> None:
    """Both are the area; without rises or without falls nothing is placed."""
    generator = np.random.default_rng(5)
    direction, score = generator.choice([-1, 0, 1], 2_000), generator.normal(size=2_000)
    flat = np.ones(2_000)
    found = placed(score, np.zeros(2_000, np.int64), labels_of(direction), flat)
    assert found is not None
    assert np.array_equal(found.rows, np.flatnonzero(direction))
    expected = measured(score, direction).value
    assert found.place[found.up].mean() == pytest.approx(expected)
    assert found.place[~found.up].mean() == pytest.approx(expected)
    assert placed(score, np.zeros(2_000, np.int64), labels_of(np.ones(2_000, int)), flat) is None
