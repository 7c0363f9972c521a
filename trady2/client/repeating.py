"""When a request is sent again, and after which pause: for faults that pass by themselves, and for nothing else.

Predictions change nothing in the service, so each may be repeated. Pauses double and are random in their upper half
(exponential back-off with "equal jitter": M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015), so
that many clients of one busy service do not come back in the same moment.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from trady2.client.messages import Reply, Unanswered

__all__ = ["Call"]

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0
_PASSING: Final = frozenset({429, 502, 503, 504})
# The service answers these with 503 too, but a second later nothing will have changed.
_STAYING: Final = frozenset({"no_active_model", "model_refused", "no_api_keys"})


class Call:
    """One call of a client: how often it has asked, and how long it may still take.

    Args:
        retries: how many times at most a request is sent again.
        deadline_seconds: what all attempts and pauses may take together; a pause that would outlast it is not made.
        clock: gives seconds that never run backwards.
    """

    def __init__(self, retries: int, deadline_seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin now, with an identity that all attempts share, so that the service's log tells which are one call."""
        self.identity = os.urandom(8).hex()
        self.attempts = 0
        self._retries, self._clock = retries, clock
        self._end = clock() + deadline_seconds

    def remaining_seconds(self) -> float:
        """Return what is left until the deadline, never below zero."""
        return max(0.0, self._end - self._clock())

    def pause_seconds(self, outcome: Reply | Unanswered) -> float | None:
        """Count an attempt that ended in *outcome*, and return after which pause to make another; None for none."""
        self.attempts += 1
        if self.attempts > self._retries or not _passing(outcome):
            return None
        longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** (self.attempts - 1))
        pause = random.uniform(longest / 2, longest)  # noqa: S311 - spreads clients, hides nothing
        asked_for = _asked_for_seconds(outcome.retry_after) if isinstance(outcome, Reply) else 0.0
        # On top of what the service asks for, or all whom it has sent away come back together.
        pause = asked_for + pause if asked_for else pause
        return pause if pause < self.remaining_seconds() else None


def _passing(outcome: Reply | Unanswered) -> bool:
    if isinstance(outcome, Unanswered):
        return outcome.again
    if outcome.status not in _PASSING:
        return False
    fault = outcome.fault
    return fault is None or fault["code"] not in _STAYING


def _asked_for_seconds(retry_after: str | None) -> float:
    """Read the header ``Retry-After``, seconds or a date (RFC 9110, section 10.2.3); 0 for none or nonsense."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (zoned - datetime.now(UTC)).total_seconds())
