"""JSON with one way to write it."""

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trady2.errors import DataError, IntegrityError
from trady2.registry.canonical import canonical_json, read_json, utc_text, utc_time

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), PLAIN, max_size=6))
def test_what_is_written_reads_back_equal(value: dict[str, object]) -> None:
    """Every plain value comes back, floats to the last bit, and is written the same way again."""
    written = canonical_json(value)
    again = read_json(written, source="test")
    assert again == value
    assert canonical_json(again) == written


def test_order_of_keys_does_not_matter() -> None:
    """Two dictionaries with equal content have equal bytes, without blanks and in UTF-8."""
    assert canonical_json({"b": 1, "a": "ä"}) == canonical_json({"a": "ä", "b": 1}) == '{"a":"ä","b":1}'.encode()


def test_numbers_that_json_lacks() -> None:
    """NaN becomes null, infinities become text, numpy's numbers and arrays become Python's."""
    value = {"nan": math.nan, "inf": [math.inf, -math.inf], "np": np.float32(0.1), "row": np.array([1, 2])}
    wanted = {"nan": None, "inf": ["Infinity", "-Infinity"], "np": float(np.float32(0.1)), "row": [1, 2]}
    assert json.loads(canonical_json(value)) == wanted


def test_times_are_written_in_utc() -> None:
    """A time of any zone becomes UTC, a date its ISO form."""
    berlin = timezone(timedelta(hours=1))
    value = [datetime(2025, 11, 1, 13, tzinfo=berlin), date(2025, 11, 1)]
    assert json.loads(canonical_json(value)) == ["2025-11-01T12:00:00.000000Z", "2025-11-01"]


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_survive_the_round_trip(moment: datetime) -> None:
    """Text and time turn into each other to the microsecond."""
    assert utc_time(utc_text(moment)) == moment


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (datetime(2025, 11, 1), "2025-11-01T00:00:00 has no time zone; give it in UTC"),  # noqa: DTZ001 - the fault
        ({1: 2}, "value has the key 1, which is no text"),
        ({"a": [b"x"]}, r"value\.a\[0\] is a bytes, which JSON cannot hold"),
    ],
)
def test_what_cannot_be_written_is_named(value: object, message: str) -> None:
    """A naive time, a key that is no text and an unknown type are refused with their place."""
    with pytest.raises(DataError, match=message):
        canonical_json(value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a":1,"a":2}', "the key 'a' stands twice"),
        (b'{"a":{"b":1,"b":1}}', "the key 'b' stands twice"),
        (b'{"a":NaN}', "NaN is no JSON number"),
        (b"[1]", "holds no JSON object"),
        (b'{"a":', "is no proper JSON"),
        (b"\xff\xfe{", "is no proper JSON"),
    ],
)
def test_only_proper_json_is_read(content: bytes, message: str) -> None:
    """Doubled keys, NaN, other types and broken text are integrity errors that name the file."""
    with pytest.raises(IntegrityError, match=f"manifest.json.*{message}"):
        read_json(content, source="manifest.json")
