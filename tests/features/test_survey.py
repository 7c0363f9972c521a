from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trady2.config import FeaturesConfig
from trady2.data.folders import asset_folder
from trady2.features import update
from trady2.features.survey import Survey


@pytest.fixture
def place(gappy: pd.DataFrame, store: Callable[..., None], tmp_path: Path) -> Path:
    """Return the folder of an asset whose bars are stored and whose vectors are not."""
    store(tmp_path / "bars", gappy)
    folder = asset_folder(tmp_path / "vectors", "AAA")
    folder.mkdir(parents=True)
    return folder


def survey(place: Path, **config: object) -> Survey:
    """Look at the asset."""
    return Survey.of(place.parents[1] / "bars", place, "AAA", FeaturesConfig(**config), ())


def test_everything_is_wanted_at_first(place: Path, gappy: pd.DataFrame) -> None:
    """Without vectors every block is dirty, none is stale."""
    found = survey(place)
    assert (list(found.dirty), found.stale) == (list(found.own.blocks), [])
    assert (found.rows_before, found.rows_total, found.blocks_total) == (0, len(gappy), len(found.dirty))


def test_history_is_counted_in_bars_that_exist(place: Path) -> None:
    """The first block needed holds the bar that lies the whole history before the block, gaps or not."""
    for windows in (20, 100, 210):
        found = survey(place, indicators={"ema_distance": {"windows": [windows]}}, higher_timeframes=[])
        numbers, rows = list(found.own.blocks), [block.rows for block in found.own.blocks.values()]
        for place_, number in enumerate(numbers):
            oldest = max(0, sum(rows[:place_]) - found.engine.history_bars)
            expected = numbers[int(np.searchsorted(np.cumsum(rows), oldest, side="right"))]
            assert found.first_needed(number) == expected


def test_what_is_remembered_is_no_longer_wanted(place: Path) -> None:
    """After an update nothing is dirty; another configuration makes all blocks dirty again."""
    update(place.parents[1] / "bars", place.parent, "AAA")
    assert (survey(place).dirty, survey(place).stale) == ({}, [])
    assert len(survey(place, higher_timeframes=[]).dirty) == survey(place).blocks_total


def test_a_store_of_another_timeframe_starts_over(
    place: Path, make_bars: Callable[..., pd.DataFrame], store: Callable[..., None]
) -> None:
    """When hourly bars are replaced by four-hourly ones, the memo of the old ones is of no use."""
    update(place.parents[1] / "bars", place.parent, "AAA")
    for path in (place.parents[1] / "bars").rglob("*.parquet"):
        path.unlink()
    store(place.parents[1] / "bars", make_bars(300, freq="4h"), timeframe="4h")
    found = survey(place, higher_timeframes=["1d"])
    assert (found.own.step, found.rows_total) == (14_400_000_000, 300)
    assert len(found.stale) > 0
