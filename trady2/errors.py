"""The errors of Trady2, grouped by what the caller does next.

    Trady2Error
    ├── ConfigError          change the configuration
    ├── DataError            mend or re-import the data
    │   ├── NotEnoughDataError   add history, or ask for less
    │   └── StaleDataError       bring newer bars
    ├── NotFoundError        name something that exists
    ├── IntegrityError       do not use it: restore it or train again
    ├── ConflictError        another process got there first: look, then try again
    └── RefusedError         a person has to decide

Every message holds the value that was wrong, the reason, and the way out. The values are attributes
of the error as well, so that a program can act on them: ``raise DataError("…", asset="BTC-EUR", row=17)``.
"""

from __future__ import annotations

__all__ = [
    "ConfigError",
    "ConflictError",
    "DataError",
    "IntegrityError",
    "NotEnoughDataError",
    "NotFoundError",
    "RefusedError",
    "StaleDataError",
    "Trady2Error",
]


class Trady2Error(Exception):
    """The root: ``except Trady2Error`` catches everything that Trady2 raises on purpose."""

    def __init__(self, message: str, **values: object) -> None:
        """Keep *values* as attributes beside the *message*."""
        super().__init__(message)
        self.values = values

    def __getattr__(self, name: str) -> object:
        """Give a value by its name."""
        values = self.__dict__.get("values", {})
        if name in values:
            return values[name]
        raise AttributeError(f"{type(self).__name__} has no value {name!r}; it has {sorted(values)}")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way between processes with the values intact."""
        return _rebuild, (type(self), str(self), self.values)


def _rebuild(kind: type[Trady2Error], message: str, values: dict[str, object]) -> Trady2Error:
    return kind(message, **values)


class ConfigError(Trady2Error, ValueError):
    """A configuration file or section cannot be used as it is."""


class DataError(Trady2Error, ValueError):
    """Bars, vectors or probabilities are not what they have to be."""


class NotEnoughDataError(DataError):
    """There is too little history for what was asked."""


class StaleDataError(DataError):
    """The newest data is too old to decide on."""


class NotFoundError(Trady2Error, LookupError):
    """A file, an asset or a version that was named does not exist."""


class IntegrityError(Trady2Error):
    """Bytes are not those that were registered. This can never be forced."""


class ConflictError(Trady2Error):
    """Something else holds the place or the lock."""


class RefusedError(Trady2Error):
    """A guard refused, and only a person may overrule it."""
