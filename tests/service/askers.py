"""Threads that ask while something happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["asking"]


@contextmanager
def asking(ask: Callable[[int], None], stop: threading.Event, clients: int) -> Iterator[None]:
    """Let each of *clients* threads run *ask* with its number until the block ends, then *stop* them and wait."""
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
