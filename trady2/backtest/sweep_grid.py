"""A grid of values becomes a list of configurations, those that share their trades side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trady2.config import BacktestConfig
from trady2.errors import ConfigError, NotEnoughDataError

__all__ = ["MOST_CONFIGURATIONS", "Grid", "candidate_thresholds", "read_grid"]

MOST_CONFIGURATIONS = 100_000
"""The most that are swept at once."""

_MOST_SIGNALS, _FEWEST_SIGNALS = 0.5, 0.005
_PRICING = ("fee_bps", "slippage_bps", "fraction", "initial_cash", "intrabar")


@dataclass(frozen=True, eq=False)
class Grid:
    """Every combination of some values, numbered from 0.

    `axes` holds each key of the grid with its distinct values. Keys that decide which trades happen come first, those
    that only price them last; in `configs` the last key changes fastest, so configurations with the same trades
    follow each other.
    """

    axes: dict[str, tuple[Any, ...]]
    configs: tuple[BacktestConfig, ...]

    def parameters(self, number: int) -> dict[str, Any]:
        """Return the values that configuration *number* has for the keys of the grid."""
        return {key: getattr(self.configs[number], key) for key in self.axes}

    def units(self, most: int) -> Iterator[range]:
        """Cut the numbers, in order, into runs of at most *most* configurations that have the same trades."""
        deciding = [key for key in self.axes if key not in _PRICING]
        alike = groupby(range(len(self.configs)), lambda number: [getattr(self.configs[number], k) for k in deciding])
        for _, numbers in alike:
            first, *rest = numbers
            last = rest[-1] if rest else first
            yield from (range(start, min(start + most, last + 1)) for start in range(first, last + 1, most))


def read_grid(grid: Mapping[str, Any]) -> Grid:
    """Check a *grid*: by key of `BacktestConfig` a list, a range, an array, or a single value; equal values are one.

    Raises:
        ConfigError: an unknown key, a value that its key does not take, a key without values, no threshold or
            `hold_bars`, more than one calendar, or more than 100,000 combinations.
    """
    values = {key: _listed(key, grid[key]) for key in sorted(grid, key=_place)}
    count = prod(len(options) for options in values.values())
    if count > MOST_CONFIGURATIONS:
        raise ConfigError(
            f"the grid has {count:,} configurations, and {MOST_CONFIGURATIONS:,} at most are swept: the best of so "
            "many is luck; give fewer values",
            count=count,
        )
    combined = (dict(zip(values, combination, strict=True)) for combination in product(*values.values()))
    configs = tuple(dict.fromkeys(BacktestConfig.read(one, source="the grid") for one in combined))
    axes = {key: tuple(dict.fromkeys(getattr(config, key) for config in configs)) for key in values}
    if None in axes.get("threshold", (None,)):
        raise ConfigError(
            "the grid has no threshold, or None among its values, and there is no version whose own could stand in; "
            "give threshold=[0.5, 0.6], say",
            key="threshold",
        )
    if len(axes.get("calendar", ())) > 1:
        raise ConfigError(f"the grid has the calendars {axes['calendar']}, but bars keep one; give one", key="calendar")
    return Grid(axes, configs)


def candidate_thresholds(probability: NDArray[np.float64], count: int) -> list[float]:
    """Return at most *count* thresholds, ascending, above which from half to 1 in 200 of the probabilities lie.

    They are spread evenly over the logarithm of that share. NaN is no probability.

    Raises:
        NotEnoughDataError: there is no probability at all.
    """
    known = probability[np.isfinite(probability)]
    if not known.size:
        raise NotEnoughDataError(
            "the span has no probability from which thresholds could be taken; name them in sweep.grid, or choose "
            "another span",
            n_probabilities=0,
        )
    shares = np.geomspace(_MOST_SIGNALS, _FEWEST_SIGNALS, count)
    return [float(value) for value in np.unique(np.quantile(known, 1 - shares, method="higher"))]


def _place(key: str) -> int:
    known = [*(name for name in BacktestConfig.model_fields if name not in _PRICING), *_PRICING]
    return known.index(key) if key in known else len(known)


def _listed(key: str, value: Any) -> list[Any]:
    """Return the values of a key as plain numbers; those of numpy are turned into Python's."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    values = list(plain) if isinstance(plain, list | tuple | range) else [plain]
    if not values:
        raise ConfigError(f"the grid has no value for {key}; give one, or leave the key out", key=key)
    return [one.item() if hasattr(one, "item") else one for one in values]
