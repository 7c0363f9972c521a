"""What a backtest showed, for a person (HTML) and for a program (JSON), from the same dict.

The modules in the order of their use:

- `report_json`: everything that is known about a run becomes one dict with a published schema, `report.schema.json`
- `headline`, `judgement`, `assumptions`, `tables`, `deciles`: its sections
- `plain`: values as JSON knows them
- `equity_columns`: what is drawn over time, one row per bar
- `report_html`: one self-contained page from that dict, the trades and the equity
- `charts`: its charts, one module per family: `equity_chart`, `price_chart`, `rolling_chart`, `return_charts`,
  `probability_charts`, `luck_chart`, `cost_charts`, `sweep_chart`; `traces`, `heat_map` and `downsample` draw them
- `sections`: its texts, one module per section; `tabular`, `numerals`, `units` and `durations` set them
- `study_page`: the page of a retraining study, in the same style
- `report_files`: page, dict, trades and equity as four files
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.reports.report_files import read_report, write_report
    from trady2.reports.report_html import render_html
    from trady2.reports.report_json import build_report, report_schema

__all__ = ["build_report", "read_report", "render_html", "report_schema", "write_report"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "build_report": "trady2.reports.report_json",
        "read_report": "trady2.reports.report_files",
        "render_html": "trady2.reports.report_html",
        "report_schema": "trady2.reports.report_json",
        "write_report": "trady2.reports.report_files",
    },
)
