"""What the ledger's events say about activations."""

from datetime import UTC, datetime, timedelta

import pytest

from trady2.registry.canonical import utc_text
from trady2.registry.history import latest_run, moment_of, past_versions, unsettled
from trady2.registry.ledger import Event

START = datetime(2025, 11, 1, tzinfo=UTC)


def told(*lines: str) -> list[Event]:
    """Make events from texts such as `activated A`."""
    parts = [line.split() for line in lines]
    return [
        Event(number, START + timedelta(hours=number), kind, "m", (rest or [None])[0], "ann", "why", {}, "", "")
        for number, (kind, *rest) in enumerate(parts)
    ]


@pytest.mark.parametrize(
    ("lines", "pile"),
    [
        ([], ""),
        (["activated A"], "A"),
        (["activated A", "activated B", "activated C"], "ABC"),
        (["activated A", "activated A"], "A"),
        (["activated A", "activated B", "activated A"], "ABA"),
        (["activated A", "activated B", "activated C", "rolled_back B", "rolled_back A"], "A"),
        (["activated A", "activated B", "rolled_back A", "activated C"], "AC"),
        (["activated A", "alias_changed B"], "AB"),
        (["activated A", "alias_changed", "activated B"], "AB"),
        (["rolled_back Z"], "Z"),
    ],
)
def test_activations_pile_up_and_rollbacks_take_away(lines: list[str], pile: str) -> None:
    """Each rollback goes one further back; a version that was rolled away is not returned to."""
    assert past_versions(told(*lines)) == list(pile)


@pytest.mark.parametrize(
    ("lines", "open_intent"),
    [
        ([], None),
        (["activating A"], 0),
        (["activating A", "activated A"], None),
        (["activating A", "abandoned A", "activating B"], 2),
        (["activating A", "rolled_back A"], None),
    ],
)
def test_an_intent_without_an_outcome_is_open(lines: list[str], open_intent: int | None) -> None:
    """The last intent counts, and only when nothing follows it."""
    found = unsettled(told(*lines))
    assert (found.number if found else None) == open_intent


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ([], None),
        (["activated A"], 0),
        (["activated A", "activated B", "activated B"], 1),
        (["activated B", "activated A", "rolled_back B"], 2),
        (["activated A", "alias_changed"], 1),
    ],
)
def test_a_run_begins_where_its_version_came(lines: list[str], first: int | None) -> None:
    """Activating the active version again does not begin anew."""
    run = latest_run(told(*lines))
    assert (run.number if run else None) == first


def test_the_moment_is_that_of_the_switch() -> None:
    """The time in the payload counts; an event without one counts from its own."""
    (event,) = told("activated A")
    assert moment_of(event) == START
    event.payload["since"] = utc_text(START - timedelta(seconds=1))
    assert moment_of(event) == START - timedelta(seconds=1)
