from __future__ import annotations

import pytest

from trady2.config import BacktestConfig
from trady2.reports.assumptions import assumptions


def said(assets: int = 1, timeframe: str = "1h", decided: object = None, **config: object) -> str:
    """All assumptions of a configuration as one text; keys that the section does not know yet are added to it."""
    known = {name: value for name, value in config.items() if name in BacktestConfig.model_fields}
    fields = BacktestConfig(**({"threshold": 0.6, "hold_bars": 12} | known)).model_dump() | config
    return "\n".join(assumptions(fields, timeframe=timeframe, assets=assets, intrabar=decided))


def test_the_order_of_events_is_said() -> None:
    """Entry at the next open, the hold in bars and hours, the overlap rule and the end of data are always there."""
    text = said()
    assert "above 0.6 is a signal, known at the close of its bar and bought at the open of the next one" in text
    assert "held for 12 bars (12 h) and sold at the open that follows" in text
    assert "a signal that comes while one is open is ignored" in text
    assert "closed at the last close with the usual costs" in text


def test_free_trading_is_named_as_such() -> None:
    """Without fees and slippage the reader is warned; with them both are named in basis points."""
    assert "No fees and no slippage: any real cost lowers every result here." in said()
    assert "pays 10 bps in fees and gets a price that is worse by 2.5 bps." in said(fee_bps=10.0, slippage_bps=2.5)
    assert "Every buy and every sale gets a price that is worse by 2 bps." in said(slippage_bps=2.0)


def test_stops_bring_the_order_inside_a_bar() -> None:
    """Only where there is a level does it matter what is tried first, and the optimistic order says that it is."""
    assert "only time ends a position" in said()
    assert "Inside a bar" not in said()
    one = said(stop_loss=0.02)
    assert "Before that, a stop 2\u202f% below the open of the entry bar may end it" in one
    assert "then stop before target." in one
    three = said(stop_loss=0.02, take_profit=0.035, trailing_stop=0.01, intrabar="optimistic")
    assert "a stop 2\u202f% below, a target 3.5\u202f% above and a trailing stop 1\u202f% under the high since" in three
    assert "target before stop (optimistic)" in three


def test_capital_is_said_for_one_and_many_assets() -> None:
    """One asset uses the cash, several share it from the start."""
    assert "Begins with 10,000.00; each trade uses all of the cash" in said()
    assert "split equally over 3 assets; each asset trades only its own share, and each trade uses 25\u202f%" in said(
        assets=3, fraction=0.25
    )


def test_missing_bars_depend_on_the_calendar() -> None:
    """Around the clock every missing bar counts, in sessions only those inside a session."""
    assert "a trade across missing bars is flagged" in said()
    assert "missing from a session" in said(calendar="sessions")


def test_an_unset_threshold_is_no_number() -> None:
    """A threshold that the version brings is not made up."""
    assert "A score above the threshold is a signal" in said(threshold=None)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"slippage_range_share": 0.1}, "worse by 10\u202f% of its bar's range from low to high."),
        ({"impact_bps": 20.0}, "worse by 20 bps times the square root of its share of the bar's volume."),
        ({"slippage_bps": 2.0, "impact_bps": 20.0}, "worse by 2 bps plus 20 bps times the square root"),
        ({"impact_bps": 20.0}, "is filled in full and moves the price by that impact alone."),
        ({}, "is filled in full and moves no price; the volume of the bar is not asked."),
        ({"max_volume_share": 0.05}, "takes at most 5\u202f% of the volume of its signal bar"),
        ({"delay_bars": 1}, "bought at an open, 1 bar later than the next one."),
        ({"delay_bars": 2}, "bought at an open, 2 bars later than the next one."),
        (
            {"funding_bps_per_bar": 0.5},
            "costs 0.5 bps of its value at the close of every bar (60 min).",
        ),
        ({"funding_bps_per_bar": -1.0}, "An open position earns 1 bps of its value"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_every_option_is_said(config: dict[str, float], text: str) -> None:
    """Whatever changes the result has its sentence, with its number."""
    assert text in said(**config)


def test_what_is_off_is_not_mentioned() -> None:
    """Neither funding nor sizing nor slots appear where nobody asked for them."""
    text = said()
    assert not any(word in text for word in ("funding", "Kelly", "volatility", "open at once", "later than"))


def test_funding_of_the_bars_is_said() -> None:
    """Where trades paid or earned funding that no rule sets, it came with the bars."""
    rules = {"threshold": 0.6, "hold_bars": 12}
    text = "An open position pays or earns the funding rate of each bar at its close."
    assert text in assumptions(rules, timeframe="1h", assets=1, funded=True)
    assert text not in assumptions(rules, timeframe="1h", assets=1)
    assert text not in assumptions(rules | {"funding_bps_per_bar": 1.0}, timeframe="1h", assets=1, funded=True)


def test_finer_bars_and_guesses_are_said() -> None:
    """Which bars decided, and how often the order inside one was unknown, in bars and as a share of the trades."""
    bars = {"resolution": "bars", "ambiguous_bars": 3, "ambiguous_share": 0.0125}
    assert "stop before target. The last was a guess on 3 bars, 1.25\u202f% of the trades." in said(
        stop_loss=0.01, decided=bars
    )
    finer = {"resolution": "finer 1m", "ambiguous_bars": 1, "ambiguous_share": None}
    text = said(stop_loss=0.01, decided=finer)
    assert "Inside a bar, on finer bars of 1m: the time exit" in text
    assert "The last was a guess on 1 bar." in text
    assert "No bar held both." in said(stop_loss=0.01, decided=bars | {"ambiguous_bars": 0})
