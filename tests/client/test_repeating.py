from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from trady2.client.messages import Reply, Unanswered
from trady2.client.repeating import Call

BUSY = Reply(503, b'{"error": {"code": "busy", "message": "m"}}')
LOST = Unanswered("reset", again=True)


class Clock:
    """A clock that stands until somebody turns it."""

    now = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def asked_for(header: str) -> float:
    """Return the first pause after an answer with this Retry-After."""
    pause = Call(1, 1e9).pause_seconds(Reply(429, b"", header))
    assert pause is not None
    return pause


def test_pauses_double_up_to_five_seconds() -> None:
    """The n-th pause lies in the upper half of 0.1 s × 2^(n-1), and never above 5 s."""
    for _ in range(50):
        call = Call(9, 1e9)
        pauses = [call.pause_seconds(LOST) for _ in range(9)]
        highest = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
        assert all(pause and high / 2 <= pause <= high for pause, high in zip(pauses, highest, strict=True))
        assert call.pause_seconds(LOST) is None


def test_clients_do_not_come_back_together() -> None:
    """A hundred clients that were sent away at once spread over the pause."""
    pauses = {Call(1, 60).pause_seconds(BUSY) for _ in range(100)}
    assert len(pauses) > 90
    assert len({asked_for("2") for _ in range(100)}) > 90


def test_no_pause_outlasts_the_deadline() -> None:
    """What is left is counted down; a pause that would not fit is none."""
    clock = Clock()
    call = Call(9, 2.0, clock=clock)
    assert call.remaining_seconds() == 2.0
    assert call.pause_seconds(BUSY) is not None
    clock.now += 1.97
    assert call.pause_seconds(BUSY) is None
    clock.now += 5
    assert call.remaining_seconds() == 0.0


def test_retry_after_may_be_seconds_or_a_date() -> None:
    """RFC 9110 knows both; a date that has passed asks for nothing."""
    assert 7 <= asked_for("7") <= 7.1
    assert 58 <= asked_for(format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)) <= 60.1
    assert asked_for("Wed, 21 Oct 2015 07:28:00 GMT") <= 0.1


@given(st.text(st.characters(codec="latin-1"), max_size=40))
def test_nonsense_in_retry_after_asks_for_nothing_strange(header: str) -> None:
    """Whatever a server writes there, the pause is a number that is not negative, or there is none."""
    pause = Call(1, 1e9).pause_seconds(Reply(503, b"", header))
    assert pause is None or pause >= 0
