"""Rows and the reasons that keep them out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from trady2.data.reading import read_source
from trady2.data.rows import Rows
from trady2.data.sources import find_sources


def test_rows_of_files_are_joined_and_judged(write_csv: Callable[..., Path], hours: Callable[..., list[str]]) -> None:
    """Rows keep file and place; the first reason stays; the bars that stay come in time order."""
    paths = [write_csv("a.csv", *hours(3)), write_csv("b.csv", *reversed(hours(4)[1:]), hours(0)[0])]
    paths[1].write_text("\n".join([hours(0)[0], *reversed(hours(4)[1:])]), "utf-8")
    raws = [read_source(source) for source in find_sources(paths)]
    rows = Rows.of(raws, [None, np.array([True, False, True, True])])
    assert (rows.file.tolist(), rows.place.tolist()) == ([0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 2, 3])
    rows.fault("first", np.array([True, False, False, False, False, False]))
    rows.fault("first", np.array([True, False, False, False, False, False]))
    rows.fault("second", np.array([True, True, False, False, False, False]))
    rows.fault("never", np.zeros(6, bool))
    rows.dropped[5] = True
    assert (rows.faults(), rows.good.tolist()) == ({"first": 1, "second": 1}, [False, False, True, True, True, False])
    times, values = rows.bars()
    assert values["volume"].tolist() == [11, 12, 13]
    assert (np.diff(times) > np.timedelta64(0)).all()
