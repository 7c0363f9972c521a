from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import closing

import pytest

from trady2.backtest.sweep_threads import in_order


def consume(results, sender) -> None:
    """Take all of them, while the *sender* is at work."""
    sender.start()
    for _ in results:
        pass


def alive() -> int:
    """Return how many threads of a sweep there are."""
    return sum(thread.name == "sweep" for thread in threading.enumerate())


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_results_come_in_order(threads):
    """However long each takes, results come in the order of the items, each once, and all threads end."""

    def work(item, _stopped):
        time.sleep(0.002 * (item % 3 == 0))
        return item * item

    assert list(in_order(work, range(40), threads)) == [item * item for item in range(40)]
    assert list(in_order(work, [], threads)) == []
    assert alive() == 0


def test_threads_work_at_the_same_time():
    """Two items that wait for each other both get done."""
    barrier = threading.Barrier(2, timeout=10)

    def work(item, _stopped):
        barrier.wait()
        return item

    assert list(in_order(work, [1, 2], 2)) == [1, 2]


def test_an_error_comes_in_the_place_of_its_result():
    """What came before it is yielded, what comes after is dropped, and no thread stays."""

    def work(item, _stopped):
        if item == 5:
            raise ValueError("five")
        return item

    results = in_order(work, range(100), 2)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="five"):
        next(results)
    assert alive() == 0


def test_closing_stops_work_under_way():
    """Whoever stops asking stops the threads, which are told so in the middle of an item."""

    def work(item, stopped):
        give_up = time.monotonic() + 20
        while item and not stopped() and time.monotonic() < give_up:
            time.sleep(0.001)
        return stopped()

    began = time.monotonic()
    with closing(in_order(work, range(9), 2)) as results:
        assert next(results) is False
    assert time.monotonic() - began < 10
    assert alive() == 0


@pytest.mark.parametrize("repeat", range(12))
def test_an_interruption_gets_through_at_any_moment(repeat):
    """Ctrl-C at a random time, also while threads are being started, ends the work and never blocks."""

    def work(item, _stopped):
        return item

    def interrupt():
        time.sleep(0.001 * (repeat + 1))
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt, match=r"^$"), closing(in_order(work, range(10_000_000), 2)) as results:
        consume(results, sender)
    sender.join()
    give_up = time.monotonic() + 10  # a thread that was being started ends by itself
    while alive() and time.monotonic() < give_up:
        time.sleep(0.001)
    assert alive() == 0
