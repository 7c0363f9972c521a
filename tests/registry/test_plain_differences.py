import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.registry.plain_differences import PlainDifference, count_values, largest_step, plain_differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_a_value_equals_itself_through_json(value: object) -> None:
    """What was written and read back as JSON differs nowhere."""
    assert list(plain_differences(value, json.loads(json.dumps(value)))) == []


@pytest.mark.parametrize(
    ("published", "repeated", "expected"),
    [
        ({"a": {"b": [1, 2.5]}}, {"a": {"b": [1, 2.25]}}, [("a.b[1]", 2.5, 2.25)]),
        ({"a": 1}, {}, [("a", 1, None)]),
        ({}, {"a": 1}, []),
        ({"a": [1, 2]}, {"a": [1]}, [("a (how many)", 2, 1)]),
        ({"a": True}, {"a": 1}, [("a", True, 1)]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": None}, {"a": [1]}, [("a", None, [1])]),
        (0.1 + 0.2, 0.3, [("", 0.1 + 0.2, 0.3)]),
    ],
    ids=["inside", "gone", "more is measured", "shorter", "kinds", "whole numbers", "another shape", "the last bit"],
)
def test_each_place_is_told(published: object, repeated: object, expected: list) -> None:
    """A difference has its path and both values; what only the later one has is none."""
    assert list(plain_differences(published, repeated)) == [PlainDifference(*one) for one in expected]


def test_values_are_counted() -> None:
    """Numbers, texts and nulls count, not what holds them."""
    assert count_values({"a": [1, None, "text"], "b": {"c": True, "d": []}}) == 4


def test_the_largest_step_is_between_numbers() -> None:
    """Texts, truths and lengths of lists have no size; without numbers there is no largest step."""
    found = list(plain_differences({"a": 1.5, "b": "x", "c": False, "d": 3}, {"a": 1.0, "b": "y", "c": True, "d": 5}))
    assert (len(found), largest_step(found), largest_step(found[1:3])) == (4, 2, None)


def test_a_difference_reads_well() -> None:
    """It names the place, and cuts long values short."""
    assert str(PlainDifference("folds[1].trees", 20, 21)) == "folds[1].trees 20 → 21"
    assert len(str(PlainDifference("", "x" * 500, None))) < 90
