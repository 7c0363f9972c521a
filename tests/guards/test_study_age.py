from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from trady2.guards.direction import direction_skill, placed
from trady2.guards.study_age import age_curve, half_lives
from trady2.guards.study_walk import StudyWalk
from trady2.learning.target import Labels

WEEKS = 16
ROWS = WEEKS * 168
TIMES = np.datetime64("2024-01-01", "us") + np.arange(ROWS) * np.timedelta64(1, "h")
STRETCH = np.arange(ROWS) // 168


def labels_of(direction: np.ndarray) -> Labels:
    """Return labels that went in that direction."""
    return Labels((direction == 1).astype(np.int8), TIMES, direction * 0.02, direction.astype(np.int8))


def fading(half_life: float, *, strength: float = 1.0, seed: int = 0) -> tuple[StudyWalk, Labels]:
    """Return a walk whose scores know *strength* of the direction when fresh, half of it after *half_life* weeks."""
    generator = np.random.default_rng(seed)
    direction = generator.choice([-1, 1], ROWS)
    age = STRETCH - np.arange(WEEKS)[:, None]
    known = strength * 2.0 ** (-np.maximum(age, 0) / half_life) * direction
    raw = np.where(age >= 0, known + generator.normal(size=(WEEKS, ROWS)), np.nan)
    walk = StudyWalk(np.arange(ROWS), STRETCH, raw, raw, TIMES[::168], (1,) * WEEKS, ("",) * WEEKS, 1.0)
    return walk, labels_of(direction)


def measured(walk: StudyWalk, labels: Labels) -> object:
    """Measure the ages of a walk with flat volatility."""
    return age_curve(
        walk, lambda score: placed(score, STRETCH, labels, np.ones(ROWS)), TIMES, step_weeks=1, horizon_steps=1
    )


def test_skill_is_the_direction_skill_on_weeks_that_every_age_has_seen() -> None:
    """Ages double from week to week up to half of the walk; each is compared on its last eight weeks."""
    walk, labels = fading(3.0)
    curve = measured(walk, labels)
    assert [age.weeks for age in curve.ages] == [0, 1, 2, 4, 8]
    inside = STRETCH >= 8
    assert curve.n_rows == inside.sum()
    for age in curve.ages:
        score = np.where(inside, walk.by_age(age.weeks), np.nan)
        one = direction_skill(score, STRETCH, labels, np.ones(ROWS), TIMES, horizon_steps=1)
        assert age.skill == pytest.approx(one.value, abs=1e-12)
        assert age.skill_low == pytest.approx(2 * one.value - one.value - 1.645 * one.standard_error, abs=0.01)
        assert age.change == pytest.approx(age.skill - curve.ages[0].skill, abs=1e-12)
        assert age.skill_low < age.skill < age.skill_high
        assert age.change_low <= age.change <= age.change_high


def test_a_known_half_life_lies_in_its_interval() -> None:
    """Twelve walks whose area fades by a known curve: the interval of nine of ten holds the truth."""
    weeks = np.array([0.0, 1.0, 2.0, 4.0, 8.0])
    # Scores d + noise against -d + noise, d of standard deviation 1: the area is the normal distribution at d √2.
    areas = norm.cdf(np.sqrt(2) * 0.4 * 2.0 ** (-weeks / 3.0))
    truth = float(half_lives(weeks, areas[None] - 0.5)[0])
    found = [measured(*fading(3.0, strength=0.4, seed=seed)) for seed in range(12)]
    inside = [(curve.half_life_low or np.inf) <= truth <= (curve.half_life_high or np.inf) for curve in found]
    assert sum(inside) >= 9
    assert float(np.median([curve.half_life_weeks for curve in found])) == pytest.approx(truth, rel=0.2)
    assert all(curve.skilled for curve in found)


def test_what_does_not_fade_has_no_upper_end() -> None:
    """With skill that stays, the interval is open above, and no age is surely below the freshest."""
    curve = measured(*fading(1e9, strength=0.5))
    assert curve.half_life_high is None
    assert all(age.change_high > -0.02 for age in curve.ages)


def test_a_paired_loss_is_known_better_than_either_skill() -> None:
    """Scores that share their noise differ by less than each of them is unsure of."""
    walk, labels = fading(4.0, strength=0.3)
    shared = np.random.default_rng(1).normal(size=ROWS)
    known = np.where(np.isfinite(walk.raw), walk.raw * 0.1 + shared, np.nan)
    curve = measured(StudyWalk(*(known if name == "raw" else getattr(walk, name) for name in _FIELDS)), labels)
    for age in curve.ages[1:]:
        assert age.change_high - age.change_low < 0.5 * (age.skill_high - age.skill_low)


_FIELDS = ("rows", "stretch", "raw", "signal", "starts", "trees", "models_sha256", "seconds")


def test_without_skill_nothing_is_called_skilled() -> None:
    """Of twenty blind walks at most three have a lower end above a coin: one in twenty is expected."""
    assert sum(measured(*fading(3.0, strength=0.0, seed=seed)).skilled for seed in range(20)) <= 3


def test_half_lives_of_exact_curves_come_back() -> None:
    """A curve without noise gives its half-life; one that rises, or lies below a coin, none."""
    weeks = np.array([0.0, 1.0, 2.0, 4.0, 8.0])
    exact = np.array([0.05 * 2 ** (-weeks / life) for life in (2.0, 5.0, 20.0)])
    np.testing.assert_allclose(half_lives(weeks, exact), [2.0, 5.0, 20.0], rtol=0.02)
    odd = np.array([[0.01, 0.02, 0.03, 0.04, 0.05], [-0.05, -0.04, -0.02, -0.01, 0.0], [0.05] * 5])
    assert np.isinf(half_lives(weeks, odd)).tolist() == [True, True, True]


def test_a_curve_is_plain_json() -> None:
    """What is not defined is None."""
    plain = measured(*fading(3.0)).as_json()
    assert plain["ages"][0]["change"] == 0.0
    assert set(plain) == {"ages", "n_rows", "half_life_weeks", "half_life_low", "half_life_high", "skilled"}
