"""A check: its name in the table of `docs/audit.md`, its version, and the function that looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from trady2.errors import Trady2Error
from trady2.guards.certificate import CheckResult, Finding, Level, Outcome

__all__ = ["TITLES", "Check", "not_applicable"]

E = TypeVar("E")

TITLES = {
    "A0": "contract of vectors and labels",
    "A1": "zones do not overlap",
    "A2": "features do not need the future to exist",
    "A3": "features do not react to a changed future",
    "A4": "declared warm-up is long enough",
    "A5": "shifted labels score like chance",
    "A6": "no single feature knows the direction",
    "A7": "results are not too good to be true",
    "A8": "delivered days did not change",
    "A9": "train and test look alike",
    "A10": "stored vectors equal their recomputation",
}


@dataclass(frozen=True)
class Check(Generic[E]):
    """A function from evidence to outcome; raise *version* whenever another outcome is possible for equal evidence."""

    name: str
    version: int
    level: Level
    function: Callable[[E], Outcome]

    def run(self, evidence: E) -> CheckResult:
        """Look, and note when it began and how long it took; what is raised on purpose is a finding."""
        started, begin = datetime.now(UTC), time.perf_counter()
        try:
            outcome = self.function(evidence)
        except Trady2Error as error:
            outcome = Outcome((Finding(self.name, None, str(error), self.level),))
        seconds = time.perf_counter() - begin
        return CheckResult(self.name, TITLES[self.name], self.version, self.level, outcome, started, seconds)


def not_applicable(name: str, why: str) -> CheckResult:
    """Return the result of a check that has nothing to look at, so that a certificate always names every check."""
    return CheckResult(name, TITLES[name], 0, "hard", Outcome(skipped=why), datetime.now(UTC), 0.0)
