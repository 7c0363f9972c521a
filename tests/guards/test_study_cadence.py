from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.guards.quick_market import market
from tests.guards.studying import STEPS, study_config, turning_market
from trady2.guards.direction import direction_skill
from trady2.guards.study import Study, study
from trady2.guards.walk_evidence import walk_evidence
from trady2.learning.target import label_arrays
from trady2.learning.volatility import trailing_volatility


@pytest.fixture(scope="module")
def found() -> Study:
    """A study of a market whose rule never changes."""
    return study(market(), study_config())


def test_every_cadence_uses_its_own_models(found: Study) -> None:
    """Weekly all eight, then every second, every fourth, and the first alone; the ledger gets the same."""
    assert [(one.weeks, one.trainings) for one in found.cadences] == [(1, 8), (2, 4), (4, 2), (None, 1)]
    assert [one.models for one in found.traded] == [tuple(range(8)), (0, 2, 4, 6), (0, 4), (0,)]
    assert [one.weeks for one in found.traded] == [1, 2, 4, None]


def test_a_cadence_is_measured_as_the_verdict_measures(found: Study) -> None:
    """Direction skill, timing excess, net return and trades are those of the evidence of a walk."""
    panel, config, walk = market(), study_config(), found.walk
    labels = label_arrays(panel, config.target)
    for place, steps in ((0, 1), (2, 4), (3, None)):
        raw, signal, fold = np.full(len(panel), np.nan), np.full(len(panel), np.nan), np.full(len(panel), -1)
        raw[walk.rows], signal[walk.rows] = walk.by_cadence(steps)
        fold[walk.rows] = walk.stretch
        one = found.cadences[place]
        evidence = walk_evidence(panel, labels, config, raw=raw, fold=fold, signal=signal)
        assert one.skill == pytest.approx(evidence.direction.value, abs=1e-12)
        assert one.excess == pytest.approx(evidence.timing.excess.value * 1e4)
        assert one.excess_low_90 == pytest.approx(evidence.timing.excess.low_90 * 1e4)
        assert (one.net, one.n_trades) == (pytest.approx(evidence.timing.net.value * 1e4), evidence.n_trades)
        volatility = trailing_volatility(panel, 3)
        again = direction_skill(raw, fold, labels, volatility, panel.decision_time, horizon_steps=3)
        assert one.skill == pytest.approx(again.value)


def test_changes_are_against_the_shortest_cadence(found: Study) -> None:
    """Of the same rows and the same bars; the shortest against itself is 0."""
    first, *others = found.cadences
    assert (first.skill_change, first.excess_change, first.is_worse) == (0.0, 0.0, False)
    for one in others:
        assert one.skill_change == pytest.approx(one.skill - first.skill)
        assert one.excess_change == pytest.approx(one.excess - first.excess, abs=1e-9)
        assert one.skill_change_low < one.skill_change < one.skill_change_high


def test_cadences_as_long_as_the_walk_are_never() -> None:
    """Eight weeks in a walk of eight are left out: they are `never again`."""
    weeks = [one.weeks for one in study(market(rows=2_000), study_config(cadence_weeks=[1, 8])).cadences]
    assert (weeks, STEPS) == ([1, None], 8)


def test_worse_is_surer_than_any_single_interval(found: Study) -> None:
    """One case of twenty is shared by all comparisons, so that being worse needs more than one interval below 0."""
    turned = study(turning_market(), study_config(max_trainings=10))
    for one in (*found.cadences, *turned.cadences):
        assert not one.is_worse or min(one.skill_change_high, one.excess_change_high) < 0
    assert turned.cadences[-1].is_worse
    assert not found.cadences[0].is_worse


def test_what_is_not_known_is_none_in_json(found: Study) -> None:
    """A program can tell it from 0."""
    plain = replace(found.cadences[1], skill_change_high=float("nan")).as_json()
    assert (plain["skill_change_high"], plain["weeks"], plain["is_worse"]) == (None, 2, False)
