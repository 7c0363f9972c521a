from __future__ import annotations

import re
from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from tests.learning.conftest import panel_of
from trady2.config import ModelConfig, SplitConfig, TargetConfig
from trady2.data.panel import Panel
from trady2.errors import NotEnoughDataError
from trady2.learning.fit import fit, parameters_of
from trady2.learning.fitted import Fitted
from trady2.learning.runs import complete_rows
from trady2.learning.split import Zones, make_zones, trade_exits
from trady2.learning.target import Labels, label_arrays

CONFIG = ModelConfig(max_rounds=60, early_stopping_rounds=10, learning_rate=0.1, min_data_in_leaf=20, num_threads=1)


def prepared(panel: Panel) -> tuple[Labels, Zones]:
    """Return labels and zones of a panel."""
    labels = label_arrays(panel, TargetConfig(horizon_steps=1, return_threshold=0.005))
    ends = np.where(complete_rows(panel), labels.label_end, np.datetime64("NaT"))
    return labels, make_zones(panel.decision_time, ends, trade_exits(panel, 1), SplitConfig(), panel.step)


def fitted(panel: Panel, config: ModelConfig = CONFIG, **changes: object) -> Fitted:
    """Return the fit of a panel."""
    labels, zones = prepared(panel)
    return fit(panel, labels, zones, config, **{"seed": 1, "horizon_steps": 1, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Two assets whose first feature knows something of the next return."""
    return panel_of(2500, assets=2, edge=0.6)


@pytest.fixture(scope="module")
def found(panel: Panel) -> Fitted:
    """The fit of that panel."""
    return fitted(panel)


@pytest.mark.parametrize("direction", [1, -1], ids=["rises", "falls"])
def test_equals_lightgbm_on_copied_arrays(panel: Panel, found: Fitted, direction: int) -> None:
    """Each head's trees, grown on views of many runs binned once, are LightGBM's on one copied array of its own."""
    labels, zones = prepared(panel)
    parameters = parameters_of(CONFIG, 1) | {"num_threads": 1}
    target = labels.direction == direction
    data = [(panel.features[zones.rows[name]], target[zones.rows[name]]) for name in ("train", "stop")]
    train = lightgbm.Dataset(*data[0], params=parameters)
    stop = lightgbm.Dataset(*data[1], params=parameters, reference=train)
    stopping = lightgbm.early_stopping(CONFIG.early_stopping_rounds, verbose=False)
    booster = lightgbm.train(parameters, train, CONFIG.max_rounds, valid_sets=[stop], callbacks=[stopping])
    expected = booster.predict(data[1][0], raw_score=True, num_iteration=booster.best_iteration)
    head = found.up if direction == 1 else found.down
    assert head
    assert head.best_iteration == booster.best_iteration
    assert found.model.raw_scores(data[1][0])[(1 - direction) // 2].tobytes() == expected.tobytes()


def test_repetition_changes_nothing(panel: Panel, found: Fitted) -> None:
    """A second time gives the same files to the last byte."""
    assert fitted(panel).model.files() == found.model.files()


@pytest.mark.parametrize("extra_trees", [True, False])
@pytest.mark.parametrize(("rows", "width", "seed"), [(1500, 3, 0), (1500, 60, 1), (6000, 24, 2), (6000, 60, 3)])
def test_threads_change_nothing(rows: int, width: int, seed: int, extra_trees: bool) -> None:
    """One thread and two give the same files to the last byte, both heads', with drawn and with searched splits."""
    panel = panel_of(rows, assets=2, seed=seed, edge=0.6)
    others = np.random.default_rng(seed).standard_normal((len(panel), width - 1)).astype(np.float32)
    others[::11] = np.nan
    names = tuple(f"f{number}" for number in range(width))
    panel = replace(panel, features=np.column_stack([panel.features[:, 0], others]), feature_names=names)
    drawn = CONFIG.model_copy(update={"extra_trees": extra_trees})
    files = [fitted(panel, drawn.model_copy(update={"num_threads": n}), seed=seed).model.files() for n in (1, 2)]
    assert files[0] == files[1]
    assert len(files[0]) == 4


def test_a_probability_needs_one_head(panel: Panel, found: Fitted) -> None:
    """By the signal probability no trees are grown for falls, and those for rises are the same."""
    alone = fitted(panel, CONFIG.model_copy(update={"signal": "probability"}))
    assert (alone.down, alone.model.down) == (None, None)
    assert alone.up == found.up
    assert alone.parameters == found.parameters


def test_payoffs_are_those_of_the_train_zone(panel: Panel, found: Fitted) -> None:
    """What rises and falls pay is the mean over the rows that the trees learned from."""
    labels, zones = prepared(panel)
    rows = zones.rows["train"]
    forward = labels.forward_return[rows]
    assert found.model.down
    assert found.model.down.payoffs.up == pytest.approx(forward[labels.direction[rows] == 1].mean())
    assert found.model.down.payoffs.down == pytest.approx(-forward[labels.direction[rows] == -1].mean())


def test_without_falls_there_is_no_second_head(panel: Panel) -> None:
    """Where no price falls by the threshold, a probability can be fitted and an expected return cannot."""
    labels, zones = prepared(panel)
    risen = replace(labels, direction=np.maximum(labels.direction, 0))
    assert fit(panel, risen, zones, CONFIG.model_copy(update={"signal": "probability"}), seed=1, horizon_steps=1).up
    with pytest.raises(NotEnoughDataError, match=r"zone 'train' .* none of them fall"):
        fit(panel, risen, zones, CONFIG, seed=1, horizon_steps=1)


def test_seed_decides(panel: Panel, found: Fitted) -> None:
    """Another seed draws other rows and features and so grows other trees."""
    assert fitted(panel, seed=2).model.text != found.model.text


def test_stops_by_the_log_loss_of_the_stop_zone(panel: Panel, found: Fitted) -> None:
    """The kept trees are those with the least log loss on the stop zone, and the history is that log loss."""
    labels, zones = prepared(panel)
    rows = zones.rows["stop"]
    probability = found.model.probability(panel.features[rows])
    loss = -np.mean(np.log(np.where(labels.label[rows] == 1, probability, 1 - probability)))
    assert found.history[found.best_iteration - 1] == min(found.history) == pytest.approx(loss)
    assert len(found.history) <= CONFIG.max_rounds
    assert found.signal == (found.best_iteration >= 20)


def test_no_signal() -> None:
    """Where there is nothing to learn, few trees are kept, and that is said."""
    found = fitted(panel_of(2500, edge=0.0), CONFIG.model_copy(update={"extra_trees": False, "feature_fraction": 1.0}))
    assert found.best_iteration < 20
    assert not found.signal


def test_features_without_any_value(panel: Panel) -> None:
    """A matrix of missing values gives the base rate as a model without signal, not a crash."""
    empty = replace(panel, features=np.full_like(panel.features, np.nan))
    labels, zones = prepared(panel)
    found = fit(empty, labels, zones, CONFIG, seed=1, horizon_steps=1)
    probability = found.model.probability(empty.features[:5])
    assert not found.signal
    assert probability == pytest.approx(labels.label[zones.rows["train"]].mean(), abs=0.02)
    assert found.model.missing_allowed == set(panel.feature_names)


def test_what_the_features_looked_like(panel: Panel) -> None:
    """Ranges and missing values are those of the training rows alone."""
    labels, zones = prepared(panel)
    features = panel.features.copy()
    train, test = zones.rows["train"], zones.rows["test"]
    features[test[0], 0], features[test[1], 2] = 99.0, np.nan
    features[train[5], 1] = np.nan
    model = fit(replace(panel, features=features), labels, zones, CONFIG, seed=1, horizon_steps=1).model
    assert model.minimum.tolist() == np.nanmin(features[train], axis=0).tolist()
    assert model.maximum.tolist() == np.nanmax(features[train], axis=0).tolist()
    assert model.missing_allowed == {panel.feature_names[1]}
    assert (model.horizon_steps, model.step_seconds) == (1, 3600)


def test_importance_is_a_share_of_the_gain(found: Fitted) -> None:
    """The shares add up to one, fall, and the feature that knows something comes first."""
    shares = list(found.importance.values())
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert next(iter(found.importance)) == "momentum"


@pytest.mark.parametrize("names", [("a,b", "[c]", 'd"e'), ("a b", "a_b", "ö")])
def test_names_that_lightgbm_cannot_hold(panel: Panel, names: tuple[str, ...]) -> None:
    """Whatever the features are called, the trees are the same and the model keeps the names."""
    named = fitted(replace(panel, feature_names=names)).model
    assert named.features == names
    assert named.predict_probability(replace(panel, feature_names=names))[50] > 0


def test_text_does_not_tell_the_threads(found: Fitted) -> None:
    """The number of threads, which no tree depends on, is not in the text."""
    assert re.search(r"^\[num_threads: 0\]$", found.model.text, re.MULTILINE)


def test_progress_tells_every_tree(panel: Panel) -> None:
    """After each tree the progress is told with a rising share."""
    told: list[tuple[str, float]] = []
    config = CONFIG.model_copy(update={"signal": "probability"})
    found = fitted(panel, config, progress=lambda text, done: told.append((text, done)))
    assert told[0] == ("bin the features", 0.0)
    assert len(told) == 1 + len(found.history)
    assert told[3][0].startswith("tree 3 of at most 60, log loss 0.")
    assert [done for _, done in told[1:]] == [(tree + 1) / 60 for tree in range(len(found.history))]


def test_progress_tells_the_trees_of_both_heads(panel: Panel) -> None:
    """The rise takes the first half of the share done, the fall the second, and the texts say which it is."""
    told: list[tuple[str, float]] = []
    found = fitted(panel, progress=lambda text, done: told.append((text, done)))
    assert found.down
    rises = len(found.up.history)
    assert len(told) == 1 + rises + len(found.down.history)
    assert told[rises][0].startswith(f"tree {rises} of at most 60 for rises, log loss 0.")
    assert told[rises + 1][0].startswith("tree 1 of at most 60 for falls, log loss 0.")
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert shares[rises + 1] == 0.5 + 0.5 / 60


def test_interrupted_between_two_trees(panel: Panel) -> None:
    """Ctrl-C ends the fit at the next tree."""
    told = []

    def interrupt(text: str, _done: float) -> None:
        told.append(text)
        if len(told) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        fitted(panel, progress=interrupt)
    assert len(told) == 4


def test_every_seed_is_set() -> None:
    """All seeds follow ours, and what makes equal runs differ is off."""
    parameters = parameters_of(ModelConfig(), 7)
    assert {value for name, value in parameters.items() if name.endswith("seed")} == {7}
    assert (parameters["deterministic"], parameters["force_col_wise"]) == (True, True)
    assert "num_threads" not in parameters


def test_the_stop_loss_does_not_hang_on_threads(panel: Panel, found: Fitted) -> None:
    """What early stopping looks at has the same bits for any number of threads; LightGBM's own loss does not."""
    two = fitted(panel, CONFIG.model_copy(update={"num_threads": 2}))
    assert (two.up.history, two.down.history) == (found.up.history, found.down.history)
