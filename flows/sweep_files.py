"""A sweep as files that lie beside the report: its table, its returns and its summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trady2.files import atomic_path, atomic_write

if TYPE_CHECKING:
    from trady2.backtest.sweeping import Sweep

__all__ = ["write_sweep"]


def write_sweep(prefix: Path, sweep: Sweep, summary: Mapping[str, Any]) -> dict[str, str]:
    """Write ``<prefix>.sweep.parquet``, ``.returns.parquet`` and ``.sweep.json``; return where they are.

    The table has a row per configuration, numbered in the column configuration; the returns have a row per day, its
    start in UTC in the column timestamp, and a column per configuration. The summary is the block sweep of report.json.
    """
    parts = {"table": "sweep.parquet", "returns": "returns.parquet", "summary": "sweep.json"}
    files = {name: prefix.with_name(f"{prefix.name}.{part}") for name, part in parts.items()}
    with atomic_path(files["table"]) as draft:
        sweep.table.reset_index().to_parquet(draft, index=False)
    with atomic_path(files["returns"]) as draft:
        sweep.returns.rename(columns=str).reset_index().to_parquet(draft, index=False)
    atomic_write(files["summary"], (json.dumps(summary, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode())
    return {name: str(file) for name, file in files.items()}
