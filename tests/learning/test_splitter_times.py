from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from trady2.errors import ConfigError, DataError
from trady2.learning.splitter_times import embargo_of, labelled_rows, utc_times


@pytest.mark.parametrize(
    ("gap", "microseconds"),
    [
        (timedelta(0), 0),
        (timedelta(hours=1), 3_600_000_000),
        (np.timedelta64(1, "h"), 3_600_000_000),
        (pd.Timedelta("1h"), 3_600_000_000),
        (pd.Timedelta(1500, "ns"), 2),
        (np.timedelta64(1500, "ns"), 2),
        (timedelta.max, 10**17),
    ],
)
def test_embargoes_in_whole_microseconds(gap: timedelta | np.timedelta64, microseconds: int) -> None:
    """Every kind of time difference becomes microseconds, rounded up so that no part of it is lost."""
    assert embargo_of(gap) == np.timedelta64(microseconds, "us")


@pytest.mark.parametrize("gap", [timedelta(hours=-1), np.timedelta64(-1, "ns"), np.timedelta64("NaT"), pd.NaT])
def test_embargoes_that_lie_nowhere(gap: timedelta | np.timedelta64) -> None:
    """A negative or missing embargo is refused."""
    with pytest.raises(ConfigError, match=r"embargo = .* lies in the past or nowhere; make it 0 or more"):
        embargo_of(gap)


def test_times_of_any_kind() -> None:
    """Zones are converted, NumPy is UTC, NaT stays, nanoseconds are cut off, a time without a zone is refused."""
    expected = np.array(["2024-01-01T12:00:00.000001", "NaT"], "datetime64[us]")
    tokyo = pd.Series(pd.to_datetime(["2024-01-01T21:00:00.000001999+09:00", None], utc=True)).dt.tz_convert(
        "Asia/Tokyo"
    )
    for values in (tokyo, expected, expected.astype("datetime64[ns]"), [tokyo[0].to_pydatetime(warn=False), None]):
        np.testing.assert_array_equal(utc_times(values, "decision_time"), expected)
    assert np.isnat(utc_times(pd.Series([pd.NaT]), "label_end")).all()
    with pytest.raises(DataError, match=r"label_end has no time zone; use pandas.to_datetime\(…, utc=True\)"):
        utc_times(tokyo.dt.tz_localize(None), "label_end")


def test_rows_with_both_times() -> None:
    """A row without a decision or a label end is left out, the others keep their positions."""
    hours = np.arange("2024-01-01T00", "2024-01-01T05", dtype="datetime64[h]")
    decided, ends = hours.copy(), hours + np.timedelta64(1, "h")
    decided[1], ends[3] = np.datetime64("NaT"), np.datetime64("NaT")
    found = labelled_rows(decided, ends)
    assert found[2].tolist() == [0, 2, 4]
    assert (found[0] == hours[[0, 2, 4]]).all()
    with pytest.raises(DataError, match=r"5 decision times stand beside 4 label ends; give one for each row"):
        labelled_rows(decided, ends[:4])
    with pytest.raises(DataError, match=r"row 2: its label ends before its decision is made; label the rows again"):
        labelled_rows(decided, np.where(hours == hours[2], hours[0], ends))
