"""What a backtest takes for granted, in plain sentences made from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["assumptions", "duration_text"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_FILLS = "Every order is filled in full and moves no price; the volume of the bar is not asked."
_END = "A position that is open at the end is closed at the last close with the usual costs."
_SAME = "Long only. One position at a time per asset; a signal that comes while one is open is ignored."


def assumptions(config: Mapping[str, Any], *, timeframe: str, assets: int) -> list[str]:
    """Return the assumptions behind a backtest, the most consequential first.

    Args:
        config: the fields of `BacktestConfig`, the threshold filled in.
        timeframe: of the bars, such as 1h.
        assets: how many were traded.
    """
    inside = [_intrabar(config)] if _levels(config) else []
    exits = [_hold(config, timeframe), _stops(config), *inside]
    return [_entry(config), *exits, _SAME, _costs(config), _capital(config, assets), _FILLS, _gaps(config), _END]


def duration_text(bars: int, timeframe: str) -> str:
    """Say how long *bars* of *timeframe* are, in the largest unit that keeps the number readable: 36 h, 2.5 d."""
    seconds = bars * int(timeframe[:-1]) * _SECONDS[timeframe[-1]]
    for unit in ("w", "d", "h", "m"):
        halves = seconds / _SECONDS[unit] * 2
        if halves >= 4 and halves == int(halves):
            return f"{halves / 2:g} {'min' if unit == 'm' else unit}"
    return f"{seconds} s"


def _entry(config: Mapping[str, Any]) -> str:
    threshold = config.get("threshold")
    above = "above the threshold" if threshold is None else f"above {threshold:.6g}"
    return f"A score {above} is a signal, known at the close of its bar and bought at the open of the next one."


def _hold(config: Mapping[str, Any], timeframe: str) -> str:
    bars = config["hold_bars"]
    plural = "bar" if bars == 1 else "bars"
    return (
        f"A position is held for {bars} {plural} ({duration_text(bars, timeframe)}) and sold at the open that follows."
    )


def _costs(config: Mapping[str, Any]) -> str:
    fee, slippage = config.get("fee_bps", 0.0), config.get("slippage_bps", 0.0)
    if not fee and not slippage:
        return "No fees and no slippage: any real cost lowers every result here."
    parts = [f"pays {fee:g} bps in fees"] if fee else []
    parts += [f"gets a price that is {slippage:g} bps worse"] if slippage else []
    return f"Every buy and every sale {' and '.join(parts)}."


def _levels(config: Mapping[str, Any]) -> list[str]:
    texts = {
        "stop_loss": "a stop {:.4g}\u202f% below",
        "take_profit": "a target {:.4g}\u202f% above",
        "trailing_stop": "a trailing stop {:.4g}\u202f% under the high since",
    }
    return [text.format(100 * config[key]) for key, text in texts.items() if config.get(key) is not None]


def _stops(config: Mapping[str, Any]) -> str:
    levels = _levels(config)
    if not levels:
        return "No stop-loss, no take-profit, no trailing stop: only time ends a position."
    listed = levels[0] if len(levels) == 1 else f"{', '.join(levels[:-1])} and {levels[-1]}"
    return f"Before that, {listed} the open of the entry bar may end it, on the entry bar too."


def _intrabar(config: Mapping[str, Any]) -> str:
    first = "target before stop (optimistic)" if config.get("intrabar") == "optimistic" else "stop before target"
    return f"Inside a bar: the time exit at the open, then a gap, filled at the open, then {first}."


def _capital(config: Mapping[str, Any], assets: int) -> str:
    cash, fraction = config.get("initial_cash", 10_000.0), config.get("fraction", 1.0)
    share = "all of the cash" if fraction == 1 else f"{100 * fraction:.4g}\u202f% of the cash"
    if assets == 1:
        return f"Begins with {cash:,.2f}; each trade uses {share}, gains included. Nothing is borrowed."
    return (
        f"Begins with {cash:,.2f}, split equally over {assets} assets; each asset trades only its own share, "
        f"and each trade uses {share} of it. Nothing is borrowed."
    )


def _gaps(config: Mapping[str, Any]) -> str:
    missing = "missing bars" if config.get("calendar", "24/7") == "24/7" else "bars missing from a session"
    return f"Only bars that exist count for the hold; a trade across {missing} is flagged."
