from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.learning.conftest import panel_of
from trady2.config import Config
from trady2.data.panel import Panel
from trady2.errors import NotEnoughDataError
from trady2.learning.target import Labels, label_arrays
from trady2.learning.walk_forward import Stitched, stretches, stretches_at, walk_forward

CONFIG = Config(
    target={"horizon_steps": 3, "return_threshold": 0.01},
    backtest={"fee_bps": 1.0},
    model={"max_rounds": 20, "min_data_in_leaf": 20, "early_stopping_rounds": 10},
    walk_forward={"n_folds": 3},
)

PROBABILITY = CONFIG.model_copy(update={"model": CONFIG.model.model_copy(update={"signal": "probability"})})


def labelled(panel: Panel) -> Labels:
    """Label by the configuration of these tests."""
    return label_arrays(panel, CONFIG.target)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Two assets whose first feature knows something of the next return."""
    return panel_of(3_000, assets=2, edge=0.8)


@pytest.fixture(scope="module")
def stitched(panel: Panel) -> Stitched:
    """The walk of the panel."""
    return walk_forward(panel, labelled(panel), CONFIG)


@pytest.fixture(scope="module")
def by_probability(panel: Panel) -> Stitched:
    """The walk of the panel by the probability of a rise alone."""
    return walk_forward(panel, labelled(panel), PROBABILITY)


def test_the_last_part_of_history_is_predicted_once(panel: Panel, stitched: Stitched) -> None:
    """Every row of the last 70 % has a probability from one fold; nothing before has any; folds follow in time."""
    inside = stitched.fold >= 0
    for told in (stitched.raw, stitched.probability, stitched.score, stitched.threshold):
        assert np.array_equal(inside, np.isfinite(told))
    assert np.array_equal(inside, panel.decision_time >= stitched.folds[0].start)
    assert 0.68 < inside.mean() < 0.72
    assert [fold.rows for fold in stitched.folds] == np.bincount(stitched.fold[inside]).tolist()
    assert all(before.end < after.start for before, after in zip(stitched.folds, stitched.folds[1:], strict=False))


def test_a_fold_trains_on_what_was_settled_before_it(panel: Panel) -> None:
    """The last label and the last trade of a stretch's history are over before its first decision."""
    labels = labelled(panel)
    hold = CONFIG.backtest.hold_bars + 1
    for part in stretches(panel, labels, CONFIG, n_folds=3, share=0.7):
        assert labels.label_end[part.history].max() < part.start
        assert (panel.timestamp[part.history] + hold * panel.step).max() < part.start
        assert panel.decision_time[part.rows].min() == part.start


def test_stretches_may_begin_anywhere(panel: Panel) -> None:
    """At the starts of the usual ones they are the usual ones; a stretch without bars is empty."""
    labels = labelled(panel)
    usual = stretches(panel, labels, CONFIG, n_folds=3, share=0.7)
    end = panel.decision_time.max() + panel.step
    found = stretches_at(panel, labels, CONFIG, np.array([part.start for part in usual]), end)
    for own, other in zip(found, usual, strict=True):
        assert own.start == other.start
        assert np.array_equal(own.history, other.history)
        assert np.array_equal(own.rows, other.rows)
    assert len(stretches_at(panel, labels, CONFIG, np.array([end]), end)[0].rows) == 0


def test_the_future_changes_nothing_that_was_predicted(panel: Panel, stitched: Stitched) -> None:
    """With other prices and features from the last fold on, the folds before it say the same to the bit."""
    later = panel.decision_time >= stitched.folds[-1].start
    features = panel.features.copy()
    features[later] = features[later][::-1]
    prices = {name: np.where(later, getattr(panel, name) * 3, getattr(panel, name)) for name in ("open", "close")}
    changed = replace(panel, features=features, high=panel.high * 4, low=panel.low / 4, **prices)
    again = walk_forward(changed, labelled(changed), CONFIG)
    early = (stitched.fold >= 0) & (stitched.fold < 2)
    # The last horizon before the change has other labels now, which no fold but the last may train on.
    assert np.array_equal(again.raw[early], stitched.raw[early])
    assert np.array_equal(again.score[early], stitched.score[early])


def test_a_known_edge_is_found_out_of_sample(panel: Panel, stitched: Stitched) -> None:
    """Where a feature knows the next return, the score of later rows goes with it."""
    inside = stitched.fold >= 0
    rising = labelled(panel).forward_return[inside]
    known = np.isfinite(rising)
    assert np.corrcoef(stitched.raw[inside][known], rising[known])[0, 1] > 0.2


def test_signals_lie_above_the_threshold_of_their_fold(stitched: Stitched) -> None:
    """A signal is the score where it exceeds the fold's threshold, and nothing elsewhere."""
    above = np.nan_to_num(stitched.score) > np.nan_to_num(stitched.threshold, nan=1.0)
    assert 0 < above.sum() < (stitched.fold >= 0).sum()
    assert np.array_equal(np.isfinite(stitched.signal), above)
    assert np.array_equal(stitched.signal[above], stitched.score[above])


def test_by_probability_the_score_is_the_probability(stitched: Stitched, by_probability: Stitched) -> None:
    """The probability signal trades on P(rise), which is the same to the bit with and without a second head."""
    assert np.array_equal(by_probability.score, by_probability.probability, equal_nan=True)
    assert np.array_equal(by_probability.probability, stitched.probability, equal_nan=True)
    assert {(fold.down_trees, fold.down_calibration) for fold in by_probability.folds} == {(None, None)}
    assert all(fold.down_trees for fold in stitched.folds)


def test_the_direction_score_weighs_rises_against_falls(
    panel: Panel, stitched: Stitched, by_probability: Stitched
) -> None:
    """Log odds of a rise less those of a fall tell rises from falls better than those of a rise alone."""
    labels = labelled(panel)
    moved = (stitched.fold >= 0) & (labels.direction != 0)
    up = labels.direction[moved] == 1
    both, alone = (roc_auc_score(up, told.raw[moved]) for told in (stitched, by_probability))
    assert both > alone > 0.6


def test_folds_are_told_as_they_come(panel: Panel) -> None:
    """Progress names each fold before it is trained."""
    told: list[tuple[str, float]] = []
    walk_forward(panel, labelled(panel), CONFIG, progress=lambda text, done: told.append((text, done)))
    assert told == [("fold 1 of 3", 0.0), ("fold 2 of 3", 1 / 3), ("fold 3 of 3", 2 / 3)]


def test_too_short_a_history_is_refused() -> None:
    """Where the first fold cannot be trained, the message says what is missing."""
    short = panel_of(300)
    with pytest.raises(NotEnoughDataError, match="too few for 4 zones"):
        walk_forward(short, labelled(short), CONFIG)


def test_a_fold_tells_itself_as_json(stitched: Stitched) -> None:
    """Times are ISO texts in UTC."""
    told = stitched.folds[0].as_json()
    assert told["start"] == f"{stitched.folds[0].start}Z"
    assert told["trees"] == stitched.folds[0].trees
