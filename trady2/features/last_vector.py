"""The vector of the last of some bars, for a request that brings them: what `build` gives for that row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from trady2.config import FeaturesConfig
from trady2.errors import ConfigError, NotEnoughDataError
from trady2.features.bar_arrays import BarArrays
from trady2.features.blocks import blocks_of
from trady2.features.engine import Engine
from trady2.features.market import Market

__all__ = ["LastVector"]


class LastVector:
    """Computes the last vector of bars whose timeframe is *step* microseconds, with or without a *market*.

    Only the block that holds the last bar is computed; it needs neither pandas nor the blocks before it.

    Attributes:
        names: the features in their order.
        warmup_bars: how many bars must lie before the last one.
        history_bars: how many before the block of the last one make the vector that of a longer history, to the bit.
    """

    def __init__(self, config: FeaturesConfig, step: int, *, market: bool) -> None:
        """Plan the columns; raises ConfigError where the configuration asks for a builder of the user's own."""
        if config.builder is not None:
            raise ConfigError(
                f"features.builder = {config.builder!r} works on frames, which answering does without; "
                "send features, or store vectors",
                builder=config.builder,
            )
        self._engine, self._leader = Engine.of(config, step, market=market), config.market_leader
        self.names = self._engine.names
        self.warmup_bars, self.history_bars = self._engine.warmup_bars, self._engine.history_bars

    def __call__(self, asset: str, bars: BarArrays, market: Mapping[str, BarArrays]) -> npt.NDArray[np.float32]:
        """Return the (f,) features of the last of *bars*, beside the bars of the *market*: the bits that `build` gives.

        As there, the asset itself belongs to the bars whose mean, its own left out, is the market without a leader.

        Raises:
            NotEnoughDataError: there are not `warmup_bars` before the last one.
            NotFoundError: the leader's bars are not among them.
        """
        if len(bars) <= self.warmup_bars:
            raise NotEnoughDataError(
                f"{len(bars)} bars are too few: the last one needs {self.warmup_bars} before it; "
                f"send at least {self.warmup_bars + 1}",
                needed=self.warmup_bars + 1,
            )
        if market:
            bars = Market.of({**market, asset: bars}, self._leader).beside(asset, bars)
        block = blocks_of(bars.time, bars.step)[-1]
        values = np.empty((len(self.names), block.stop - block.start), np.float32)
        self._engine.fill(bars, asset, block, values)
        return np.ascontiguousarray(values[:, -1])
