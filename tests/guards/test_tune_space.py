from __future__ import annotations

import pytest

from tests.guards.tuning import tuning_config
from trady2.config import ModelConfig
from trady2.config_tuning import Range
from trady2.errors import ConfigError
from trady2.guards.tune_space import distributions, present, search_space, with_parameters


def test_the_usual_space_holds_the_present_parameters() -> None:
    """It is widened to where they are; what has no place on its scale is left out."""
    config = tuning_config(space=None)
    model = config.model.model_copy(update={"num_leaves": 255, "min_data_in_leaf": 5, "lambda_l2": 0.0})
    space = search_space(config.model_copy(update={"model": model}))
    assert space["num_leaves"] == Range(low=4, high=255, log=True)
    assert space["min_data_in_leaf"] == Range(low=5, high=2000, log=True)
    assert "lambda_l2" not in space
    for name, values in search_space(config).items():
        now = getattr(config.model, name)
        assert values.holds(now) if isinstance(values, Range) else now in values


def test_whole_numbers_stay_whole() -> None:
    """The kind of a parameter is that of its field."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    space = {
        "num_leaves": Range(low=2, high=9),
        "lambda_l2": Range(low=1, high=3, log=True),
        "extra_trees": (True, False),
    }
    assert distributions(space, ModelConfig()) == {
        "num_leaves": IntDistribution(2, 9),
        "lambda_l2": FloatDistribution(1.0, 3.0, log=True),
        "extra_trees": CategoricalDistribution([True, False]),
    }


def test_chosen_parameters_change_the_model_alone() -> None:
    """All else of the configuration stays; the space, which was about the old ones, is not kept."""
    config = tuning_config()
    changed = with_parameters(config, {"num_leaves": 5})
    assert changed.model == config.model.model_copy(update={"num_leaves": 5})
    assert changed.tune == config.tune.model_copy(update={"space": None})
    assert (changed.target, changed.backtest, changed.seed) == (config.target, config.backtest, config.seed)
    assert present(search_space(config), config) == {"learning_rate": 0.2, "num_leaves": 8}


def test_a_parameter_outside_its_bounds_is_refused() -> None:
    """As in a file."""
    with pytest.raises(ConfigError, match=r"model\.num_leaves = 1 is refused"):
        with_parameters(tuning_config(), {"num_leaves": 1})
