"""The baseline that knows nothing of direction: how much the asset has moved of late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trady2.data.panel import Panel

__all__ = ["trailing_volatility"]

_LEAST_WINDOW_BARS = 48
_HORIZONS = 4


def trailing_volatility(panel: Panel, horizon_steps: int) -> NDArray[np.float64]:
    """Return the root mean square of the log returns of the last max(48, 4 N) closes up to each row, (n,), per bar.

    "A big move up within N bars" is predicted by this alone, with an AUC of about 0.6, up and down alike; what a model
    is worth shows beside it. The first rows of an asset use what returns there are; its very first row has NaN.
    """
    window = max(_LEAST_WINDOW_BARS, _HORIZONS * horizon_steps)
    result = np.full(len(panel), np.nan)
    for code in range(len(panel.assets)):
        rows = panel.asset_rows(code)
        squares = np.square(np.diff(np.log(panel.close[rows])))
        total = np.concatenate([[0.0], np.cumsum(squares)])
        last = np.arange(1, len(total))
        first = np.maximum(last - window, 0)
        result[rows.start + 1 : rows.stop] = np.sqrt(np.maximum(total[last] - total[first], 0.0) / (last - first))
    return result
