"""Could it be luck? The strategy beside random entries, its own resampled past, and buy and hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trady2.reports.numerals import count, percent
from trady2.reports.traces import Chart

__all__ = ["luck_chart", "luck_text"]

Row = tuple[str, Sequence[float | None], list[Chart]]
_REACH = 3.0


def luck_chart(report: Mapping[str, Any]) -> Chart | None:
    """Return the net returns side by side; None where neither random entries nor a bootstrap were run.

    Buy and hold is left to the words where it would squeeze the others into a corner.
    """
    robustness = report.get("robustness") or {}
    random, bootstrap = robustness.get("random_entries"), robustness.get("bootstrap")
    if not random and not bootstrap:
        return None
    held, own = (report["metrics"].get(name) for name in ("buy_and_hold_return", "total_return"))
    rows = [_own(own, bootstrap)] + ([_random(random)] if random else [])
    beside = _fits(held, [end for _, ends, _ in rows for end in ends if end is not None])
    rows += [_held(held)] if beside else []
    left_out = "" if beside or held is None else f" Buy and hold made {percent(held, sign=True)}."
    return {
        "data": [trace for _, _, traces in reversed(rows) for trace in traces],
        "layout": {
            "showlegend": False,
            "xaxis": _axis([end for _, ends, _ in rows for end in ends if end is not None]),
            "yaxis": {"type": "category", "showgrid": False, "range": [-0.6, len(rows) - 0.4]},
        },
        "alt": luck_text(robustness) + left_out,
    }


def _own(value: float | None, bootstrap: Mapping[str, Any] | None) -> Row:
    ends = [value] if not bootstrap else [bootstrap["total_return"]["low"], bootstrap["total_return"]["high"]]
    span = [_span("strategy", ends, "--band-deep")] if bootstrap else []
    return "strategy", ends, [*span, _point("strategy", value, "--accent", "circle")]


def _random(found: Mapping[str, Any]) -> Row:
    name, ends = "random entries", [found["total_return_low"], found["total_return_high"]]
    median = _point(name, found["total_return_median"], "--muted", "line-ns-open")
    return name, ends, [_span(name, ends, "--neutral-deep"), median]


def _held(value: float | None) -> Row:
    return "buy and hold", [value], [_point("buy and hold", value, "--muted", "square")]


def _fits(value: float | None, others: Sequence[float]) -> bool:
    if value is None or not others:
        return False
    reach = _REACH * max(max(others) - min(others), 0.01)
    return min(others) - reach <= value <= max(others) + reach


def luck_text(robustness: Mapping[str, Any]) -> str:
    """Say in words how the result stands among random entries, and between which ends its own past puts it."""
    random, bootstrap, parts = robustness.get("random_entries"), robustness.get("bootstrap"), []
    if random and random["percentile"] is not None:
        parts.append(
            f"The strategy earned more than {percent(random['percentile'], 0)} of {count(random['runs'])} strategies "
            f"that entered at random, with as many trades of the same length; half of those earned more than "
            f"{percent(random['total_return_median'], sign=True)}."
        )
    if bootstrap:
        ends = bootstrap["total_return"]
        parts.append(
            f"Its own history, cut into blocks and shuffled {count(bootstrap['runs'])} times, gives "
            f"{percent(ends['low'], sign=True)} to {percent(ends['high'], sign=True)} "
            f"in {percent(bootstrap['level'], 0)} of the cases."
        )
    return " ".join(parts)


def _axis(ends: Sequence[float]) -> Chart:
    """Leave room at both sides: a thick line that ends at the edge looks cut."""
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.04 * (high - low) or 0.01
    return {
        "range": [low - room, high + room],
        "tickformat": ".1~%",
        "title": {"text": "net return"},
        "zeroline": True,
    }


def _span(row: str, ends: Sequence[float | None], colour: str) -> Chart:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(ends),
        "y": [row, row],
        "line": {"color": colour, "width": 14},
        "hovertemplate": "%{x:+.1%}<extra></extra>",
    }


def _point(row: str, value: float | None, colour: str, symbol: str) -> Chart:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [value],
        "y": [row],
        "marker": {"color": colour, "size": 12, "symbol": symbol, "line": {"width": 2, "color": colour}},
        "hovertemplate": f"{row} %{{x:+.1%}}<extra></extra>",
    }
