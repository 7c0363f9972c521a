"""A user's own builder: ``features.builder: package.module:function`` adds its columns to the library's.

The function takes the bars of one asset, a frame with timestamp, asset, open, high, low, close and volume, and returns
a frame with the same timestamps in the same order and one float column for each feature. Its attribute ``warmup_bars``
says how many bars must lie before a row; it is called once a block, with the block and that many bars before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trady2.errors import ConfigError, DataError
from trady2.features.bar_arrays import BarArrays
from trady2.features.blocks import Block
from trady2.section import nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OwnBuilder"]

_HOUR = 3_600_000_000
_TRIAL_BARS = 64
_TAKEN = ("asset", "open", "high", "low", "close", "volume", "closed", "label")


@dataclass(frozen=True, eq=False)
class OwnBuilder:
    """A checked builder: its name in the configuration, the function, its warm-up, and its columns."""

    name: str
    function: Callable[[pd.DataFrame], pd.DataFrame]
    warmup_bars: int
    columns: tuple[str, ...] = ()

    @classmethod
    def load(cls, name: str) -> OwnBuilder:
        """Import the builder *name* and learn its columns from a trial on made-up hourly bars.

        Raises:
            ConfigError: it cannot be imported, or declares no warm-up.
            DataError: what it returns is not what it has to be.
        """
        module_name, _, attribute = name.partition(":")
        try:
            module = import_module(module_name)
        except ImportError as error:
            raise ConfigError(
                f"features.builder = {name!r}: {error}; put the folder of that package on PYTHONPATH", builder=name
            ) from error
        if not callable(getattr(module, attribute, None)):
            known = [key for key, value in vars(module).items() if callable(value)]
            raise ConfigError(
                f"features.builder = {name!r}: no such function; {nearest(attribute, known)}", builder=name
            )
        function = getattr(module, attribute)
        warmup = getattr(function, "warmup_bars", None)
        if type(warmup) is not int or warmup < 0:
            raise ConfigError(
                f"features.builder = {name!r} declares warmup_bars = {warmup!r}; set the attribute to the number of "
                f"bars that must lie before a row: {attribute}.warmup_bars = 100",
                builder=name,
            )
        trial = cls(name, function, warmup)
        return cls(name, function, warmup, trial._returned(_made_up_bars(warmup + _TRIAL_BARS), "TRIAL")[0])

    def fill_block(self, bars: BarArrays, asset: str, block: Block, out: npt.NDArray[np.float32]) -> None:
        """Write the columns of *block* into *out*, (columns, rows of the block), NaN inside the warm-up.

        Raises:
            DataError: other columns than on the trial, other timestamps, no numbers, or an infinite one.
        """
        begin = max(0, block.start - self.warmup_bars)
        lead = block.start - begin
        columns, values = self._returned(bars.rows(begin, block.stop), asset)
        if columns != self.columns:
            raise self._fault(f"returned the columns {columns}, and {self.columns} before; return always the same")
        out[:] = values[:, lead:]
        out[:, : max(0, self.warmup_bars - lead)] = np.nan

    def _returned(self, bars: BarArrays, asset: str) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
        given = bars.frame(asset)
        frame = self.function(given.copy())
        if "timestamp" not in getattr(frame, "columns", ()):
            raise self._fault("returned no frame with a column 'timestamp'; return one row for each bar")
        if len(frame) != len(given) or not (frame["timestamp"].to_numpy() == given["timestamp"].to_numpy()).all():
            raise self._fault(f"returned {len(frame)} rows for {len(given)} bars, or other times; keep every bar's row")
        columns = tuple(str(name) for name in frame.columns if name != "timestamp")
        taken = sorted(set(columns) & set(_TAKEN)) or sorted({name for name in columns if columns.count(name) > 1})
        if taken or not columns:
            raise self._fault(f"returned {taken or 'no column'}; return at least one new name, each once")
        odd = [name for name in columns if frame[name].dtype.kind not in "fiub"]
        if odd:
            raise self._fault(f"returned {odd[0]!r} as {frame[odd[0]].dtype}; return numbers")
        values = frame[list(columns)].to_numpy(np.float64).T
        if np.isinf(values).any():
            raise self._fault(f"returned an infinite {columns[int(np.argwhere(np.isinf(values))[0][0])]!r}; return NaN")
        return columns, values

    def _fault(self, text: str) -> DataError:
        return DataError(f"features.builder = {self.name!r} {text}", builder=self.name)


def _made_up_bars(n_bars: int) -> BarArrays:
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(0).normal(0.0, 0.01, n_bars)))
    open_ = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(open_, close) * 1.001, np.minimum(open_, close) * 0.999
    return BarArrays(np.arange(n_bars) * _HOUR, _HOUR, open_, high, low, close, np.ones(n_bars))
