from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from trady2.features.blocks import BLOCK_BARS
from trady2.features.inputs import Inputs
from trady2.features.memo import Memo

LENGTH = BLOCK_BARS * 3_600_000_000


@pytest.fixture
def folder(make_bars: Callable[..., pd.DataFrame], store: Callable[..., None], tmp_path: Path) -> Path:
    """Return a store of three years whose files have been at rest."""
    store(tmp_path, make_bars(15_000, start="2020-10-01"))
    old = time.time_ns() - 10_000_000_000
    for path in tmp_path.rglob("*.parquet"):
        os.utime(path, ns=(old, old))
    return tmp_path


def remembered(inputs: Inputs) -> Memo:
    """Return the memo that a survey would leave."""
    return Memo(inputs.step, files={"AAA": inputs.stored.memorable}, blocks={"AAA": inputs.blocks})


def test_nothing_is_read_when_nothing_changed(folder: Path) -> None:
    """The memo answers for resting files: same blocks, no bars in memory; bars asked for are read then."""
    first = Inputs.of(folder, "AAA", Memo())
    assert sum(block.rows for block in first.blocks.values()) == 15_000
    again = Inputs.of(folder, "AAA", remembered(first))
    assert (again.blocks, again.loaded) == (first.blocks, None)
    number = sorted(first.blocks)[2]
    assert len(again.bars(number * LENGTH, (number + 1) * LENGTH)) == first.blocks[number].rows


def test_only_a_changed_year_is_read(
    folder: Path, make_bars: Callable[..., pd.DataFrame], store: Callable[..., None]
) -> None:
    """A bar in the last year brings that year's blocks into memory, and no others."""
    first = Inputs.of(folder, "AAA", Memo())
    store(folder, make_bars(15_001, start="2020-10-01")[15_000:])
    again = Inputs.of(folder, "AAA", remembered(first))
    assert again.loaded_span[0] == pd.Timestamp("2022-01-01", tz="UTC").value // 1_000 // LENGTH * LENGTH
    assert len(again.loaded) < 6_000
    changed = [number for number in again.blocks if again.blocks[number] != first.blocks.get(number)]
    assert changed == [max(again.blocks)]
    assert again.bars(again.loaded_span[0], again.loaded_span[1]).time.tolist() == again.loaded.time.tolist()
