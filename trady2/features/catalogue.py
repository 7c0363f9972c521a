"""All indicators by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from trady2.errors import ConfigError
from trady2.features.indicator import Indicator
from trady2.section import nearest

__all__ = ["FAMILIES", "HIGHER_DEFAULT", "all_indicators", "find_indicator"]

FAMILIES = (
    "momentum",
    "trend",
    "mean_reversion",
    "volatility",
    "volume",
    "candles",
    "moments",
    "calendar_time",
    "cross_asset",
)
"""The modules of the library, in the order of their columns."""

HIGHER_DEFAULT: Mapping[str, Mapping[str, list[int]]] = {
    "running_return": {},
    "log_return": {"windows": [1, 6]},
    "price_z": {"windows": [10]},
    "range_position": {"windows": [10]},
    "close_volatility": {"windows": [10]},
}
"""What is taken from each higher timeframe unless the configuration says otherwise; windows in longer bars."""


@cache
def all_indicators() -> Mapping[str, Indicator]:
    """Return every indicator under its name, in the order of the columns."""
    found: dict[str, Indicator] = {}
    for family in FAMILIES:
        found |= import_module(f"trady2.features.{family}").INDICATORS
    return MappingProxyType(found)


def find_indicator(name: str, *, key: str) -> Indicator:
    """Return the indicator *name*; raises ConfigError with the nearest one for an unknown name under *key*."""
    if name not in all_indicators():
        raise ConfigError(
            f"{key}.{name}: no such indicator; {nearest(name, all_indicators())}", key=key, indicator=name
        )
    return all_indicators()[name]
