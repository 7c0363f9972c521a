"""From configuration to columns: which indicator with which windows stands in which column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trady2.config import FeaturesConfig
from trady2.errors import ConfigError
from trady2.features.catalogue import HIGHER_DEFAULT, all_indicators, find_indicator
from trady2.features.higher_timeframe import running_return
from trady2.features.indicator import Indicator, Windows, no_history
from trady2.features.windows import check_parameters, read_windows

__all__ = ["RUNNING", "Column", "Group", "Member", "plan_columns", "plan_groups"]

RUNNING = Indicator(running_return, no_history)
"""The one indicator that takes longer bars and short ones together."""

_SMALLEST_HISTORY = 256
_SMALLEST_HIGHER_HISTORY = 16


@dataclass(frozen=True)
class Column:
    """One feature: `indicator` with `windows`, on the bars themselves or on those of a higher `timeframe`."""

    name: str
    indicator: Indicator
    windows: Windows
    timeframe: str | None = None

    def warmup_steps(self) -> int:
        """Bars needed before a row, in bars of the column's own timeframe."""
        return self.indicator.warmup(*self.windows)

    def warmup_bars(self, ratio: int) -> int:
        """Bars needed before a row, where one longer bar holds *ratio* bars.

        The newest longer bar that has closed may have done so up to ratio - 1 bars ago, and the oldest may lack its
        beginning: hence two more of them. Missing bars only make more longer bars out of as many rows.
        """
        return self.warmup_steps() if self.timeframe is None else (self.warmup_steps() + 2) * ratio


@dataclass(frozen=True)
class Member:
    """A column of a group: its position among all columns, and its warm-up in rows."""

    position: int
    column: Column
    warmup_bars: int


@dataclass(frozen=True)
class Group:
    """Columns that are computed from one slice of bars; `history_bars` of it lie before the block.

    The history is the warm-up rounded up to a power of two: so a column's value does not depend on
    which other columns are asked for, and neighbours still share their returns and ranges.
    """

    timeframe: str | None
    history_bars: int
    members: tuple[Member, ...]


def plan_columns(config: FeaturesConfig, *, market: bool) -> tuple[Column, ...]:
    """Return the columns of *config* in their order, without those of a user's own builder.

    Cross-asset indicators of the default set are there when there is a *market*.

    Raises:
        ConfigError: unknown indicator or parameter (names the nearest), a window that makes no sense, or a
            cross-asset indicator asked for by name where there is no market.
    """
    wanted: Mapping[str, Any] = config.indicators if config.indicators is not None else _default_set(market)
    columns = [column for name, given in wanted.items() for column in _columns(name, given, "features.indicators")]
    if not market and (needy := [c.name for c in columns if c.indicator.needs_market]):
        raise ConfigError(
            f"features.indicators: {needy[0]} needs a market and there is none; give the bars of other assets, "
            "or remove it",
            columns=needy,
        )
    key = "features.higher_indicators"
    higher: Mapping[str, Any] = HIGHER_DEFAULT if config.higher_indicators is None else config.higher_indicators
    for timeframe in config.higher_timeframes:
        for name, given in higher.items():
            columns += _columns(name, given, key, timeframe)
    return tuple(columns)


def plan_groups(columns: tuple[Column, ...], ratios: Mapping[str | None, int]) -> tuple[Group, ...]:
    """Sort *columns* into groups; *ratios* holds the bars in one longer bar by its timeframe, and 1 for None."""
    groups: dict[tuple[str | None, int], list[Member]] = {}
    for position, column in enumerate(columns):
        ratio = ratios[column.timeframe]
        warmup = column.warmup_bars(ratio)
        steps = max(-(-warmup // ratio), _SMALLEST_HISTORY if column.timeframe is None else _SMALLEST_HIGHER_HISTORY)
        history = (1 << (steps - 1).bit_length()) * ratio
        groups.setdefault((column.timeframe, history), []).append(Member(position, column, warmup))
    return tuple(Group(timeframe, history, tuple(found)) for (timeframe, history), found in groups.items())


def _default_set(market: bool) -> Mapping[str, Any]:
    return {name: {} for name, indicator in all_indicators().items() if market or not indicator.needs_market}


def _columns(name: str, given: object, key: str, timeframe: str | None = None) -> list[Column]:
    prefix = f"{timeframe}_" if timeframe else ""
    if timeframe and name == RUNNING.function.__name__:
        check_parameters(name, given, key, known=())
        return [Column(prefix + name, RUNNING, (), timeframe)]
    indicator = find_indicator(name, key=key)
    if timeframe and indicator.needs_market:
        raise ConfigError(f"{key}.{name} compares with a market, which has no longer bars; remove it", key=key)
    sets = read_windows(name, given, key, indicator) or ((),)
    return [Column(prefix + "_".join([name, *map(str, windows)]), indicator, windows, timeframe) for windows in sets]
