from __future__ import annotations

import numpy as np
import pytest

from tests.guards.quick_market import market
from tests.guards.tuning import tuning_config
from trady2.guards.tune_walk import Ground, Walk, log_loss_skill
from trady2.guards.walk_evidence import walk_evidence
from trady2.learning.target import label_arrays


@pytest.fixture(scope="module")
def walked() -> Walk:
    """Two folds of three."""
    config, panel = tuning_config(), market(rows=2_000)
    walk = Walk(Ground.of(panel, label_arrays(panel, config.target), config), config)
    walk.step()
    walk.step()
    return walk


def test_only_the_folds_so_far_are_scored(walked: Walk) -> None:
    """The last fold has neither score nor place; the ground knows all of them."""
    assert np.array_equal(np.isfinite(walked.raw), walked.fold >= 0)
    assert np.array_equal(walked.fold, np.where(walked.ground.fold < 2, walked.ground.fold, -1))
    assert set(walked.ground.fold) == {-1, 0, 1, 2}
    assert walked.ground.first == walked.ground.panel.decision_time[walked.ground.fold == 0].min()


def test_direction_and_signal_are_those_of_the_verdict(walked: Walk) -> None:
    """The same numbers that `walk_evidence` gives of these folds."""
    ground = walked.ground
    evidence = (walked.raw, walked.fold.astype(np.int64), walked.signal)
    names = ("raw", "fold", "signal")
    found = walk_evidence(ground.panel, ground.labels, walked.config, **dict(zip(names, evidence, strict=True)))
    assert walked.direction() == found.direction
    assert walked.direction().t > 3


def test_ranks_are_shares_inside_a_fold(walked: Walk) -> None:
    """Each fold's ranks have the mean one half, and order the rows as the scores do."""
    ranks = walked.ranks()
    for fold in (0, 1):
        own = walked.fold == fold
        assert ranks[own].mean() == pytest.approx(0.5)
        assert np.array_equal(np.argsort(ranks[own], kind="stable"), np.argsort(walked.raw[own], kind="stable"))


def test_other_models_have_another_digest(walked: Walk) -> None:
    """One fold more changes it."""
    before = walked.models_sha256
    other = Walk(walked.ground, walked.config)
    other.step()
    assert other.models_sha256 != before
    other.step()
    assert other.models_sha256 == before


def test_log_loss_skill_is_measured_against_the_share_of_rises() -> None:
    """The share itself has none; certainty has nearly all; one class alone is not defined."""
    rises = np.array([True, True, False, False, False])
    assert log_loss_skill(np.full(5, 0.4), rises) == pytest.approx(0.0)
    assert log_loss_skill(np.where(rises, 0.999, 0.001), rises) > 0.99
    assert np.isnan(log_loss_skill(np.full(3, 0.4), np.ones(3, bool)))
