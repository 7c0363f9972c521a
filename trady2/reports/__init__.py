"""What a backtest showed, for a person (HTML) and for a program (JSON), from the same dict.

The modules in the order of their use:

- `report_json`: everything that is known about a run becomes one dict with a published schema, `report.schema.json`
- `headline`, `judgement`, `assumptions`, `tables`: its sections
- `plain`: values as JSON knows them
- `report_html`: one self-contained page from that dict, the trades and the equity
- `charts`, `downsample`, `numerals`: its charts, the points that are drawn, the numbers as they are read
- `report_files`: page, dict, trades and equity as four files
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.reports.report_files import write_report
    from trady2.reports.report_html import render_html
    from trady2.reports.report_json import build_report, report_schema

__all__ = ["build_report", "render_html", "report_schema", "write_report"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "build_report": "trady2.reports.report_json",
        "render_html": "trady2.reports.report_html",
        "report_schema": "trady2.reports.report_json",
        "write_report": "trady2.reports.report_files",
    },
)
