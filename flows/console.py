"""What a person sees while a command runs: one line a stage, on standard error, so that results can be piped."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["Console"]

_NAME_WIDTH = 12
_BAR_WIDTH = 20
_REDRAW_SECONDS = 0.1


class Console:
    """Draws stages with their time and progress; without a terminal it writes finished lines only."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        """Write to *stream*, by default standard error; *quiet* writes nothing."""
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._live = not quiet and self._stream.isatty()
        self._name = ""
        self._said: list[str] = []
        self._drawn = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside the block and close its line."""
        self._name, self._said, begin = name, [], time.monotonic()
        self.progress("", 0.0)
        try:
            yield
        except BaseException:
            self._line(f"{name:<{_NAME_WIDTH}} ✗")
            raise
        seconds = time.monotonic() - begin
        said = "; ".join(self._said) or "done"
        self._line(f"{name:<{_NAME_WIDTH}} {said}  ({seconds:.1f} s)")
        self._name = ""

    def say(self, text: str) -> None:
        """Add *text* to the line of the stage, or write it at once outside a stage."""
        if self._name:
            self._said.append(text)
        else:
            self._line(text)

    def progress(self, text: str, share: float) -> None:
        """Redraw the line of the stage, at most ten times a second."""
        now = time.monotonic()
        if not self._live or now - self._drawn < _REDRAW_SECONDS:
            return
        self._drawn = now
        full = round(min(max(share, 0.0), 1.0) * _BAR_WIDTH)
        bar = "━" * full + "·" * (_BAR_WIDTH - full)
        self._stream.write(f"\r\033[K{self._name:<{_NAME_WIDTH}} {bar} {text}")
        self._stream.flush()

    def _line(self, text: str) -> None:
        if self._quiet:
            return
        self._stream.write(("\r\033[K" if self._live else "") + text + "\n")
        self._stream.flush()
