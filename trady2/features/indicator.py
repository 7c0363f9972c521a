"""What an indicator declares: its function, its default windows, and how much history it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trady2.features.bar_arrays import BarArrays
from trady2.features.kernels import Array

__all__ = ["Indicator", "Windows", "exponential", "longest", "no_history", "wilder"]

Windows = tuple[int, ...]


@dataclass(frozen=True)
class Indicator:
    """One entry of the library.

    Attributes:
        function: maps bars and this many windows, in bars, to (n,) values. Rows inside the warm-up may hold anything.
        warmup: maps the windows to the number of bars that must lie before a row; the rows before are NaN.
            Long enough when starting earlier changes a value by less than 1e-6 of its standard deviation.
        windows: the default set, one column for each; empty for an indicator without windows.
        smallest: the least window that makes sense.
        needs_market: whether `BarArrays.market` has to be there.
    """

    function: Callable[..., Array]
    warmup: Callable[..., int]
    windows: tuple[Windows, ...] = ()
    smallest: int = 1
    needs_market: bool = False

    def compute(self, bars: BarArrays, windows: Windows) -> Array:
        """Return the (n,) values, unmasked."""
        return self.function(bars, *windows)


def longest(*windows: int) -> int:
    """Warm-up of a moving window: as many returns as the longest window holds."""
    return max(windows)


def no_history() -> int:
    """Warm-up of what one bar tells by itself."""
    return 0


def exponential(*windows: int) -> int:
    """Warm-up of exponential means with weight 2 / (window + 1), one fed by the other: e^-20 of the start is left."""
    return 10 * sum(windows)


def wilder(*windows: int) -> int:
    """Warm-up of Wilder's means with weight 1 / window, one fed by the other: e^-20 of the start is left."""
    return 20 * sum(windows)
