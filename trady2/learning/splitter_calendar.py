"""Walk-forward anchored by the calendar: train at the start of every week, month or quarter, as it would be traded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from trady2.errors import ConfigError, NotEnoughDataError
from trady2.learning.splitter import Folds, Split, at_least, walk
from trady2.learning.splitter_times import NO_GAP, Gap, Times, embargo_of, labelled_rows

__all__ = ["CalendarWalkForward", "Period", "period_of"]

Period = Literal["day", "week", "month", "quarter", "year"]

_MONDAY_FIRST = 3  # 1970-01-01 was a Thursday


def period_of(times: Times, period: Period) -> NDArray[np.int64]:
    """Return the number of the calendar period, in UTC, that each of (n,) times lies in; weeks begin on Monday."""
    if period in ("day", "week"):
        days = times.astype("datetime64[D]").astype(np.int64)
        return days if period == "day" else (days + _MONDAY_FIRST) // 7
    if period == "year":
        return times.astype("datetime64[Y]").astype(np.int64)
    months = times.astype("datetime64[M]").astype(np.int64)
    return months if period == "month" else months // 3


@dataclass(frozen=True, kw_only=True)
class CalendarWalkForward:
    """Test each calendar *period* after the first `n_train_periods`, trained on what comes before it.

    A fold trains on everything before its period (*expanding*), or on the `n_train_periods` calendar periods before it.
    Periods are those of the decision time in UTC: a bar that closes at midnight belongs to the new day. The first and
    the last period may be cut off by the data; a period without a labelled row is not tested. *embargo* keeps training
    rows that much farther away from the test than their label end requires.

    With one row a day, labels of one day, and a retraining every Monday (8 January 2024 is one):

        >>> days = np.arange("2024-01-04", "2024-01-25", dtype="datetime64[D]")
        >>> weekly = CalendarWalkForward(period="week")
        >>> for train, test in weekly.split(days, days + np.timedelta64(1, "D")):
        ...     print("".join("-" if row in train else "#" if row in test else "." for row in range(21)))
        ---.#######..........
        ----------.#######...
        -----------------.###
    """

    period: Period
    n_train_periods: int = 1
    expanding: bool = True
    embargo: Gap = NO_GAP

    def __post_init__(self) -> None:
        """Check name and numbers; raises ConfigError."""
        if self.period not in get_args(Period):
            raise ConfigError(f"period = {self.period!r} is none; choose from {', '.join(get_args(Period))}")
        at_least("n_train_periods", self.n_train_periods, 1)
        embargo_of(self.embargo)

    def split(self, decision_time: Any, label_end: Any) -> Iterator[Split]:
        """Yield (train rows, test rows) for every tested period in order; see `WalkForward.split`.

        Raises:
            NotEnoughDataError: there is no period to test, or a fold would train on no row.
            DataError: times without a zone, of other lengths, or a label that ends before its decision.
        """
        decided, ends, rows = labelled_rows(decision_time, label_end)
        number = period_of(decided, self.period)
        tested = np.unique(number)
        tested = tested[tested >= number.min() + self.n_train_periods] if len(number) else tested
        if not len(tested):
            raise NotEnoughDataError(
                f"the {len(rows)} labelled rows leave no {self.period} to test after {self.n_train_periods} to train "
                "on; add history, or ask for fewer or shorter periods",
                rows=len(rows),
                period=self.period,
            )
        return walk(decided, ends, rows, self._folds(number, tested), self.embargo)

    def _folds(self, number: NDArray[np.int64], tested: NDArray[np.int64]) -> Folds:
        for place, period in enumerate(tested.tolist(), 1):
            past = number < period
            if not self.expanding:
                past &= number >= period - self.n_train_periods
            yield f"{self.period} {place} of {len(tested)}", past, number == period
