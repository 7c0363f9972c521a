"""The luck of the best of many."""

from __future__ import annotations

import numpy as np
import pytest

from trady2.guards.direction import direction_skill
from trady2.guards.tune_luck import Luck, luck_of_the_best
from trady2.learning.target import Labels
from trady2.stats.auc import rank_within

ROWS = 1_500
FOLD = np.repeat([0, 1, 2], ROWS // 3)


def smooth(generator: np.random.Generator, count: int, memory: int = 6) -> np.ndarray:
    """Return (count, rows) of noise that remembers."""
    noise = generator.normal(size=(count, ROWS + memory - 1))
    return np.stack([np.convolve(row, np.ones(memory), "valid") for row in noise])


def lucky(scores: np.ndarray, drift: np.ndarray, *, chosen: int | None = None) -> Luck:
    """Measure the luck of the best of (m, rows) scores, or of the *chosen* one."""
    ranks = np.stack([rank_within(score, FOLD) for score in scores])
    direction, flat = np.sign(drift).astype(np.int8), np.ones(ROWS)
    best = int(np.argmax([row[direction == 1].mean() - row[direction == -1].mean() for row in ranks]))
    place = best if chosen is None else chosen
    return luck_of_the_best(ranks, direction, flat, np.zeros(ROWS, np.int32), FOLD, chosen=place, present=0)


def test_the_best_is_its_direction_skill() -> None:
    """Without shifts the number is that of `direction_skill`, folds and volatility included."""
    generator = np.random.default_rng(0)
    score, direction = generator.normal(size=ROWS), generator.choice([-1, 0, 1], ROWS)
    volatility = generator.random(ROWS)
    times = np.datetime64("2024-01-01", "us") + np.arange(ROWS) * np.timedelta64(1, "h")
    labels = Labels((direction == 1).astype(np.int8), times, direction * 0.02, direction.astype(np.int8))
    expected = direction_skill(score, FOLD, labels, volatility, times, horizon_steps=1).value
    ranks = rank_within(score, FOLD)[None]
    codes = np.zeros(ROWS, np.int32)
    found = luck_of_the_best(ranks, direction.astype(np.int8), volatility, codes, FOLD, chosen=0, present=0)
    assert found.best == pytest.approx(expected, abs=2e-3)
    assert (found.gain, found.n_trials) == (0.0, 1)


def test_p_of_the_best_of_blind_tries_is_uniform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over markets that the scores know nothing of, 5 % come out below 0.05, although the best of ten was taken."""
    monkeypatch.setattr("trady2.guards.tune_luck._MOST_SHIFTS", 40)
    monkeypatch.setattr("trady2.guards.tune_luck._FEWEST_SHIFTS", 40)
    generator = np.random.default_rng(1)
    found = [lucky(smooth(generator, 8), smooth(generator, 1)[0]).p_value for _ in range(50)]
    assert sum(p < 0.05 for p in found) <= 7
    assert 0.3 < np.mean(found) < 0.7


def test_the_luck_of_many_is_more_than_the_luck_of_one() -> None:
    """Ten tries that have nothing in common beat ten that are one and the same."""
    generator = np.random.default_rng(2)
    own, drift = smooth(generator, 10), smooth(generator, 1)[0]
    same = np.repeat(own[:1], 10, axis=0)
    assert lucky(own, drift).by_luck > lucky(same, drift).by_luck + 0.02
    assert lucky(same, drift).by_luck == pytest.approx(0.5, abs=0.03)


def test_what_knows_the_moves_is_no_luck() -> None:
    """A score with the truth in it stands out of all shifts, and its gain over a blind present too."""
    generator = np.random.default_rng(3)
    drift = smooth(generator, 1)[0]
    scores = smooth(generator, 6)
    scores[4] += drift
    found = lucky(scores, drift)
    assert found.best > found.by_luck_95
    assert found.p_value < 0.01
    assert (found.gain > found.gain_by_luck, found.gain_p_value < 0.05) == (True, True)
    assert found.as_json()["n_shifts"] == 200


def test_a_row_without_a_score_is_a_coin() -> None:
    """A try that saw one fold counts as if it had found nothing in the others."""
    generator = np.random.default_rng(4)
    drift = smooth(generator, 1)[0]
    ranks = np.stack([rank_within(drift, FOLD)] * 2)
    ranks[1, FOLD > 0] = np.nan
    direction, codes = np.sign(drift).astype(np.int8), np.zeros(ROWS, np.int32)
    whole, part = (
        luck_of_the_best(ranks, direction, np.ones(ROWS), codes, FOLD, chosen=chosen, present=0).best
        for chosen in (0, 1)
    )
    assert whole == pytest.approx(1.0, abs=0.02)
    # One pair in which both rows are without a score is a coin, all others are right: 4 of 9 pairs.
    assert part == pytest.approx(0.5 * 4 / 9 + 5 / 9, abs=0.01)
