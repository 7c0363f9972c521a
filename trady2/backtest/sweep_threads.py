"""Work on many items by several threads, with results in order and an interruption that always gets through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from itertools import count
from queue import SimpleQueue
from typing import TypeVar

__all__ = ["in_order"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item, Callable[[], bool]], Result], items: Sequence[Item], threads: int
) -> Generator[Result]:
    """Yield *work* of each item in the order of *items*, worked on by at most *threads* at once.

    No executor of the standard library: its locks are written in Python, and Ctrl-C in the middle of one leaves it
    locked for ever. Here the calling thread, the only one that an interruption reaches, waits for a `SimpleQueue`.

    Args:
        work: called with an item and a function that tells whether to stop early; worth it with the interpreter lock
            released. What it raises comes through in the place of its result.
        items: what to work on.
        threads: how many at once, at least 1.

    Yields:
        The results. When the iterator is closed or an error comes through, the threads have ended.
    """
    done: SimpleQueue[tuple[int, Result | BaseException]] = SimpleQueue()
    turns, early, stopped = count(), dict[int, Result | BaseException](), [False]

    def take_turns() -> None:
        while not stopped[0] and (turn := next(turns)) < len(items):
            try:
                done.put((turn, work(items[turn], lambda: stopped[0])))
            except BaseException as error:
                done.put((turn, error))

    workers = [threading.Thread(target=take_turns, name="sweep", daemon=True) for _ in range(min(threads, len(items)))]
    try:
        for worker in workers:
            worker.start()
        for turn in range(len(items)):
            while turn not in early:
                early.update([done.get()])
            found = early.pop(turn)
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        stopped[0] = True
        for worker in workers:
            if worker.is_alive():
                worker.join()
