"""Many configurations of one backtest at once, each exactly what `trady2.backtest.run` would say of it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trady2.backtest.engine import run
from trady2.backtest.market import checked_probability, market_from_bars
from trady2.backtest.sweep_grid import Grid, read_grid
from trady2.backtest.sweep_periods import Periods, compounded, cut_periods
from trady2.backtest.sweep_pricing import METRICS, Pricing, is_priced_fast
from trady2.backtest.sweep_threads import in_order

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from trady2.backtest.metrics import Metric
    from trady2.config import BacktestConfig

__all__ = ["Sweep", "SweepInterrupted", "Trial", "sweep"]

_MOST_AT_ONCE = 16
"""Configurations of one unit of work: enough to share trades, few enough to stop soon and to occupy every core."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One configuration that was tried, and what it gave."""

    number: int
    parameters: dict[str, Any]
    """Its values for the keys of the grid."""
    config: BacktestConfig
    metrics: dict[str, Metric]
    """The figures named in `METRICS`; None where one is not defined."""
    returns: Series[float]
    """Net returns by start of the period, UTC; they compound to the total return."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """Every configuration of a grid, by its number."""

    axes: dict[str, tuple[Any, ...]]
    """The distinct values of every key of the grid."""
    table: DataFrame
    """A row per configuration: its parameters, then its figures; NaN for None."""
    returns: DataFrame
    """Net returns: rows are periods by their start in UTC without a gap, columns are configurations."""
    period: str
    """How long a period of `returns` is."""

    @property
    def wanted(self) -> int:
        """How many configurations the grid has."""
        return math.prod(len(values) for values in self.axes.values())

    @property
    def complete(self) -> bool:
        """Whether all of them were tried: no interruption came."""
        return len(self.table) == self.wanted


class SweepInterrupted(KeyboardInterrupt):
    """Ctrl-C came before the sweep was through; `done` is the `Sweep` of what was finished by then."""

    def __init__(self, done: Sweep) -> None:
        """Keep what was *done*."""
        super().__init__()
        self.done = done


def sweep(
    bars: DataFrame,
    probability: ArrayLike,
    grid: Mapping[str, Any],
    *,
    on_trial: Callable[[Trial], object] | None = None,
    period: str = "1D",
    threads: int | None = None,
    progress: Callable[[str, float], object] | None = None,
) -> Sweep:
    """Trade *bars* on *probability* under every combination of a *grid*.

    Signals are found once per threshold and trades once per way to enter and leave; costs and sizes price them again.
    Each configuration is what `run` gives, the same for any number of threads. Keys that only `run` knows how to
    trade are handed to it one by one, which takes longer.

    The best of many configurations is chosen by luck too. That is why every one of them is handed to *on_trial*,
    to be counted, and why the returns of all are kept.

    Args:
        bars: as for `run`.
        probability: (n,) as for `run`.
        grid: by key of `BacktestConfig` a list of values, or one; ``threshold`` and ``hold_bars`` have to be there.
        on_trial: called with every `Trial` in the order of the numbers, from the calling thread, as it completes.
        period: of the returns that are kept, a number and s, m, h, d or w; see `cut_periods`.
        threads: how many work; None is one per core.
        progress: called with a text and the share done, 0 to 1.

    Returns:
        The `Sweep`.

    Raises:
        SweepInterrupted: Ctrl-C, within moments; what was done by then went to *on_trial* and is in `done`.
        ConfigError: what is wrong with the grid.
        DataError: as `run` raises it, or a *period* that is none.
    """
    read = read_grid(grid)
    market = market_from_bars(bars, read.configs[0].calendar)
    chances = checked_probability(probability, market.close.size)
    work = _Work(bars, Pricing(market, chances), cut_periods(market.clock, period), read)
    wanted, rows = len(read.configs), list[dict[str, Any]]()
    try:
        with closing(work.trials(threads or len(os.sched_getaffinity(0)))) as trials:
            for trial in trials:
                if on_trial is not None:
                    on_trial(trial)
                rows.append({**trial.parameters, **trial.metrics})
                if progress is not None:
                    progress(f"{len(rows):,} of {wanted:,} configurations", len(rows) / wanted)
    except KeyboardInterrupt as interruption:
        if not rows:
            raise
        raise SweepInterrupted(Sweep(read.axes, _table(rows), work.frame(len(rows)), period)) from interruption
    return Sweep(read.axes, _table(rows), work.frame(wanted), period)


class _Work:
    """The work on one grid; returns go straight into their place in one matrix, so memory does not grow by threads."""

    def __init__(self, bars: DataFrame, pricing: Pricing, periods: Periods, grid: Grid) -> None:
        self._bars, self._pricing, self._periods, self._grid = bars, pricing, periods, grid
        self._returns = np.empty((len(grid.configs), periods.start.size))
        self._index = periods.index
        self._slow = "funding_rate" in bars.columns

    def trials(self, threads: int) -> Generator[Trial]:
        """Yield every trial in the order of the numbers while other threads work ahead."""
        from pandas import Series

        units = list(self._grid.units(_MOST_AT_ONCE))
        with closing(in_order(self._do, units, threads)) as done:
            for unit, found in zip(units, done, strict=True):
                for number, metrics in zip(unit, found, strict=True):
                    returns = Series(self._returns[number], index=self._index, name=number, copy=False)
                    yield Trial(number, self._grid.parameters(number), self._grid.configs[number], metrics, returns)

    def frame(self, wanted: int) -> DataFrame:
        """Return the first *wanted* rows of the matrix as a frame without copying them."""
        from pandas import DataFrame, RangeIndex

        columns = RangeIndex(wanted, name="configuration")
        return DataFrame(self._returns[:wanted].T, index=self._index, columns=columns, copy=False)

    def _do(self, unit: range, stopped: Callable[[], bool]) -> list[dict[str, Metric]]:
        configs = [self._grid.configs[number] for number in unit]
        fast = not self._slow and all(is_priced_fast(config) for config in configs)
        priced = self._pricing.price(configs) if fast else self._run(configs)
        found = []
        for number, (metrics, equity) in zip(unit, priced, strict=True):
            if stopped():
                break
            cash = self._grid.configs[number].initial_cash
            self._returns[number] = compounded(equity, cash, self._periods)
            found.append(metrics)
        return found

    def _run(self, configs: list[BacktestConfig]) -> Iterator[tuple[dict[str, Metric], NDArray[np.float64]]]:
        for config in configs:
            result = run(self._bars, self._pricing.probability, config)
            metrics = result.metrics
            yield {name: metrics[name] for name in METRICS}, np.asarray(result.equity, dtype=np.float64)


def _table(rows: list[dict[str, Any]]) -> DataFrame:
    from pandas import DataFrame, RangeIndex

    columns = {name: [math.nan if row[name] is None else row[name] for row in rows] for name in rows[0]}
    return DataFrame(columns, index=RangeIndex(len(rows), name="configuration"))
