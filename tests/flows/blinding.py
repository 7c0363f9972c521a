"""A desk whose vectors are ruined from a moment on: whoever reads them gives another result, or none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.flows.conftest import ASSETS, Desk, Pipeline


def blind(desk: Desk, pipeline: Pipeline, end: str) -> None:
    """Give *desk* the vectors of *pipeline* with infinities from *end* on, in place of its link to them."""
    (desk.folder / "data").unlink()
    for asset in ASSETS:
        for file in sorted((pipeline.desk.folder / "data" / "vectors" / f"asset={asset}").glob("*.parquet")):
            target = desk.folder / "data" / "vectors" / f"asset={asset}" / file.name
            _ruin(file, target, np.datetime64(end.rstrip("Z"), "us"))


def _ruin(file: Path, target: Path, end: np.datetime64) -> None:
    """Copy a file of vectors with infinities in all columns but the time from *end* on."""
    table = pq.read_table(file)
    later = table.column("timestamp").to_numpy().astype("datetime64[us]") >= end
    for place, name in enumerate(table.column_names):
        if name not in ("timestamp", "asset"):
            values = table.column(name).to_numpy().copy()
            values[later] = np.inf
            table = table.set_column(place, table.schema.field(name), pa.chunked_array([pa.array(values)]))
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, target)
