"""Where parameters are looked for, and what a choice among them makes of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trady2.config_tuning import Range

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    from trady2.config import Config, ModelConfig

__all__ = ["Space", "distributions", "present", "search_space", "with_parameters"]

Space = dict[str, Range | tuple[bool | float, ...]]

_USUAL: Space = {
    "learning_rate": Range(low=0.005, high=0.1, log=True),
    "num_leaves": Range(low=4, high=64, log=True),
    "min_data_in_leaf": Range(low=50, high=2000, log=True),
    "lambda_l2": Range(low=0.1, high=300.0, log=True),
    "feature_fraction": Range(low=0.05, high=1.0, log=True),
    "bagging_fraction": Range(low=0.4, high=1.0),
    "extra_trees": (False, True),
}


def search_space(config: Config) -> Space:
    """Return the space of *config*, or the usual one, widened where the present parameters lie outside of it.

    A parameter whose present value has no place on a logarithmic scale is then not searched.
    """
    if config.tune.space is not None:
        return dict(config.tune.space)
    widened = {name: _widened(values, getattr(config.model, name)) for name, values in _USUAL.items()}
    return {name: values for name, values in widened.items() if values is not None}


def _widened(values: Range | tuple[bool | float, ...], now: float) -> Range | tuple[bool | float, ...] | None:
    if not isinstance(values, Range) or values.holds(now):
        return values
    return Range(low=min(values.low, now), high=max(values.high, now), log=values.log) if now > 0 else None


def distributions(space: Space, model: ModelConfig) -> dict[str, BaseDistribution]:
    """Return *space* in Optuna's terms; whether a parameter is whole, its field in *model* tells."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for name, values in space.items():
        if not isinstance(values, Range):
            found[name] = CategoricalDistribution(list(values))
        elif isinstance(getattr(model, name), int):
            found[name] = IntDistribution(int(values.low), int(values.high), log=values.log)
        else:
            found[name] = FloatDistribution(float(values.low), float(values.high), log=values.log)
    return found


def present(space: Space, config: Config) -> dict[str, Any]:
    """Return what *config* has now for the parameters of *space*."""
    return {name: getattr(config.model, name) for name in space}


def with_parameters(config: Config, parameters: Mapping[str, Any]) -> Config:
    """Return *config* with other *parameters* of its model.

    Raises:
        ConfigError: a parameter that is none, or outside its bounds.
    """
    model = {**config.model.model_dump(), **parameters}
    values = {**config.model_dump(), "model": model, "tune": {**config.tune.model_dump(), "space": None}}
    return type(config).read(values, source="the tuned configuration")
