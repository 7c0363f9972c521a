from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.guards.quick_market import market
from tests.guards.studying import STEPS, study_config
from trady2.errors import NotEnoughDataError
from trady2.guards.study_walk import WEEK, StudyWalk, starts_of, study_walk
from trady2.learning.target import label_arrays
from trady2.learning.walk_forward import predict_rows, retrain, stretches_at


@pytest.fixture(scope="module")
def told() -> list[tuple[str, float]]:
    """What the walk said while it went."""
    return []


@pytest.fixture(scope="module")
def walk(told: list[tuple[str, float]]) -> StudyWalk:
    """Eight models, a week apart."""
    panel, config = market(), study_config()
    progress = lambda text, share: told.append((text, share))  # noqa: E731 - a listener
    return study_walk(panel, label_arrays(panel, config.target), config, progress=progress)


def test_the_latest_trainings_are_a_step_apart() -> None:
    """As many as were asked for, or as fit into the last share of history."""
    panel = market()
    starts = starts_of(panel, study_config())
    end = panel.decision_time.max() + panel.step
    assert len(starts) == STEPS
    assert (np.diff(starts) == WEEK).all()
    assert starts[-1] == end - WEEK
    many = starts_of(panel, study_config(max_trainings=1000, out_of_sample_share=0.5))
    assert len(many) == int(0.5 * 2_401 / 168)
    with pytest.raises(NotEnoughDataError, match="1 trainings every 8 weeks fit into history"):
        starts_of(panel, study_config(cadence_weeks=[8], out_of_sample_share=0.7))


def test_a_model_speaks_of_all_that_comes_after_it(walk: StudyWalk) -> None:
    """It has a score for every row from its start on, and for none before."""
    decided = market().decision_time[walk.rows]
    for number, start in enumerate(walk.starts):
        assert np.array_equal(np.isfinite(walk.raw[number]), decided >= start)
    assert np.array_equal(walk.stretch, np.searchsorted(walk.starts, decided, side="right") - 1)
    assert (len(walk.trees), len(set(walk.models_sha256))) == (STEPS, STEPS)


def test_a_model_is_the_one_of_its_own_history(walk: StudyWalk) -> None:
    """The third is what `retrain` makes of the rows that were settled before it, and says the same of the last week."""
    panel, config = market(), study_config()
    labels = label_arrays(panel, config.target)
    part = stretches_at(panel, labels, config, walk.starts, panel.decision_time.max() + panel.step)[2]
    assert labels.label_end[part.history].max() < part.start
    model, _ = retrain(panel, labels, config, part)
    last = np.flatnonzero(walk.stretch == STEPS - 1)
    assert np.array_equal(predict_rows(model, panel, walk.rows[last])[0], walk.raw[2, last])


def test_ages_and_cadences_choose_among_the_models(walk: StudyWalk) -> None:
    """Written out for every week."""
    for week in range(STEPS):
        rows = walk.stretch == week
        for age in (0, 1, 4):
            expected = walk.raw[week - age, rows] if week >= age else np.full(rows.sum(), np.nan)
            assert np.array_equal(walk.by_age(age)[rows], expected, equal_nan=True)
        for steps, model in ((1, week), (3, week - week % 3), (None, 0)):
            raw, signal = walk.by_cadence(steps)
            assert np.array_equal(raw[rows], walk.raw[model, rows])
            assert np.array_equal(signal[rows], walk.signal[model, rows], equal_nan=True)


def test_the_future_changes_no_earlier_model(walk: StudyWalk) -> None:
    """With other features in the last three weeks, the models before them say the same of the weeks before them."""
    panel, config = market(), study_config()
    later = panel.decision_time >= walk.starts[5]
    changed = replace(panel, features=np.where(later[:, None], -panel.features, panel.features))
    again = study_walk(changed, label_arrays(changed, config.target), config)
    early = walk.stretch < 5
    assert np.array_equal(again.raw[:6, early], walk.raw[:6, early], equal_nan=True)
    assert again.models_sha256[:6] == walk.models_sha256[:6]


def test_the_time_left_is_told(walk: StudyWalk, told: list[tuple[str, float]]) -> None:
    """Before each training, from the second on with an estimate."""
    assert len(walk.starts) == len(told)
    assert told[0] == ("training 1 of 8", 0.0)
    assert told[4][0].startswith("training 5 of 8, about ")
    assert told[4][1] == 0.5
