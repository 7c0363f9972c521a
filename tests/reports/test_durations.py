from __future__ import annotations

import pytest

from trady2.reports.durations import bars_text, duration_text, lasted_text


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


def test_bars_have_a_plural() -> None:
    """One bar is one; thousands are apart."""
    assert [bars_text(bars) for bars in (1, 12, 1234)] == ["1 bar", "12 bars", "1,234 bars"]


@pytest.mark.parametrize(
    ("end", "text"),
    [
        ("03T00:00:00Z", "2\u202fd"),
        ("02T23:00:00Z", "47\u202fh"),
        ("01T01:59:00Z", "119\u202fmin"),
        ("31T12:00:00Z", "30\u202fd"),
    ],
)
def test_a_stretch_has_a_length(end: str, text: str) -> None:
    """From two days on in days, from two hours on in hours, else in minutes."""
    assert lasted_text("2024-01-01T00:00:00Z", f"2024-01-{end}") == text
