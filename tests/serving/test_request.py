from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trady2.errors import DataError
from trady2.serving.request import MAX_INSTANCES, Ask, read_request, shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["asset", "as_of", "features", "instances", "bars", "explain"])


@pytest.mark.parametrize(
    ("request_", "ask"),
    [
        ({"asset": "BTC/EUR"}, Ask("BTC/EUR")),
        ({"asset": "BTC-EUR", "as_of": None}, Ask("BTC-EUR")),
        ({"asset": "BTC-EUR", "as_of": "latest"}, Ask("BTC-EUR", "latest")),
        (
            {"asset": "BTC-EUR", "as_of": "2025-11-01T13:00:00+01:00"},
            Ask("BTC-EUR", datetime(2025, 11, 1, 12, tzinfo=UTC)),
        ),
        ({"features": {"a": 1}}, Ask(None, features={"a": 1})),
        ({"features": {}, "asset": "X"}, Ask("X", features={})),
        ({"asset": "X", "explain": True}, Ask("X", explain=10)),
        ({"asset": "X", "as_of": "latest", "explain": False}, Ask("X", "latest")),
        ({"features": {"a": 1}, "explain": 3}, Ask(None, features={"a": 1}, explain=3)),
        ({"asset": "X", "model": "alts"}, Ask("X", model="alts")),
        ({"features": {}, "model": "alts"}, Ask(None, features={}, model="alts")),
        ({"bars": [{}], "model": "alts"}, Ask(None, bars=[{}], model="alts")),
    ],
)
def test_each_form_is_read(request_: dict[str, Any], ask: Ask) -> None:
    """A request becomes one ask, its time in UTC."""
    assert read_request(request_) == [ask]


@pytest.mark.parametrize("value", [None, 0, -1, 1_001, 2.0, "true", [10], float("nan")])
def test_what_cannot_be_explained_is_refused(value: object) -> None:
    """`explain` is true, false or a number of features; anything else is refused with what it may be."""
    with pytest.raises(DataError, match=r"it has to be true, false, or how many features to name, 1 to 1000") as caught:
        read_request({"asset": "X", "explain": value})
    assert caught.value.code == "invalid_explain"


@pytest.mark.parametrize("value", [None, 5, "", "x" * 64, "a\nb", ["trady2"]])
def test_what_cannot_be_a_model_is_refused(value: object) -> None:
    """`model` is a short printable name; whether it is served is asked later."""
    with pytest.raises(DataError, match=r"^model = .* is refused; it has to be a name such as 'trady2'") as caught:
        read_request({"asset": "X", "model": value})
    assert caught.value.code == "invalid_model"


def test_a_batch_is_read_in_order() -> None:
    """Up to 1,000 instances become as many asks."""
    names = [f"A{number}" for number in range(MAX_INSTANCES)]
    assert [ask.asset for ask in read_request({"instances": [{"asset": name} for name in names]})] == names


def test_a_fault_in_a_batch_has_its_place() -> None:
    """The message names the instance, and so does a value for programs."""
    with pytest.raises(DataError, match=r"^instances\[2\]: unknown key 'x': known are ") as caught:
        read_request({"instances": [{"asset": "A"}, {"asset": "B"}, {"x": 1}]})
    assert (caught.value.code, caught.value.instance) == ("unknown_key", 2)


@settings(max_examples=50)
@given(st.dictionaries(KEYS, JSON, max_size=5) | JSON)
def test_whatever_is_sent_is_read_or_refused(request_: Any) -> None:
    """Any JSON value gives asks or a DataError with a code and a printable message of bounded length."""
    asks, refusal = [], None
    try:
        asks = read_request(request_)
    except DataError as error:
        refusal = error
    if refusal is None:
        assert all((ask.asset, ask.features, ask.bars) != (None, None, None) for ask in asks)
    else:
        assert refusal.values["code"]
        assert str(refusal).isprintable()
        assert len(str(refusal)) < 500


def test_values_are_shown_in_short() -> None:
    """Neither length nor depth nor strange characters reach a message."""
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert len(shown(deep)) < 100
    assert len(shown("x" * 10**6)) < 100
    assert len(shown(10**4000)) < 100
    assert shown("\ud800\n") == r"'\ud800\n'"
