"""The section tune: what may be searched, and what is refused."""

import pytest

from trady2.config import Config, ModelConfig
from trady2.config_tuning import Range, TuneConfig, check_space, tunable
from trady2.errors import ConfigError

BASE = {"target": {"horizon_steps": 6, "return_threshold": 0.004}, "backtest": {}}


def test_a_space_of_ranges_and_lists_is_read() -> None:
    """A mapping is a range, a list is a choice; both have to hold the present value."""
    space = {"learning_rate": {"low": 0.01, "high": 0.1, "log": True}, "extra_trees": [True, False]}
    tune = Config(**BASE, tune={"space": space}).tune
    assert tune.space == {"learning_rate": Range(low=0.01, high=0.1, log=True), "extra_trees": (True, False)}
    assert Config.read(Config(**BASE, tune={"space": space}).model_dump(mode="json"), source="again").tune == tune


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"learning_rat": [0.02]}, "unknown key 'learning_rat' in space: did you mean 'learning_rate'"),
        ({"num_threads": [0, 1]}, "num_threads in space changes nothing: no tree depends on it; remove it"),
        ({"signal": [1]}, "unknown key 'signal' in space"),
        ({"learning_rate": [0.02, 2.0]}, "space.learning_rate = 2.0 is refused: it has to be less than or equal to 1"),
        ({"num_leaves": {"low": 2, "high": 8}}, "space.num_leaves leaves out 31, the present model.num_leaves"),
        ({"num_leaves": {"low": 64, "high": 8}}, "low = 64 is not below high = 8; exchange or widen them"),
        ({"lambda_l2": {"low": 0.0, "high": 50.0, "log": True}}, "low = 0.0 has no logarithm; raise it above 0"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(space: dict[str, object], message: str) -> None:
    """The message names the key, the value and the way out."""
    with pytest.raises(ConfigError, match=message):
        Config(**BASE, tune={"space": space})


def test_numbers_and_switches_can_be_searched() -> None:
    """Words and the number of threads cannot."""
    names = tunable(ModelConfig())
    assert {"learning_rate", "extra_trees", "max_depth"} <= set(names)
    assert not {"num_threads", "calibration", "signal"} & set(names)
    check_space(None, ModelConfig())


def test_the_budget_is_positive() -> None:
    """No tries, or no time, is no search."""
    assert (TuneConfig().n_trials, TuneConfig().minutes) == (50, None)
    for budget in ({"n_trials": 0}, {"minutes": 0.0}):
        with pytest.raises(ConfigError, match="is refused"):
            TuneConfig(**budget)
