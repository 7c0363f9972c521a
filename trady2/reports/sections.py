"""What the page's template shows: the report's numbers, set as text in the order of its sections."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from trady2.reports.downsample import FEW_PIXELS, MOST_MARKS, PIXELS
from trady2.reports.first_screen import first_screen
from trady2.reports.numerals import count
from trady2.reports.origin_section import origin_section
from trady2.reports.probability_section import probability_section
from trady2.reports.robustness_section import robustness_section
from trady2.reports.time_section import time_section
from trady2.reports.trade_section import trade_section

__all__ = ["absent", "contents", "footnote", "view"]


def view(report: Mapping[str, Any], drawn: Collection[str]) -> dict[str, Any]:
    """Return the template's names for everything in *report* that needs setting; *drawn* are the charts there are."""
    return {
        "sections": contents(report, drawn),
        "absent": absent(report, drawn),
        **first_screen(report),
        **time_section(report),
        **trade_section(report),
        **probability_section(report),
        **robustness_section(report),
        **origin_section(report),
    }


def contents(report: Mapping[str, Any], drawn: Collection[str]) -> list[tuple[str, str]]:
    """Return anchor and title of the sections that the page has."""
    entries = [
        ("equity", "Equity", "equity" in drawn),
        ("price", "Price", "price" in drawn),
        ("months", "Returns", bool(report["monthly_returns"])),
        ("trades", "Trades", True),
        ("probability", "Probability", bool(report["scorecard"] or report["deciles"])),
        ("robustness", "Robustness", bool(report.get("robustness"))),
        ("sweep", "Sweep", bool(report.get("sweep"))),
        ("zones", "Zones", bool(report["zones"])),
        ("all", "All numbers", True),
        ("origin", "Data and configuration", True),
    ]
    return [(anchor, label) for anchor, label, there in entries if there]


def absent(report: Mapping[str, Any], drawn: Collection[str]) -> list[str]:
    """Return a sentence for every section that is left out because nothing is known for it."""
    probability = report["scorecard"] or report["deciles"]
    sentences = {
        "Price: the closes of the assets are not in the equity file.": "price" in drawn,
        "Rolling Sharpe ratio: the history is too short for it, or nothing was traded.": "rolling" in drawn,
        "Probability: no labels were known for the bars that were traded.": probability,
        "Robustness: costs, delays, random entries and resampling were not tried.": report.get("robustness"),
        "Sweep: no grid of configurations was tried with this run.": report.get("sweep"),
        "Zones: nothing is known of what the model learned from.": report["zones"],
    }
    return [sentence for sentence, there in sentences.items() if not there]


def footnote(bars: int, trades: int) -> str:
    """Say what of *bars* and *trades* is drawn and what is only in the files."""
    if bars <= 4 * FEW_PIXELS and trades <= MOST_MARKS // 2:
        return "Every bar and every trade is drawn; they also lie in the Parquet files beside this page."
    return (
        f"Lines are drawn through the first, lowest, highest and last of each of up to {PIXELS:,} stretches, so that "
        f"every extreme is exact; of {count(trades)} trades at most {MOST_MARKS} are marked, the best and worst of "
        f"each stretch among them. All {count(bars)} bars and all trades lie in the Parquet files beside this page."
    )
