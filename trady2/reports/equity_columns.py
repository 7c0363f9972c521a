"""What is drawn over time, one row per bar: the columns of a report's equity file."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["CLOSE", "as_equity_frame"]

CLOSE = "close:"
"""Before the name of the asset whose closes a column holds; NaN where it has no bar."""


def as_equity_frame(equity: Series[float] | DataFrame, benchmark: Series[float] | None = None) -> DataFrame:
    """Return *equity* by timestamp, whether it is a series, such a frame, or one with a timestamp column.

    Its columns are equity and, where they are known, benchmark, equity_pessimistic, equity_optimistic (money at the
    close), exposure (share of equity in positions at the close) and ``close:<ASSET>``. A *benchmark* beside it
    becomes, or replaces, the column of that name.
    """
    frame = cast("Series[float]", equity).to_frame("equity") if equity.ndim == 1 else cast("DataFrame", equity)
    if "timestamp" in frame.columns:
        frame = frame.set_index("timestamp")
    frame = frame.rename_axis("timestamp")
    return frame if benchmark is None else frame.assign(benchmark=benchmark)
