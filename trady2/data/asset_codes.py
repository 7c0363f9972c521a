"""The asset column of a frame as numbers: a name is looked at once, not once a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trady2.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["asset_codes"]


def asset_codes(column: pd.Series) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Return the assets of a column, sorted, and (n,) their positions, row by row.

    Raises:
        DataError: a row has no asset.
    """
    codes, found = column.factorize()
    if len(codes) and codes.min() < 0:
        row = int(np.argmin(codes))
        raise DataError(f"row {row}: 'asset' is missing; name it or drop the row", row=row, column="asset")
    names, ranks = np.unique([str(name) for name in found], return_inverse=True)
    return tuple(names.tolist()), (codes if len(names) == 1 else ranks[codes])
