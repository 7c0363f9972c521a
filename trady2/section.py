"""What every section of a configuration shares: frozen, strict, and errors that say the way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from trady2.errors import ConfigError

__all__ = ["Section", "nearest"]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest of the *known* names, or all of them."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.4)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"


class Section(BaseModel):
    """Keyword-only, frozen, no unknown keys, no silent conversion of types; anything else raises ConfigError."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        """Check the *values*; raises ConfigError with all faults at once."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _explained(type(self), error, source=type(self).__name__) from error

    # Without this mark pydantic builds inner sections through __init__ too, and a fault in one would be told twice.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def read(cls, values: object, *, source: str) -> Self:
        """Check *values* that came from *source*, a file's name; raises ConfigError with all faults at once."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _explained(cls, error, source=source) from error


def _explained(kind: type[BaseModel], error: ValidationError, *, source: str) -> ConfigError:
    faults = error.errors(include_url=False, include_context=False)
    keys = [".".join(str(part) for part in fault["loc"]) for fault in faults]
    lines = [_sentence(kind, key, fault) for key, fault in zip(keys, faults, strict=True)]
    return ConfigError(f"{source}: " + "; ".join(lines), keys=keys, source=source)


def _sentence(kind: type[BaseModel], key: str, fault: ErrorDetails) -> str:
    if fault["type"] == "extra_forbidden":
        return f"unknown key {key!r}: {nearest(str(fault['loc'][-1]), _keys_beside(kind, fault['loc']))}"
    if fault["type"] == "missing":
        return f"{key!r} is missing; add it"
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if fault["type"] == "value_error":
        return f"{key}: {message}" if key else message
    return f"{key} = {fault['input']!r} is refused: it has to be {message}"


def _keys_beside(kind: type[BaseModel], location: tuple[int | str, ...]) -> Mapping[str, object]:
    for part in location[:-1]:
        inner = kind.model_fields[str(part)].annotation if str(part) in kind.model_fields else None
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            kind = inner
    return kind.model_fields
