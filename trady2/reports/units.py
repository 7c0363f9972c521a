"""The unit of a number, read off its name: names carry it by the rule of the house."""

from __future__ import annotations

import re

from trady2.reports.numerals import MISSING, by_unit

__all__ = ["group_of", "spoken", "unit_of", "written"]

_UNITS = (
    ("bps", r"_bps$"),
    ("ratio", r"_auc$"),
    ("bars", r"duration_bars$"),
    ("money", r"pnl$|cash$|equity$|_paid$|^expectancy$|^gross_(profit|loss)$"),
    ("count", r"^n$|^n_|^rows$|bars$|_run$|^periods_per_year$"),
    (
        "fraction",
        r"return|drawdown|rate$|^exposure|volatility|share|cagr|^alpha$|at_risk|^ulcer_index$|^tracking_error$|ruin$",
    ),
)
_GROUPS = (
    ("Against buy and hold", r"benchmark|buy_and_hold|^alpha$|^beta$|information|tracking|treynor|capture"),
    ("Costs and exposure", r"fees|slippage|funding|turnover|exposure|break_even"),
    (
        "Trades",
        r"trade|win|loss|loser|profit|expectancy|payoff|kelly|^sqn$|ruin|^cpc|_m[af]e_|edge_ratio|ambiguous|fill|close",
    ),
    ("Falls from the peak", r"drawdown|ulcer|calmar|recover|martin|serenity"),
    ("Days, months and years", r"day|month|quarter|_year_|_years$|year_to_date"),
)
_NAMES = {"n": "Rows", "n_eff": "Effective rows", "pnl": "P&L", "psr_2012": "Probabilistic Sharpe ratio"}
_CAPITALS = ("AUC", "PR", "ROC", "CAGR", "SQN", "CPC", "MAE", "MFE", "PSR")
_PEOPLE = ("Sharpe", "Sortino", "Calmar", "Kelly", "Treynor", "Martin")
_WORDS = {word.lower(): word for word in (*_CAPITALS, *_PEOPLE)}


def unit_of(name: str) -> str:
    """Return fraction, bps, bars, money, count or ratio for the *name* of a number."""
    return next((unit for unit, pattern in _UNITS if re.search(pattern, name)), "ratio")


def group_of(name: str) -> str:
    """Return the heading under which the metric *name* stands."""
    return next((group for group, pattern in _GROUPS if re.search(pattern, name)), "Return and risk")


def spoken(name: str) -> str:
    """Return a name such as ``max_drawdown_duration_bars`` in words: Max drawdown duration; the value has the unit."""
    if name in _NAMES:
        return _NAMES[name]
    words = name.removeprefix("n_").split("_")
    if unit_of(name) in {"bps", "bars"}:
        words.pop()
    text = " ".join(_WORDS.get(word, word) for word in words)
    return text[:1].upper() + text[1:]


def written(name: str, value: object) -> str:
    """Return a plain JSON *value* as a person reads it, in the unit that its *name* tells."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        unit = unit_of(name)
        return by_unit(value, "count" if unit == "ratio" and isinstance(value, int) else unit)
    if isinstance(value, list):
        return ", ".join(written(name, inner) for inner in value) or MISSING
    return str(value)
