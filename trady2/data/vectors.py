"""The data set of feature vectors: ``folder/asset=BTC-USDT/*.parquet``, one row per bar.

A row holds ``timestamp`` (bar open, UTC), OHLCV and float32 feature columns. Other programs may write such
files as well. Readers are safe beside writers: what is replaced while it is read is read again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trady2.data.folders import asset_folder, assets_in, write_table
from trady2.data.latest import VectorRow, read_latest
from trady2.data.panel import PRICES, Panel
from trady2.data.panel_reader import Span, panel_from_files
from trady2.data.vector_files import asset_footers, feature_names, settled
from trady2.errors import DataError, NotFoundError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VectorRow", "feature_columns", "read_latest", "read_panel", "read_vectors", "write_vectors"]


def write_vectors(
    folder: str | Path,
    asset: str,
    file_stem: str,
    frame: pd.DataFrame | Panel,
    *,
    step: np.timedelta64 | None = None,
) -> Path:
    """Write the vectors of one asset to ``folder/asset=…/<file_stem>.parquet`` in one atomic step.

    Args:
        folder: the vector set.
        asset: its name, the only one in the frame.
        file_stem: letters, digits, ``-``, ``_`` and ``.``; an existing file of that name is replaced.
        frame: ``timestamp, asset``, OHLCV and features, or a panel; features are stored as float32.
        step: the timeframe; by default the modal step of the rows.

    Returns:
        The path of the file. The same content gives the same bytes.

    Raises:
        DataError: another asset in the rows, a file stem that is none, or what `Panel.from_frame` refuses.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}", file_stem):
        raise DataError(f"{file_stem!r} is no file stem; use letters, digits, '-', '_' and '.'", file_stem=file_stem)
    panel = frame if isinstance(frame, Panel) else Panel.from_frame(frame, step=step)
    if panel.assets != (asset,):
        raise DataError(
            f"the vectors are of {', '.join(panel.assets)}, not of {asset} alone; write one asset at a time",
            asset=asset,
            found=panel.assets,
        )
    columns = {"timestamp": pa.array(panel.timestamp, pa.timestamp("us", tz="UTC"))}
    columns |= {name: pa.array(getattr(panel, name)) for name in PRICES}
    columns |= {name: pa.array(panel.features[:, place]) for place, name in enumerate(panel.feature_names)}
    target = asset_folder(folder, asset) / f"{file_stem}.parquet"
    write_table(target, pa.table(columns), panel.step)
    return target


def read_panel(
    folder: str | Path,
    assets: Sequence[str],
    *,
    features: Sequence[str] | None = None,
    start: object = None,
    end: object = None,
) -> Panel:
    """Read vectors straight into arrays; peak memory is the matrix, 52 bytes a row, and some 40 MB.

    Args:
        folder: the vector set.
        assets: names; empty for all.
        features: names, in the order of the matrix' columns; None for all of the first asset.
        start: first bar open, a moment with a zone, inclusive; None for no bound.
        end: the same, exclusive.

    Raises:
        NotFoundError: an asset is not there.
        NotEnoughDataError: no row is left.
        DataError: a feature is missing or named twice, a time stands twice, or a time without a zone.
    """
    span = Span.between(start, end)
    names = sorted(set(assets)) or assets_in(folder)
    wanted = feature_columns(folder, names[:1]) if features is None else list(features)
    if len(set(wanted)) < len(wanted):
        twice = sorted({name for name in wanted if wanted.count(name) > 1})
        raise DataError(f"the features name {', '.join(twice)} twice; name each once", repeated=twice)
    return settled(
        lambda: panel_from_files({name: asset_footers(folder, name) for name in names}, wanted, span, where=str(folder))
    )


def read_vectors(
    folder: str | Path,
    assets: Sequence[str],
    *,
    features: Sequence[str] | None = None,
    start: object = None,
    end: object = None,
) -> pd.DataFrame:
    """Read vectors as a frame: ``timestamp, asset``, OHLCV, features. All else is as in `read_panel`."""
    return read_panel(folder, assets, features=features, start=start, end=end).frame()


def feature_columns(folder: str | Path, assets: Sequence[str] = ()) -> list[str]:
    """Return the feature names of the first of *assets* (by default of all in *folder*), in file order.

    Raises:
        NotFoundError: the folder holds no vectors.
    """
    names = list(assets) or assets_in(folder)
    if not names:
        raise NotFoundError(
            f"{folder} holds no feature vectors; build them first: trady2 features build --config FILE",
            folder=str(folder),
        )
    return feature_names(settled(lambda: asset_footers(folder, names[0]))[-1].schema)
