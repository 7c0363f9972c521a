from __future__ import annotations

import pytest

from trady2.config import BacktestConfig
from trady2.reports.assumptions import assumptions, duration_text


def said(assets: int = 1, timeframe: str = "1h", **config: object) -> str:
    """All assumptions of a configuration as one text."""
    fields = BacktestConfig(**({"threshold": 0.6, "hold_bars": 12} | config)).model_dump()
    return "\n".join(assumptions(fields, timeframe=timeframe, assets=assets))


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
    assert "pays 10 bps in fees and gets a price that is 2.5 bps worse" in said(fee_bps=10.0, slippage_bps=2.5)
    assert "Every buy and every sale gets a price that is 2 bps worse." in said(slippage_bps=2.0)


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
    ("bars", "timeframe", "text"),
    [
        *[(12, "1h", "12 h"), (24, "1h", "24 h"), (48, "1h", "2 d"), (60, "1h", "2.5 d"), (14, "1d", "2 w")],
        *[(1, "1m", "60 s"), (90, "1m", "90 min"), (7, "1s", "7 s")],
    ],
)
def test_a_hold_has_a_length(bars: int, timeframe: str, text: str) -> None:
    """Bars times timeframe is said in the unit that keeps the number short and exact."""
    assert duration_text(bars, timeframe) == text
