"""A report as four files that belong together: page, dict, trades, equity."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trady2.errors import NotFoundError
from trady2.files import atomic_path, atomic_write
from trady2.reports.equity_columns import as_equity_frame
from trady2.reports.report_html import render_html

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["read_report", "write_report"]


def write_report(
    prefix: Path | str,
    report: Mapping[str, Any],
    trades: DataFrame,
    equity: Series[float] | DataFrame,
    benchmark: Series[float] | None = None,
) -> tuple[Path, Path]:
    """Write ``<prefix>.html``, ``.json``, ``.trades.parquet`` and ``.equity.parquet``; return the first two paths.

    Each file is replaced in one step, the page last: a page that is there has its data beside it.

    Args:
        prefix: path without a suffix; dots in it stay.
        report: from `build_report`.
        trades: one row per trade.
        equity: the frame of `as_equity_frame`, whose columns go into the file behind timestamp; or a series of the
            money at the close of every bar, by UTC time.
        benchmark: see `render_html`; on the same times as *equity*.

    Raises:
        ValueError: a number in *report* is NaN or infinite, which JSON has no word for.
    """
    html, text = _beside(prefix, ".html"), _beside(prefix, ".json")
    frame = as_equity_frame(equity, benchmark)
    page = render_html(report, trades, frame)
    with atomic_path(_beside(prefix, ".trades.parquet")) as draft:
        trades.to_parquet(draft, index=False)
    with atomic_path(_beside(prefix, ".equity.parquet")) as draft:
        frame.reset_index().to_parquet(draft, index=False)
    atomic_write(text, (json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode())
    atomic_write(html, page.encode())
    return html, text


def read_report(prefix: Path | str) -> tuple[dict[str, Any], DataFrame, DataFrame]:
    """Return report, trades and equity as `write_report` left them: what `render_html` makes the page from.

    Raises:
        NotFoundError: one of the three files is not there.
    """
    import pandas as pd

    paths = [_beside(prefix, suffix) for suffix in (".json", ".trades.parquet", ".equity.parquet")]
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"{path} does not exist; write the report again with write_report", path=str(path))
    report = json.loads(paths[0].read_text("utf-8"))
    return report, pd.read_parquet(paths[1]), pd.read_parquet(paths[2]).set_index("timestamp")


def _beside(prefix: Path | str, suffix: str) -> Path:
    path = Path(prefix)
    return path.with_name(path.name + suffix)
