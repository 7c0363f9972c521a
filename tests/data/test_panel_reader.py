"""Files into panels: order, filters, types."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pandas.testing as pt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trady2.data.panel import Panel
from trady2.data.panel_reader import Span
from trady2.data.vectors import read_panel, write_vectors
from trady2.errors import DataError, NotEnoughDataError

MakePanel = Callable[..., Panel]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3), min_size=30, max_size=30), st.integers(-5, 35), st.integers(-5, 35))
def test_rows_find_their_place(
    tmp_path_factory: pytest.TempPathFactory, make_panel: MakePanel, file_of: list[int], first: int, stop: int
) -> None:
    """However rows are spread over files, and whatever time is asked for, pandas gives the same rows."""
    folder = tmp_path_factory.mktemp("vectors")
    frame = make_panel(30).frame()
    for number in set(file_of):
        part = frame[np.array(file_of) == number]
        write_vectors(folder, "A", f"part{number}", part, step=np.timedelta64(1, "h"))
    start, end = (frame["timestamp"][0] + pd.Timedelta(hours=hours) for hours in (first, stop))
    expected = frame[(frame["timestamp"] >= start) & (frame["timestamp"] < end)].reset_index(drop=True)
    if len(expected):
        pt.assert_frame_equal(read_panel(folder, ["A"], start=start, end=end).frame(), expected)
    else:
        with pytest.raises(NotEnoughDataError, match="has no vector of A in the time asked for; widen it"):
            read_panel(folder, ["A"], start=start, end=end)


def test_batches_join_seamlessly(tmp_path: Path, make_panel: MakePanel) -> None:
    """Rows beyond one batch and one row group, cut inside both, are all there."""
    panel = make_panel(40_000, assets=("A",), features=2)
    write_vectors(tmp_path, "A", "a", panel)
    part = read_panel(tmp_path, ["A"], start=panel.frame()["timestamp"][9_000], end=panel.frame()["timestamp"][39_000])
    assert np.array_equal(part.features, panel.features[9_000:39_000])
    assert np.array_equal(part.close, panel.close[9_000:39_000])
    assert np.array_equal(part.timestamp, panel.timestamp[9_000:39_000])


def test_other_types_and_missing_values_are_converted(tmp_path: Path, make_panel: MakePanel) -> None:
    """Features stored as float64, integers or truth values become float32, and what is missing NaN."""
    frame = make_panel(4, features=1).frame().drop(columns="asset")
    table = pa.Table.from_pandas(frame.assign(f0=[1.1, 2, 3, 4], count=[1, 2, 3, 4], flag=True))
    table = table.set_column(table.schema.get_field_index("count"), "count", pa.array([1, None, 3, 4]))
    (tmp_path / "asset=A").mkdir()
    pq.write_table(table, tmp_path / "asset=A/x.parquet")
    panel = read_panel(tmp_path, ["A"])
    assert panel.feature_names == ("f0", "count", "flag")
    assert np.array_equal(panel.features[:, 0], np.float32([1.1, 2, 3, 4]))
    assert np.array_equal(panel.features[:, 1], np.float32([1, np.nan, 3, 4]), equal_nan=True)
    assert panel.step == np.timedelta64(1, "h")


def test_a_file_without_a_feature_is_named(tmp_path: Path, make_panel: MakePanel) -> None:
    """Files that were built differently are told apart."""
    write_vectors(tmp_path, "A", "a", make_panel(5, features=2))
    write_vectors(tmp_path, "A", "b", make_panel(5, features=1, start=5))
    with pytest.raises(DataError, match=r"b\.parquet has no feature f1; build the features again"):
        read_panel(tmp_path, ["A"], features=["f0", "f1"])


def test_a_time_in_two_files_is_refused(tmp_path: Path, make_panel: MakePanel) -> None:
    """Overlapping files are no data set."""
    write_vectors(tmp_path, "A", "a", make_panel(5))
    write_vectors(tmp_path, "A", "b", make_panel(5, start=3))
    with pytest.raises(DataError, match=r"A has 2024-01-01T03:00:00.000000Z twice \(2 such rows in all\)"):
        read_panel(tmp_path, ["A"])


def test_a_span_needs_zones() -> None:
    """A bound without a zone is refused; none at all holds every time."""
    with pytest.raises(DataError, match="end='2024-01-01' has no time zone"):
        Span.between(None, "2024-01-01")
    assert Span.between(None, None).holds(np.array([-(10**18), 10**18])).all()
