"""A report as four files that belong together: page, dict, trades, equity."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trady2.files import atomic_path, atomic_write
from trady2.reports.report_html import render_html

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["write_report"]


def write_report(
    prefix: Path | str,
    report: Mapping[str, Any],
    trades: DataFrame,
    equity: Series[float],
    benchmark: Series[float] | None = None,
) -> tuple[Path, Path]:
    """Write ``<prefix>.html``, ``.json``, ``.trades.parquet`` and ``.equity.parquet``; return the first two paths.

    Each file is replaced in one step, the page last: a page that is there has its data beside it.
    The equity file has the columns timestamp, equity and, where there is one, benchmark.

    Args:
        prefix: path without a suffix; dots in it stay.
        report: from `build_report`.
        trades: one row per trade.
        equity: money at the close of every bar, by UTC time.
        benchmark: see `render_html`; on the same times as *equity*.

    Raises:
        ValueError: a number in *report* is NaN or infinite, which JSON has no word for.
    """
    html, text = _beside(prefix, ".html"), _beside(prefix, ".json")
    page = render_html(report, trades, equity, benchmark)
    with atomic_path(_beside(prefix, ".trades.parquet")) as draft:
        trades.to_parquet(draft, index=False)
    with atomic_path(_beside(prefix, ".equity.parquet")) as draft:
        _equity_frame(equity, benchmark).to_parquet(draft, index=False)
    atomic_write(text, (json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode())
    atomic_write(html, page.encode())
    return html, text


def _beside(prefix: Path | str, suffix: str) -> Path:
    path = Path(prefix)
    return path.with_name(path.name + suffix)


def _equity_frame(equity: Series[float], benchmark: Series[float] | None) -> DataFrame:
    columns = equity.rename("equity").to_frame()
    if benchmark is not None:
        columns["benchmark"] = benchmark
    return columns.rename_axis("timestamp").reset_index()
