from __future__ import annotations

import numpy as np
import pandas as pd

from tests.guards.conftest import small_panel
from trady2.guards.panel_part import latest_rows, rows_of_panel


def test_a_part_is_that_of_the_frame() -> None:
    """Masks and positions give the rows that a frame gives."""
    panel = small_panel(200, assets=2)
    mask = np.random.default_rng(0).random(len(panel)) < 0.5
    expected = panel.frame()[mask].reset_index(drop=True)
    for rows in (mask, np.flatnonzero(mask)):
        pd.testing.assert_frame_equal(rows_of_panel(panel, rows).frame(), expected)


def test_the_latest_rows_are_those_of_all_assets() -> None:
    """All rows from one time on, about as many as asked for; a panel that is small enough is itself."""
    panel = small_panel(200, assets=2)
    part = latest_rows(panel, 100)
    begin = part.timestamp.min()
    assert len(part) in (100, 101)
    assert (part.timestamp == panel.timestamp[panel.timestamp >= begin]).all()
    assert latest_rows(panel, 400) is panel
