"""The section ``tune:``: where and how long parameters of the section ``model`` are looked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from trady2.section import Section, nearest

__all__ = ["Range", "TuneConfig", "check_space", "tunable"]

Choices = Annotated[tuple[bool | int | float, ...], Field(min_length=1, strict=False)]
_SAME_TREES = {"num_threads": "no tree depends on it"}


class Range(Section):
    """Values from `low` to `high`, ends included; with `log`, each factor is as likely as any other."""

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _runs_upwards(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low = {self.low} is not below high = {self.high}; exchange or widen them")
        if self.log and self.low <= 0:
            raise ValueError(f"low = {self.low} has no logarithm; raise it above 0, or leave log out")
        return self

    def holds(self, value: float) -> bool:
        """Tell whether *value* lies inside."""
        return self.low <= value <= self.high


def _kind(value: object) -> str:
    return "range" if isinstance(value, Mapping | Range) else "list"


Values = Annotated[Annotated[Range, Tag("range")] | Annotated[Choices, Tag("list")], Discriminator(_kind)]


class TuneConfig(Section):
    """How long and where parameters of `model` are looked for; `space` None for the usual ones."""

    n_trials: Annotated[int, Field(ge=1)] = 50
    minutes: Annotated[float | None, Field(gt=0)] = None
    n_folds: Annotated[int, Field(ge=2, le=50)] = 5
    out_of_sample_share: Annotated[float, Field(gt=0, lt=1)] = 0.6
    prune_after_folds: Annotated[int | None, Field(ge=1)] = 2
    startup_trials: Annotated[int, Field(ge=1)] = 12
    space: Mapping[str, Values] | None = None


def tunable(model: Section) -> list[str]:
    """Return the parameters of the section *model* that are numbers or switches, and change the trees."""
    numbers = {name for name, value in model.model_dump().items() if isinstance(value, bool | int | float)}
    return sorted(numbers - set(_SAME_TREES))


def check_space(space: Mapping[str, Range | tuple[bool | float, ...]] | None, model: Section) -> None:
    """Refuse a *space* with a name or a value that *model* does not have, or without the value that it has now.

    Raises:
        ValueError: names the key and the way out.
    """
    for name, values in (space or {}).items():
        if name in _SAME_TREES:
            raise ValueError(f"{name} in space changes nothing: {_SAME_TREES[name]}; remove it")
        if name not in tunable(model):
            raise ValueError(f"unknown key {name!r} in space: {nearest(name, tunable(model))}")
        now = getattr(model, name)
        tried = (values.low, values.high) if isinstance(values, Range) else values
        for value in tried:
            _check_value(name, value, model)
        if not (values.holds(now) if isinstance(values, Range) else now in values):
            raise ValueError(
                f"space.{name} leaves out {now}, the present model.{name}, which everything is compared with; widen it"
            )


def _check_value(name: str, value: bool | float, model: Section) -> None:
    try:
        type(model).model_validate({**model.model_dump(), name: value})
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]["msg"].removeprefix("Input should be ")
        raise ValueError(f"space.{name} = {value!r} is refused: it has to be {fault}") from None
