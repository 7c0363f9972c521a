"""One self-contained page from a report, its trades and its equity: it opens offline and loads nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from trady2.reports import numerals, sections
from trady2.reports.charts import charts
from trady2.reports.equity_columns import as_equity_frame
from trady2.reports.time_section import bare_percent, depth

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["render_html", "render_page"]


def render_html(
    report: Mapping[str, Any],
    trades: DataFrame,
    equity: Series[float] | DataFrame,
    benchmark: Series[float] | None = None,
) -> str:
    """Return the page as text; the same input gives the same bytes.

    Args:
        report: from `build_report`, or read from its JSON file.
        trades: as `trady2.backtest.Backtest` has them, or read from their file.
        equity: the frame of `as_equity_frame`, or read from its file; a series of the money at the close of every
            bar, by UTC time, will do, and has less to show.
        benchmark: what buying and holding made of the same money, by UTC time, where *equity* has no such column.
    """
    frame = as_equity_frame(equity, benchmark)
    drawn = charts(report, trades, frame)
    return render_page(
        "template.html",
        drawn,
        **sections.view(report, drawn),
        r=report,
        has_benchmark="benchmark" in frame,
        footnote=sections.footnote(len(frame), len(trades)),
        report_json=_script_json(report),
    )


def render_page(template: str, drawn: Mapping[str, Any], **names: Any) -> str:
    """Return a page of the house, with its style, plotly.js and the charts *drawn*; *names* are the template's own."""
    page: str = _template(template).render(
        names,
        charts=drawn,
        css=_text("page.css"),
        page_js=_text("page.js"),
        plotly_js=_plotly(),
        charts_json=_script_json(drawn),
    )
    return page


@cache
def _template(name: str) -> Any:
    environment = Environment(
        loader=PackageLoader("trady2.reports", package_path=""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=numerals.count,
        moment=numerals.moment,
        day=lambda time: numerals.moment(time)[:10],
        bare_percent=bare_percent,
        depth=depth,
    )
    return environment.get_template(name)


@cache
def _text(name: str) -> Markup:
    return Markup((files("trady2.reports") / name).read_text("utf-8"))  # noqa: S704 - our own file


@cache
def _plotly() -> Markup:
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())  # noqa: S704 - plotly's own file, which holds no closing script tag


def _script_json(value: Mapping[str, Any] | Sequence[Any]) -> Markup:
    """Write JSON that no asset's name can break out of."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - escaped here
