"""The windows of an indicator as they stand in a configuration: checked, or refused with the way out."""

from __future__ import annotations

from collections.abc import Mapping

from trady2.errors import ConfigError
from trady2.features.indicator import Indicator, Windows
from trady2.section import nearest

__all__ = ["check_parameters", "read_windows"]

_LONGEST = 100_000


def read_windows(name: str, given: object, key: str, indicator: Indicator) -> tuple[Windows, ...]:
    """Return one set of windows for each column of the indicator *name*; the default ones where none are given.

    A set is a whole number, or a list where the indicator takes several: ``windows: [[6, 24], [24, 96]]``.

    Raises:
        ConfigError: an unknown parameter (names the nearest), no list, a window out of range, a column twice.
    """
    parameters = check_parameters(name, given, key, known=("windows",) if indicator.windows else ())
    if "windows" not in parameters:
        return indicator.windows
    items = parameters["windows"]
    if not isinstance(items, (list, tuple)) or not items:
        raise ConfigError(f"{key}.{name}.windows = {items!r} is no list; write windows: [12, 24]", key=key)
    sets = tuple(_one_set(name, item, key, indicator) for item in items)
    if len(set(sets)) < len(sets):
        raise ConfigError(f"{key}.{name}.windows = {items!r} names a column twice; name each once", key=key)
    return sets


def check_parameters(name: str, given: object, key: str, *, known: tuple[str, ...]) -> Mapping[str, object]:
    """Return the parameters *given* to the indicator *name*; raises ConfigError for one that is not *known*."""
    if not isinstance(given, Mapping):
        raise ConfigError(f"{key}.{name} = {given!r} is no section; write {name}: {{windows: [12, 24]}}", key=key)
    for parameter in given:
        if parameter not in known:
            hint = nearest(str(parameter), known) if known else f"it takes none; write {name}: {{}}"
            raise ConfigError(f"{key}.{name}: no parameter {parameter!r}; {hint}", key=key, parameter=parameter)
    return given


def _one_set(name: str, item: object, key: str, indicator: Indicator) -> Windows:
    windows = tuple(item) if isinstance(item, (list, tuple)) else (item,)
    whole = all(type(window) is int and indicator.smallest <= window <= _LONGEST for window in windows)
    default = indicator.windows[0]
    if not whole or len(windows) != len(default) or not _same_order(windows, default):
        example = list(default) if len(default) > 1 else default[0]
        raise ConfigError(
            f"{key}.{name}.windows holds {item!r}; each has to be {len(default)} whole number(s) of bars from "
            f"{indicator.smallest} to {_LONGEST}, in the order of sizes of {example}; write such as {example}",
            key=key,
            windows=item,
        )
    return windows


def _same_order(windows: Windows, default: Windows) -> bool:
    # Only the first two are a short and a long side; a third one smooths.
    return len(default) < 2 or (windows[0] < windows[1]) == (default[0] < default[1])
