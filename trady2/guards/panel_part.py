"""Some rows of a panel as a panel."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trady2.data.panel import Panel

__all__ = ["latest_rows", "rows_of_panel"]

_WHOLE = {"assets", "feature_names", "step"}


def rows_of_panel(panel: Panel, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Panel:
    """Return the *rows*, a mask or ascending positions, of a panel; the arrays are copies."""
    return replace(panel, **{f.name: getattr(panel, f.name)[rows] for f in fields(panel) if f.name not in _WHOLE})


def latest_rows(panel: Panel, most: int) -> Panel:
    """Return the panel, or of one with more than *most* rows all from the time on that leaves about that many."""
    if len(panel) <= most:
        return panel
    begin = np.partition(panel.timestamp, len(panel) - most)[len(panel) - most]
    return rows_of_panel(panel, panel.timestamp >= begin)
