"""What came of one try of a search for parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, cast

__all__ = ["State", "Tried"]

State = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True)
class Tried:
    """One set of parameters, walked along the zones that tuning may see; None for what is not defined.

    Attributes:
        number: its number in the study.
        parameters: the values that were searched.
        is_present: whether these are the parameters of the configuration itself.
        state: ``complete``; ``pruned`` when it was given up before its last fold; ``failed``.
        folds: how many it saw.
        direction_skill: of what it predicted, 0.5 for a coin.
        direction_t: (skill - 0.5) / standard error.
        direction_low_90: one-sided lower bound.
        log_loss_skill: beside it.
        n_trades: trades on its signals.
        net_return_per_bar: mean, after costs.
        trees: kept in each fold.
        seconds: of wall time.
        reason: why it failed.
    """

    number: int
    parameters: dict[str, Any]
    is_present: bool
    state: State
    folds: int = 0
    direction_skill: float | None = None
    direction_t: float | None = None
    direction_low_90: float | None = None
    log_loss_skill: float | None = None
    n_trades: int | None = None
    net_return_per_bar: float | None = None
    trees: tuple[int, ...] = ()
    seconds: float = 0.0
    reason: str | None = None

    @classmethod
    def of(cls, number: int, parameters: Mapping[str, Any], found: Mapping[str, Any], *, is_present: bool) -> Self:
        """Read what `found` wrote."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in found.items() if name in known}
        return cls(
            number=number,
            parameters=dict(parameters),
            is_present=is_present,
            **{**values, "state": cast("State", values["state"]), "trees": tuple(values.get("trees", ()))},
        )

    def found(self) -> dict[str, Any]:
        """Return what is kept of it beside its number and parameters, as JSON knows it."""
        return {k: v for k, v in self.as_json().items() if k not in ("number", "parameters", "is_present")}

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return {**asdict(self), "trees": list(self.trees)}
