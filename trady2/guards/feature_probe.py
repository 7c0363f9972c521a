"""One feature function and the bars on which it is tried; what several checks need is computed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from trady2.errors import DataError
from trady2.guards.bar_table import BarTable
from trady2.guards.builds import Builder, Built, call_builder
from trady2.guards.cuts import CutPlan, Window, plan_cuts
from trady2.guards.differences import scales

__all__ = ["FeatureProbe"]

_KEPT_BYTES = 200_000_000


@dataclass(eq=False)
class FeatureProbe:
    """What the checks of features look at.

    Attributes:
        build: the function.
        bars: all bars.
        warmup_bars: how many bars must lie before a row, as declared.
        seed: of cuts and poison.
        leaking: columns that a check has found to need the future; later checks do not explain them otherwise.
    """

    build: Builder
    bars: BarTable
    warmup_bars: int
    seed: int
    leaking: set[str] = field(default_factory=set)
    _kept: dict[Window, Built | str] = field(default_factory=dict)
    _bytes: int = 0

    @cached_property
    def plan(self) -> CutPlan:
        """Where history is cut."""
        return plan_cuts(self.bars, self.warmup_bars, self.seed)

    @cached_property
    def _first(self) -> Built | str:
        try:
            return call_builder(self.build, self.bars)
        except DataError as error:
            return str(error)

    @property
    def fault(self) -> str | None:
        """Why the function cannot be called on all bars; None when it can."""
        return self._first if isinstance(self._first, str) else None

    @property
    def full(self) -> Built:
        """The features of all bars; raises DataError where the function cannot be called."""
        if isinstance(self._first, str):
            raise DataError(self._first)
        return self._first

    @cached_property
    def scale(self) -> dict[str, float]:
        """The standard deviation of each column."""
        return dict(zip(self.full.names, scales(self.full.matrix).tolist(), strict=True))

    def reference(self, window: Window) -> Built:
        """Return the features of the bars of *window*, uncut; raises DataError where the function cannot be called."""
        if window not in self._kept:
            bars = self.bars.between(window.start, window.stop)
            try:
                built: Built | str = call_builder(self.build, bars)
            except DataError as error:
                built = str(error)
            size = built.matrix.nbytes if isinstance(built, Built) else 0
            if self._bytes + size > _KEPT_BYTES:
                return _raised(built)
            self._kept[window], self._bytes = built, self._bytes + size
        return _raised(self._kept[window])


def _raised(built: Built | str) -> Built:
    if isinstance(built, str):
        raise DataError(built)
    return built
