from __future__ import annotations

import pytest

from trady2.errors import ConfigError
from trady2.features.catalogue import all_indicators
from trady2.features.windows import read_windows

KEY = "features.indicators"


def test_default_windows_stand_in_for_missing_ones() -> None:
    """An empty section means the indicator's own windows, none at all for one without."""
    assert read_windows("rsi", {}, KEY, all_indicators()["rsi"]) == ((6,), (14,), (24,))
    assert read_windows("candle_body", {}, KEY, all_indicators()["candle_body"]) == ()


def test_windows_come_one_or_several_a_column() -> None:
    """Numbers are single windows, lists are sets of them."""
    assert read_windows("rsi", {"windows": [9, [11]]}, KEY, all_indicators()["rsi"]) == ((9,), (11,))
    found = read_windows("macd", {"windows": [[5, 35, 5]]}, KEY, all_indicators()["macd"])
    assert found == ((5, 35, 5),)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("rsi", {"window": [7]}, "no parameter 'window'; did you mean 'windows'"),
        ("rsi", [7], r"rsi = \[7\] is no section; write rsi: {windows"),
        ("rsi", {"windows": 7}, "windows = 7 is no list"),
        ("rsi", {"windows": []}, r"windows = \[\] is no list"),
        ("rsi", {"windows": [1]}, "holds 1; each has to be 1 whole number"),
        ("rsi", {"windows": [True]}, "holds True"),
        ("rsi", {"windows": [7.5]}, "holds 7.5"),
        ("rsi", {"windows": [200_000]}, "from 2 to 100000"),
        ("rsi", {"windows": [7, 9, 7]}, "names a column twice"),
        ("ema_spread", {"windows": [24]}, r"each has to be 2 whole number\(s\).*such as \[6, 24\]"),
        ("ema_spread", {"windows": [[24, 6]]}, r"holds \[24, 6\]"),
        ("candle_body", {"windows": [3]}, "it takes none; write candle_body: {}"),
    ],
)
def test_wrong_windows_are_refused(name: str, given: object, message: str) -> None:
    """Each fault is named with the value, the rule and the way out."""
    with pytest.raises(ConfigError, match=message):
        read_windows(name, given, KEY, all_indicators()[name])
