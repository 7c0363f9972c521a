"""A configuration made ready for bars of one timeframe: what to compute, from how much history, under which names."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trady2.config import FeaturesConfig
from trady2.cores import available_cores
from trady2.data.timeframe import timeframe_delta
from trady2.errors import ConfigError
from trady2.features.bar_arrays import BarArrays
from trady2.features.blocks import Block, blocks_of, fill_block
from trady2.features.own_builder import OwnBuilder
from trady2.features.plan import Column, Group, plan_columns, plan_groups

__all__ = ["Engine"]


@dataclass(frozen=True, eq=False)
class Engine:
    """Computes blocks of bars whose timeframe is `step` microseconds."""

    step: int
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    lengths: Mapping[str | None, int]
    own: OwnBuilder | None

    @classmethod
    def of(cls, config: FeaturesConfig, step: int, *, market: bool) -> Engine:
        """Read *config* for bars of *step* microseconds, with or without a *market*.

        Raises:
            ConfigError: what `plan_columns` and `OwnBuilder.load` refuse, a higher timeframe that is not a
                multiple of the bars', or one name for two columns.
        """
        columns = plan_columns(config, market=market)
        lengths: dict[str | None, int] = {None: step}
        for timeframe in config.higher_timeframes:
            lengths[timeframe] = int(timeframe_delta(timeframe).astype(np.int64))
            if lengths[timeframe] <= step or lengths[timeframe] % step:
                raise ConfigError(
                    f"features.higher_timeframes: {timeframe} is no multiple of the bars' own {step / 6e7:g} minutes; "
                    "name longer ones that are, or [] for none",
                    timeframe=timeframe,
                )
        own = None if config.builder is None else OwnBuilder.load(config.builder)
        names = [column.name for column in columns] + list(own.columns if own else ())
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigError(f"features: {twice[0]!r} stands for two columns; rename or remove one", columns=twice)
        groups = plan_groups(columns, {timeframe: length // step for timeframe, length in lengths.items()})
        return cls(step, columns, groups, lengths, own)

    @property
    def names(self) -> list[str]:
        """The features in the order of their columns."""
        return [column.name for column in self.columns] + list(self.own.columns if self.own else ())

    @property
    def warmup_bars(self) -> int:
        """How many bars must lie before a row in which every feature has a value."""
        return max([member.warmup_bars for group in self.groups for member in group.members] + self._own_warmup())

    @property
    def history_bars(self) -> int:
        """How many bars before a block its computation reads."""
        return max([group.history_bars for group in self.groups] + self._own_warmup())

    def fill(self, bars: BarArrays, asset: str, block: Block, out: npt.NDArray[np.float32]) -> None:
        """Write the features of *block* into *out*, (features, rows of the block)."""
        fill_block(bars, block, self.groups, self.lengths, out[: len(self.columns)])
        if self.own is not None:
            self.own.fill_block(bars, asset, block, out[len(self.columns) :])

    def fill_all(self, bars: BarArrays, asset: str, out: npt.NDArray[np.float32]) -> None:
        """Write the features of all *bars* into *out*, (features, n), block by block.

        TA-Lib and the kernels let go of the interpreter, so threads share the work.
        """

        def one(block: Block) -> None:
            self.fill(bars, asset, block, out[:, block.start : block.stop])

        with ThreadPoolExecutor(available_cores()) as threads:
            for _ in threads.map(one, blocks_of(bars.time, self.step)):
                pass

    def _own_warmup(self) -> list[int]:
        return [0 if self.own is None else self.own.warmup_bars]
