from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.reports.numerals import MISSING, by_unit, count, moment, number, percent, short

THIN = "\u202f"
MINUS = "\u2212"


@pytest.mark.parametrize(
    ("fraction", "sign", "expected"),
    [
        (0.12345, False, f"12.3{THIN}%"),
        (-0.12345, True, f"{MINUS}12.3{THIN}%"),
        (0.12345, True, f"+12.3{THIN}%"),
        (211.54, True, f"+21,154.0{THIN}%"),
        (-0.0001, True, f"0.0{THIN}%"),
        (0.0, True, f"0.0{THIN}%"),
        (None, True, MISSING),
    ],
)
def test_fractions_are_written_as_percent(fraction: float | None, sign: bool, expected: str) -> None:
    """A fraction is a hundred times as many percent, with a real minus, and zero has no sign."""
    assert percent(fraction, sign=sign) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0.000"),
        (0.012, "0.012"),
        (1.5, "1.500"),
        (-3.14159, f"{MINUS}3.142"),
        (8766.0, "8,766.00"),
        (34161.5, "34,161.50"),
        (1e12, "1.000e+12"),
        (2e-7, f"2.000e{MINUS}07"),
        (None, MISSING),
    ],
)
def test_numbers_keep_their_leading_digits(value: float | None, expected: str) -> None:
    """About four digits are shown, thousands apart; only the very large and the very small get an exponent."""
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.2345, "fraction", f"23.4{THIN}%"),
        (0.0041, "fraction", f"0.41{THIN}%"),
        (-0.000008, "fraction", f"{MINUS}0.0008{THIN}%"),
        (0.0, "fraction", f"0.00{THIN}%"),
        (1.0, "ratio", "1.00"),
        (0.04, "bps", f"0.04{THIN}bps"),
        (32.951, "bps", f"33.0{THIN}bps"),
        (12.0, "bars", f"12{THIN}bars"),
        (8.818, "bars", f"8.8{THIN}bars"),
        (1310, "count", "1,310"),
        (-68056.444, "money", f"{MINUS}68,056.44"),
        (None, "money", MISSING),
    ],
)
def test_each_unit_has_its_form(value: float | None, unit: str, expected: str) -> None:
    """A number says its unit, and small percentages get a digit more."""
    assert by_unit(value, unit) == expected


def test_counts_and_moments_may_be_missing() -> None:
    """Nothing is a dash, not a zero; a time is written to the minute."""
    assert (count(None), moment(None)) == (MISSING, MISSING)
    assert moment("2024-12-31T23:00:00Z") == "2024-12-31 23:00"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_the_value_can_be_read_back(value: float) -> None:
    """What is written, read as a number, is the value to the digits shown."""
    text = number(value).replace(",", "").replace(MINUS, "-")
    assert float(text) == pytest.approx(value, rel=1e-3, abs=5e-4)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *[(2.414, "2.41"), (-0.0123, f"{MINUS}0.0123"), (0.0, "0"), (-0.0, "0"), (0.9, "0.9")],
        *[(99.96, "100"), (12_345.6, "12,346"), (None, MISSING)],
    ],
)
def test_short_numbers_have_three_digits(value: float | None, text: str) -> None:
    """At most three significant digits, none that say nothing, and no exponent for large numbers."""
    assert short(value) == text
