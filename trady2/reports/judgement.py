"""The verdict of a report, and what its numbers can and cannot prove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trady2.guards.verdict import provable_sharpe
from trady2.reports.numerals import count, number, percent
from trady2.reports.side_costs import at_twice_the_costs

__all__ = ["judgement"]

_NOT_JUDGED = {
    "label": "not judged",
    "text": "These numbers are measured, but not yet tested against luck. Read them as a description of the past.",
    "criteria": [],
}
_FEW_TRADES = 30


def judgement(
    verdict: Mapping[str, Any] | None,
    *,
    metrics: Mapping[str, Any],
    scorecard: Mapping[str, Any] | None,
    data: Mapping[str, Any],
    rules: Mapping[str, Any] | None = None,
    robustness: Mapping[str, Any] | None = None,
    sweep: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return label, text and criteria of the *verdict*, or "not judged", with what the numbers show and what not."""
    return {
        **_NOT_JUDGED,
        **(verdict or {}),
        "shows": _shows(metrics, scorecard, rules or {}, robustness or {}),
        "cannot_show": _cannot_show(metrics, data, sweep, judged=verdict is not None),
    }


def _shows(
    metrics: Mapping[str, Any],
    scorecard: Mapping[str, Any] | None,
    rules: Mapping[str, Any],
    robustness: Mapping[str, Any],
) -> list[str]:
    sentences = [
        f"What {count(metrics.get('n_trades') or 0)} trades would have earned here, under the assumptions listed.",
        _costs(at_twice_the_costs(rules, robustness)),
    ]
    better = (robustness.get("random_entries") or {}).get("percentile")
    if better is not None:
        sentences.append(f"Random entries, as many and as long, did worse in {percent(better, 0)} of the cases.")
    if scorecard is not None:
        sentences.append("How well the probabilities fit what came, with intervals that allow for overlapping labels.")
    return sentences


def _cannot_show(
    metrics: Mapping[str, Any], data: Mapping[str, Any], sweep: Mapping[str, Any] | None, *, judged: bool
) -> list[str]:
    sentences = [_luck(metrics, data), _market(metrics)]
    if not judged and sweep:
        tried = count(sweep["n_configurations"])
        sentences.append(f"What the choice among {tried} configurations added: the best of many looks good by chance.")
    elif not judged:
        sentences.append("How many variants were tried before this one: the best of many looks good by chance.")
    trades = metrics.get("n_trades") or 0
    if trades < _FEW_TRADES:
        sentences.insert(0, f"Anything about trading: {count(trades)} trades are too few for a ratio.")
    return sentences


def _costs(twice: float | None) -> str:
    gone = "At which cost per side that result would be gone"
    return f"{gone}." if twice is None else f"{gone}; at twice the costs it is {percent(twice, sign=True)}."


def _luck(metrics: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    years, sharpe = data.get("years") or 0.0, metrics.get("sharpe_ratio")
    if not years or sharpe is None:
        return "That it will happen again: there is too little to measure."
    bound = f"In {number(years, 2)} years only a Sharpe ratio of about {number(provable_sharpe(years), 2)} or more"
    return f"That it will happen again. {bound} stands out from luck; this one is {number(sharpe, 3)}."


def _market(metrics: Mapping[str, Any]) -> str:
    held = metrics.get("buy_and_hold_return")
    gain = "" if held is None else f": without any model it made {percent(held, sign=True)}"
    return f"How much of it is the market{gain}."
