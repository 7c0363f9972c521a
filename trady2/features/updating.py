"""Bars on disk to vectors on disk: only blocks whose input changed are computed again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trady2.config import FeaturesConfig
from trady2.cores import available_cores
from trady2.data.folders import asset_folder, sweep_drafts
from trady2.features.block_files import StagedFiles
from trady2.features.blocks import blocks_of
from trady2.features.survey import Survey
from trady2.files import locked

__all__ = ["UpdateReport", "update"]

Progress = Callable[[str, float], None]
_DEFAULT = FeaturesConfig()


@dataclass(frozen=True)
class UpdateReport:
    """What one update of one asset did."""

    asset: str
    rows_added: int
    rows_total: int
    blocks_written: int
    blocks_removed: int
    blocks_total: int
    seconds: float


def update(
    bars_folder: str | Path,
    vectors_folder: str | Path,
    asset: str,
    config: FeaturesConfig = _DEFAULT,
    *,
    market_assets: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> UpdateReport:
    """Bring the stored vectors of *asset* up to its stored bars; equal to a full rebuild, to the bit.

    A block is computed again when its own bars, those of its warm-up, those of the market beside it, the
    configuration or the code changed: new bars cost their own block, a revised old bar the few blocks that saw it.
    Files of bars that did not change are not opened. Killed at any moment, each row is old or new, and the next
    update finishes; two updates of one asset wait for each other.

    Args:
        bars_folder: the store of `trady2.data.write_bars`; bars not known to be closed are left out.
        vectors_folder: where the vectors go, ``asset=…/`` with one file per block.
        asset: its name.
        config: which features.
        market_assets: names of the assets of the market, which may hold this one (it is then left out of its own
            market); by default the configured leader alone, or no market.
        progress: called with a text and the share done.

    Raises:
        NotFoundError: there are no bars of the asset, or of one of the market.
        ConfigError: the configuration does not fit the library or the timeframe.
        DataError: a foreign file lies among the vectors.
        ConflictError: another update kept the lock for a minute.
    """
    began = time.perf_counter()
    place = asset_folder(vectors_folder, asset)
    names = market_assets if market_assets is not None else [config.market_leader] if config.market_leader else []
    with locked(place / ".lock"):
        sweep_drafts(place)
        survey = Survey.of(bars_folder, place, asset, config, tuple(sorted(set(names))))
        staged = StagedFiles(place)
        try:
            _compute(survey, staged, progress or _silent)
            marks = staged.publish(survey.stale)
        finally:
            staged.discard()
        rows_before = survey.rows_before
        survey.remember(marks)
    return UpdateReport(
        asset=asset,
        rows_added=survey.rows_total - rows_before,
        rows_total=survey.rows_total,
        blocks_written=len(survey.dirty),
        blocks_removed=len(survey.stale),
        blocks_total=survey.blocks_total,
        seconds=time.perf_counter() - began,
    )


def _compute(survey: Survey, staged: StagedFiles, progress: Progress) -> None:
    if not survey.dirty:
        return
    bars = survey.load()
    blocks = {block.number: block for block in blocks_of(bars.time, bars.step)}
    engine, names = survey.engine, survey.engine.names

    def one(number: int) -> None:
        block = blocks[number]
        values = np.empty((len(names), block.stop - block.start), np.float32)
        engine.fill(bars, survey.asset, block, values)
        wanted = survey.dirty[number]
        staged.write(wanted.file, bars.rows(block.start, block.stop), values, names, wanted.made_from)

    with ExitStack() as stack:
        # One new bar is one block: a thread for it would only cost its start.
        each = stack.enter_context(ThreadPoolExecutor(available_cores())).map if len(survey.dirty) > 1 else map
        for done, _ in enumerate(each(one, survey.dirty), start=1):
            progress(f"features of {survey.asset}", done / len(survey.dirty))


def _silent(_text: str, _share: float) -> None:
    pass
