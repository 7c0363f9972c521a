from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from trady2.errors import DataError
from trady2.guards.bar_table import BarTable
from trady2.guards.builds import call_builder


@pytest.fixture(scope="module")
def table(bars: pd.DataFrame) -> BarTable:
    """Return fifty bars."""
    return BarTable.of(bars[:50])


def test_columns_lie_beside_the_bars(table: BarTable) -> None:
    """Features come as one matrix in the order of the bars; columns that repeat the bars are left out."""
    built = call_builder(lambda bars: bars.assign(one=bars.close * 2, two=bars.close > 100), table)
    assert built.names == ("one", "two")
    np.testing.assert_array_equal(built.matrix[:, 0], table.frame.close * 2)
    assert (built.ordered, built.rows, built.odd) == (True, 50, {})


def test_a_changed_bar_is_a_feature(table: BarTable) -> None:
    """A column named like one of the bars that is not theirs is looked at like any other."""
    assert call_builder(lambda bars: bars.assign(volume=np.log1p(bars.volume)), table).names == ("volume",)


def test_missing_rows_are_missing_values(table: BarTable) -> None:
    """A function may drop the rows of its warm-up; another order is noted."""
    built = call_builder(lambda bars: bars.assign(x=1.0, available_at=bars.timestamp)[10:][::-1], table)
    assert np.isnan(built.matrix[:10]).all()
    assert (built.matrix[10:] == 1).all()
    assert (built.ordered, built.rows) == (False, 40)
    assert built.available_at is not None
    assert np.isnat(built.available_at[:10]).all()
    assert (built.available_at[10:] == table.time[10:]).all()


def test_single_precision_is_kept(table: BarTable) -> None:
    """A frame of float32 stays one, so that nothing is rounded twice."""
    assert call_builder(lambda bars: bars.assign(x=np.float32(1)).astype({"x": np.float32}), table).matrix.dtype == "f4"
    assert call_builder(lambda bars: bars.assign(x=np.float32(1), y=1), table).matrix.dtype == "f8"


def test_columns_of_words_are_named(table: BarTable) -> None:
    """What is no number is told with its type."""
    built = call_builder(lambda bars: bars.assign(day=bars.timestamp.dt.day_name(), x=1.0), table)
    assert (built.names, built.odd) == (("x",), {"day": "str"})


def test_the_function_cannot_change_the_bars(table: BarTable) -> None:
    """It gets a copy."""

    def spoiling(bars: pd.DataFrame) -> pd.DataFrame:
        bars["close"] = 0.0
        return bars

    before = table.frame.copy()
    call_builder(spoiling, table)
    pd.testing.assert_frame_equal(table.frame, before)


def test_its_warnings_are_no_errors(table: BarTable) -> None:
    """A division by zero in a user's function is no leak."""

    def warning(bars: pd.DataFrame) -> pd.DataFrame:
        warnings.warn("careful", RuntimeWarning, stacklevel=1)
        return bars.assign(x=np.ones(len(bars)) / np.zeros(len(bars)))

    assert np.isinf(call_builder(warning, table).matrix).all()


def failing(bars: pd.DataFrame) -> pd.DataFrame:
    """Ask for a column that is not there."""
    return bars.assign(x=bars["funding"])


def refusing(_bars: pd.DataFrame) -> pd.DataFrame:
    """Refuse with a sentence of ours."""
    raise DataError("the bars lack a funding rate; add it")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (failing, r"^it raised KeyError: 'funding' \(\w+\.py\w*, line \d+\)$"),
        (refusing, "^the bars lack a funding rate; add it$"),
        (lambda _: 1 / 0, r"it raised ZeroDivisionError: division by zero \(test_builds.py, line \d+\)"),
        (lambda bars: bars.close.to_numpy(), "it returned a ndarray without a column 'timestamp'"),
        (lambda _: None, "it returned a NoneType without a column 'timestamp'"),
        (lambda bars: pd.concat([bars, bars[["close"]]], axis=1), "the column 'close' twice"),
    ],
)
def test_what_goes_wrong_is_one_sentence(table: BarTable, build: object, message: str) -> None:
    """Whatever the function raises or returns, the answer says it, with the line where it was raised."""
    with pytest.raises(DataError, match=message):
        call_builder(build, table)  # type: ignore[arg-type]
