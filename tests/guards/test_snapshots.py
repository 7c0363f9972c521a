from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.guards.conftest import small_panel
from trady2.data.panel import Panel
from trady2.guards.panel_part import rows_of_panel
from trady2.guards.snapshots import compared, digest_of, records_of, stored_records


@pytest.fixture(scope="module")
def ten_days() -> Panel:
    """Return ten days and a half of one asset."""
    return small_panel(252)


def changed(panel: Panel, row: int, name: str = "close") -> Panel:
    """Return the panel with one number changed by its last bit."""
    values = getattr(panel, name).copy()
    values[row] = np.nextafter(values[row], np.inf, dtype=values.dtype)
    return replace(panel, **{name: values})


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 251), st.sampled_from(["close", "volume", "features"]))
def test_one_bit_is_seen_on_its_day_and_no_other(row: int, name: str) -> None:
    """A change of a last bit names the day, and whether a bar or a feature changed."""
    panel = small_panel(252)
    known = records_of(panel, 0, "maker")
    other = changed(panel, row, name)
    if np.array_equal(getattr(panel, name), getattr(other, name), equal_nan=True):
        return  # a missing feature has no last bit
    days, differ = compared(other, 0, known, "maker")
    day = str(panel.timestamp[row].astype("datetime64[D]"))
    assert days == {"features" if name == "features" else "bars": [day]}
    assert differ.sum() == 1


def test_a_day_may_grow(ten_days: Panel) -> None:
    """More hours of the last day, and more days, change nothing about what was delivered."""
    early = rows_of_panel(ten_days, np.arange(100))
    known = records_of(early, 0, "maker")
    assert compared(ten_days, 0, known, "maker")[0] == {}
    assert len(records_of(ten_days, 0, "maker").day) > len(known.day)


@pytest.mark.parametrize("lost", [[50], list(range(24, 48))])
def test_lost_rows_are_seen(ten_days: Panel, lost: list[int]) -> None:
    """A bar that vanished, or a whole day, is a change of its day."""
    known = records_of(ten_days, 0, "maker")
    left = rows_of_panel(ten_days, np.setdiff1d(np.arange(len(ten_days)), lost))
    days, differ = compared(left, 0, known, "maker")
    assert (list(days), differ.sum()) == (["bars"], 1)


def test_a_bar_that_appears_later_is_seen(ten_days: Panel) -> None:
    """A gap that was filled afterwards is not what was known then."""
    left = rows_of_panel(ten_days, np.setdiff1d(np.arange(len(ten_days)), [50]))
    assert list(compared(ten_days, 0, records_of(left, 0, "maker"), "maker")[0]) == ["bars"]


def test_days_outside_of_what_is_used_now_are_passed_over(ten_days: Panel) -> None:
    """A later start or an earlier end of the configuration is no change of the data."""
    known = records_of(ten_days, 0, "maker")
    part = rows_of_panel(ten_days, np.arange(30, 200))
    assert compared(part, 0, known, "maker")[0] == {}


def test_features_of_another_maker_are_not_compared(ten_days: Panel) -> None:
    """With another configuration or other code, features may differ; bars may not."""
    known = records_of(ten_days, 0, "maker")
    other = changed(changed(ten_days, 200, "features"), 60)
    assert list(compared(other, 0, known, "another")[0]) == ["bars"]
    assert sorted(compared(other, 0, known, "maker")[0]) == ["bars", "features"]


def test_records_survive_the_disk(ten_days: Panel, tmp_path: Path) -> None:
    """What is written is read again, for an asset of any name; without a file there is nothing."""
    known = records_of(ten_days, 0, "maker")
    assert stored_records(tmp_path, "BTC/USD.P") is None
    known.save(tmp_path, "BTC/USD.P")
    again = stored_records(tmp_path, "BTC/USD.P")
    assert again is not None
    assert compared(ten_days, 0, again, "maker")[0] == {}
    assert digest_of({"a": known}) == digest_of({"a": again}) != digest_of({"b": known})
    assert len(list(tmp_path.iterdir())) == 1


def test_old_records_are_kept_where_asked(ten_days: Panel) -> None:
    """Joining takes the new records, but the old ones of the named days and of days that are gone."""
    old = records_of(rows_of_panel(ten_days, np.arange(120)), 0, "maker")
    other = rows_of_panel(changed(changed(ten_days, 30), 60), np.arange(24, 252))
    new = records_of(other, 0, "maker")
    keep = np.arange(len(old.day)) == 1
    joined = old.joined(new, keep)
    assert (joined.day == records_of(ten_days, 0, "maker").day).all()
    expected = [old.bars[0], old.bars[1], *new.bars[1:]]
    np.testing.assert_array_equal(joined.bars, expected)
