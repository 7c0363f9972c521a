"""What a backtest takes for granted, in plain sentences made from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trady2.reports.capital import capital, shared_slots, sizing, volume_cap
from trady2.reports.durations import bars_text, duration_text

__all__ = ["assumptions"]

_END = "A position that is open at the end is closed at the last close with the usual costs."
_SAME = "Long only. One position at a time per asset; a signal that comes while one is open is ignored."
_PERCENT = "\N{NARROW NO-BREAK SPACE}%"

Rules = Mapping[str, Any]


def assumptions(
    config: Rules, *, timeframe: str, assets: int, intrabar: Mapping[str, Any] | None = None, funded: bool = False
) -> list[str]:
    """Return the assumptions behind a backtest, the most consequential first.

    Args:
        config: the fields of `BacktestConfig`, the threshold filled in; what is left out has its default.
        timeframe: of the bars, such as 1h.
        assets: how many were traded.
        intrabar: on which bars stops and targets were decided, and how often the order was unknown.
        funded: whether any trade paid or earned funding.
    """
    inside = [_intrabar(config, intrabar or {})] if _levels(config) else []
    found = [
        _entry(config),
        _hold(config, timeframe),
        _stops(config),
        *inside,
        _SAME,
        _costs(config),
        _funding(config, timeframe, funded=funded),
        capital(config, assets),
        sizing(config, timeframe),
        shared_slots(config),
        _fills(config),
        _gaps(config),
        _END,
    ]
    return [sentence for sentence in found if sentence]


def _entry(config: Rules) -> str:
    threshold, delay = config.get("threshold"), config.get("delay_bars", 0)
    above = "above the threshold" if threshold is None else f"above {threshold:.6g}"
    bought = "bought at the open of the next one"
    if delay:
        bought = f"bought at an open, {bars_text(delay)} later than the next one"
    return f"A score {above} is a signal, known at the close of its bar and {bought}."


def _hold(config: Rules, timeframe: str) -> str:
    bars, length = bars_text(config["hold_bars"]), duration_text(config["hold_bars"], timeframe)
    return f"A position is held for {bars} ({length}) and sold at the open that follows."


def _costs(config: Rules) -> str:
    fee, worse = config.get("fee_bps", 0.0), _slippage(config)
    if not fee and not worse:
        return "No fees and no slippage: any real cost lowers every result here."
    parts = [f"pays {fee:g} bps in fees"] if fee else []
    parts += [f"gets a price that is worse by {' plus '.join(worse)}"] if worse else []
    return f"Every buy and every sale {' and '.join(parts)}."


def _slippage(config: Rules) -> list[str]:
    fixed, share, impact = (config.get(key, 0.0) for key in ("slippage_bps", "slippage_range_share", "impact_bps"))
    worse = [f"{fixed:g} bps"] if fixed else []
    worse += [f"{100 * share:.4g}{_PERCENT} of its bar's range from low to high"] if share else []
    worse += [f"{impact:g} bps times the square root of its share of the bar's volume"] if impact else []
    return worse


def _funding(config: Rules, timeframe: str, *, funded: bool) -> str:
    rate = config.get("funding_bps_per_bar", 0.0)
    if rate:
        verb, every = "costs" if rate > 0 else "earns", duration_text(1, timeframe)
        return f"An open position {verb} {abs(rate):g} bps of its value at the close of every bar ({every})."
    return "An open position pays or earns the funding rate of each bar at its close." if funded else ""


def _levels(config: Rules) -> list[str]:
    texts = {
        "stop_loss": "a stop {:.4g}" + _PERCENT + " below",
        "take_profit": "a target {:.4g}" + _PERCENT + " above",
        "trailing_stop": "a trailing stop {:.4g}" + _PERCENT + " under the high since",
    }
    return [text.format(100 * config[key]) for key, text in texts.items() if config.get(key) is not None]


def _stops(config: Rules) -> str:
    levels = _levels(config)
    if not levels:
        return "No stop-loss, no take-profit, no trailing stop: only time ends a position."
    listed = levels[0] if len(levels) == 1 else f"{', '.join(levels[:-1])} and {levels[-1]}"
    return f"Before that, {listed} the open of the entry bar may end it, on the entry bar too."


def _intrabar(config: Rules, intrabar: Mapping[str, Any]) -> str:
    first = "target before stop (optimistic)" if config.get("intrabar") == "optimistic" else "stop before target"
    finer = str(intrabar.get("resolution", "")).removeprefix("finer ")
    where = f"Inside a bar, on finer bars of {finer}" if finer not in {"", "bars"} else "Inside a bar"
    order = f"{where}: the time exit at the open, then a gap, filled at the open, then {first}."
    guessed = intrabar.get("ambiguous_bars")
    if guessed is None:
        return order
    if not guessed:
        return f"{order} No bar held both."
    share = intrabar.get("ambiguous_share")
    part = f", {100 * share:.3g}{_PERCENT} of the trades" if share else ""
    return f"{order} The last was a guess on {bars_text(guessed)}{part}."


def _fills(config: Rules) -> str:
    cap = volume_cap(config)
    if cap:
        return cap
    moved = "moves no price" if not config.get("impact_bps") else "moves the price by that impact alone"
    asked = "; the volume of the bar is not asked" if not config.get("impact_bps") else ""
    return f"Every order is filled in full and {moved}{asked}."


def _gaps(config: Rules) -> str:
    missing = "missing bars" if config.get("calendar", "24/7") == "24/7" else "bars missing from a session"
    return f"Only bars that exist count for the hold; a trade across {missing} is flagged."
