from __future__ import annotations

from trady2.reports.numerals import MISSING
from trady2.reports.tabular import columns, flat, pairs, settings


def test_columns_say_what_they_hold() -> None:
    """The first column holds words, others numbers unless their label is marked."""
    assert columns("Zone", "<From", "Rows", "<<Reason") == [
        ("Zone", "text"),
        ("From", "text"),
        ("Rows", ""),
        ("Reason", "text after"),
    ]


def test_inner_values_get_dotted_names() -> None:
    """Mappings are laid flat; tables inside are left to the JSON, plain lists are not."""
    values = {"a": {"b": {"c": 1}}, "table": [{"x": 1}], "grid": [[1]], "list": [1, 2], "empty": []}
    assert flat(values) == [("a.b.c", 1), ("list", [1, 2]), ("empty", [])]


def test_pairs_are_spoken_and_settings_are_not() -> None:
    """Names in words and values in their units for a reader; keys and values of the YAML for the configuration."""
    assert pairs({"win_rate": 0.5, "n_trades": 3}) == [("Win rate", "50.0\u202f%"), ("Trades", "3")]
    assert settings({"backtest": {"hold_bars": 12, "stop_loss": None, "calendar": "24/7"}}) == [
        ("backtest.hold_bars", "12"),
        ("backtest.stop_loss", MISSING),
        ("backtest.calendar", "24/7"),
    ]
