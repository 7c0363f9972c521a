from __future__ import annotations

import numpy as np

from trady2.config import Config
from trady2.data.panel import Panel
from trady2.guards.training_path import trained_scores
from trady2.learning.learn import learn
from trady2.learning.target import label_arrays


def test_the_path_is_that_of_training(panel: Panel, config: Config) -> None:
    """With the real labels, rows and raw scores of the test zone are those of a training, to the bit."""
    rows, score = trained_scores(panel, label_arrays(panel, config.target), config)
    learned = learn(panel, config)
    np.testing.assert_array_equal(rows, learned.zones.rows["test"])
    expected = learned.predictions[learned.predictions.zone == "test"]["raw"].to_numpy()
    np.testing.assert_array_equal(score, expected)


def test_no_more_than_a_hundred_trees(panel: Panel, config: Config) -> None:
    """A leak in the path shows early, so that a long training is not repeated ten times."""
    long = config.model.model_copy(update={"max_rounds": 100_000, "early_stopping_rounds": 100_000})
    rows, score = trained_scores(panel, label_arrays(panel, config.target), config.model_copy(update={"model": long}))
    assert len(rows) == len(score) > 100
