from __future__ import annotations

from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from tests.learning.conftest import panel_of
from trady2.config import TargetConfig
from trady2.data.panel import Panel
from trady2.errors import DataError
from trady2.learning.contributions import contributions
from trady2.learning.importance import importance
from trady2.learning.importance_result import Importance
from trady2.learning.model import Calibrator, Model
from trady2.learning.scorecard import score
from trady2.learning.target import Labels, label_arrays
from trady2.learning.volatility import trailing_volatility

STEPS = 2
LATER = np.arange(3_000, 4_000)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """A market whose first feature knows of the next return; the others are noise."""
    return panel_of(4_000, edge=0.5, seed=2)


@pytest.fixture(scope="module")
def labels(panel: Panel) -> Labels:
    """Rises within two hours."""
    return label_arrays(panel, TargetConfig(horizon_steps=STEPS, return_threshold=0.005))


@pytest.fixture(scope="module")
def grown(panel: Panel, labels: Labels) -> Model:
    """Trees on the first 3,000 rows that were never shown the last feature."""
    matrix = panel.features[10:2_990].copy()
    matrix[:, 2] = 0
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 6, "learning_rate": 0.1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, labels.label[10:2_990]), 40)
    ends = (np.full(3, value, np.float32) for value in (-9, 9))
    text = booster.model_to_string()
    return Model(text, panel.feature_names, Calibrator(), 0.5, frozenset(), *ends, STEPS, 3_600, 40)


@pytest.fixture(scope="module")
def found(grown: Model, panel: Panel, labels: Labels) -> Importance:
    """The importance on the rows after them."""
    return importance(grown, panel, labels, LATER, horizon_steps=STEPS)


def test_the_feature_that_knows_is_told_from_noise(found: Importance) -> None:
    """What carries the signal is first in every measure, with an interval above zero; noise has none that is."""
    first, second, third = found.features
    assert (first.feature, second.feature, third.feature) == ("momentum", "range", "volume z")
    assert first.log_loss.low > 0.01
    assert first.direction_auc.low > 0.05
    assert second.log_loss.low < 0.002
    assert abs(second.direction_auc.value) < 0.03
    for span in (first.log_loss, first.direction_auc, second.log_loss):
        assert span.low < span.value < span.high


def test_a_feature_in_no_tree_matters_nothing(found: Importance) -> None:
    """It is exactly zero in every measure."""
    last = found.features[-1]
    assert (last.gain, last.mean_abs_shap) == ((0.0,), (0.0,))
    assert (*last.log_loss, *last.direction_auc) == (0.0,) * 6


def test_gain_and_shap_are_lightgbms(found: Importance, grown: Model, panel: Panel, labels: Labels) -> None:
    """Gains are shares of what the booster tells, SHAP values the mean size over the rows."""
    gain = lightgbm.Booster(model_str=grown.text).feature_importance("gain")
    rows = LATER[labels.label[LATER] >= 0]
    shap = np.abs(contributions(grown, panel.features[rows])[0]).mean(axis=0)
    for place, name in enumerate(panel.feature_names):
        one = next(one for one in found.features if one.feature == name)
        assert one.gain == pytest.approx((gain[place] / gain.sum(),), rel=1e-4)
        assert one.mean_abs_shap == pytest.approx((shap[place],))


def test_it_measures_what_the_scorecard_does(found: Importance, grown: Model, panel: Panel, labels: Labels) -> None:
    """Log loss, AUC, rows, independent labels and blocks are those of the scorecard of the same rows."""
    card = score(
        grown.predict_probability(panel)[LATER],
        labels.take(LATER),
        panel.decision_time[LATER],
        panel.asset_code[LATER],
        trailing_volatility(panel, STEPS)[LATER],
        threshold=0.5,
        horizon_steps=STEPS,
    )
    assert (found.rows, found.rows_in_zone, found.n_blocks, found.block_bars) == (
        card.n, card.n, card.n_blocks, card.block_bars,
    )  # fmt: skip
    assert (found.log_loss, found.direction_auc) == pytest.approx((card.log_loss, card.direction_auc))
    assert (found.n_eff, found.promised) == (pytest.approx(card.n_eff), card.promised)


def test_many_rows_are_thinned(grown: Model, panel: Panel, labels: Labels, found: Importance) -> None:
    """At most so many rows are measured, in the blocks of all of them, and the answer is much the same."""
    told: list[float] = []
    few = importance(
        grown, panel, labels, LATER, horizon_steps=STEPS, most_rows=400, progress=lambda _, share: told.append(share)
    )
    assert (few.rows, few.rows_in_zone, few.n_blocks) == (333, found.rows_in_zone, found.n_blocks)
    assert few.features[0].log_loss.value == pytest.approx(found.features[0].log_loss.value, rel=0.3)
    assert told == [0, 1 / 3, 2 / 3]


def test_without_falls_there_is_no_direction(grown: Model, panel: Panel, labels: Labels) -> None:
    """Where nothing falls by the threshold, the AUC of direction is unknown and the log loss is not."""
    rising = replace(labels, direction=np.maximum(labels.direction, 0))
    found = importance(grown, panel, rising, LATER, horizon_steps=STEPS, repeats=1)
    assert np.isnan([found.direction_auc, *found.features[0].direction_auc]).all()
    assert found.features[0].log_loss.low > 0


def test_nothing_to_measure_is_said(grown: Model, panel: Panel, labels: Labels) -> None:
    """Rows whose label is unknown, or that lack a feature, leave nothing to measure."""
    with pytest.raises(DataError, match="none of the rows has a known label and usable features; take a later span"):
        importance(grown, panel, labels, np.array([0, 5, 3_999]), horizon_steps=STEPS)
