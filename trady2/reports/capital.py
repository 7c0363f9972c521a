"""What a backtest assumes about money: whose it is, how much goes into a trade, and who gets it first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trady2.reports.durations import bars_text, duration_text

__all__ = ["capital", "shared_slots", "sizing", "volume_cap"]

_PERCENT = "\N{NARROW NO-BREAK SPACE}%"

Rules = Mapping[str, Any]


def capital(config: Rules, assets: int) -> str:
    """Say how much there is at first and which part of it a trade may use."""
    cash = f"Begins with {config.get('initial_cash', 10_000.0):,.2f}"
    each, shared = f"each trade uses {_share(config)}", config.get("capital", "each") == "shared"
    if assets == 1:
        return f"{cash}; {each} of the cash, gains included. Nothing is borrowed."
    if shared:
        return f"{cash} in one account for {assets} assets; {each} of it, gains included. Nothing is borrowed."
    return (
        f"{cash}, split equally over {assets} assets; each asset trades only its own share, "
        f"and {each} of it. Nothing is borrowed."
    )


def _share(config: Rules) -> str:
    fraction = config.get("fraction", 1.0)
    part = "all" if fraction == 1 else f"{100 * fraction:.4g}{_PERCENT}"
    return part if config.get("sizing", "fraction") == "fraction" else f"at most {part}"


def sizing(config: Rules, timeframe: str) -> str:
    """Say how the size of a trade depends on volatility or probability; empty where it does not."""
    if config.get("sizing") == "volatility":
        bars = config.get("volatility_bars", 168)
        return (
            f"A trade is sized for a volatility of {100 * config.get('target_volatility', 0.2):.4g}{_PERCENT} a year, "
            f"measured over the last {bars_text(bars)} ({duration_text(bars, timeframe)}) up to its signal."
        )
    if config.get("sizing") == "kelly":
        win = config.get("kelly_win") or config.get("take_profit")
        loss = config.get("kelly_loss") or config.get("stop_loss")
        return (
            f"A trade is sized by {config.get('kelly_multiplier', 0.5):g} of the Kelly fraction, from its probability, "
            f"{_fraction(win)} to win and {_fraction(loss)} to lose: if the probability is too high, so is the size."
        )
    return ""


def _fraction(value: float | None) -> str:
    return "an unknown part" if value is None else f"{100 * value:.4g}{_PERCENT}"


def shared_slots(config: Rules) -> str:
    """Say who gets the money where assets share it; empty where they do not."""
    if config.get("capital", "each") != "shared":
        return ""
    most = config.get("max_positions")
    slots = "as many positions as there is cash for" if most is None else f"at most {most} open at once"
    return (
        f"Of the signals of a bar the highest probability above the threshold comes first, {slots}; equals are drawn "
        f"by a seed. Money from a sale at an open can buy at that same open, from any other sale at the next."
    )


def volume_cap(config: Rules) -> str:
    """Say which share of a bar's volume a position may take; empty where none is set."""
    cap = config.get("max_volume_share")
    if cap is None:
        return ""
    return (
        f"A position takes at most {100 * cap:.4g}{_PERCENT} of the volume of its signal bar, and is filled in full; "
        f"where that is nothing there is no trade."
    )
