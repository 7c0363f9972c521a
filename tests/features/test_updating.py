from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from itertools import count, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from trady2.config import FeaturesConfig
from trady2.data.vectors import read_latest, read_vectors
from trady2.errors import DataError, NotFoundError
from trady2.features import build, update
from trady2.features.block_files import StagedFiles
from trady2.features.blocks import BLOCK_BARS

Store = Callable[..., None]
MOMENTS = int(os.environ.get("TRADY2_KILL_MOMENTS", "10"))
"""How many moments the kill test tries."""
LEAD = FeaturesConfig(market_leader="BBB")


def assert_same_bits(vectors: Path, expected: pd.DataFrame, asset: str = "AAA") -> None:
    """Compare what is stored with a full rebuild, to the bit."""
    found = read_vectors(vectors, [asset])
    expected = expected[expected.asset == asset].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[["timestamp", "asset"]], expected[["timestamp", "asset"]])
    assert list(found.columns) == list(expected.columns)
    for left, right in ((found, expected),):
        bits = [frame.iloc[:, 7:].to_numpy(np.float32, copy=True).view(np.int32) for frame in (left, right)]
        assert_array_equal(*bits)
        assert_array_equal(left.iloc[:, 2:7].to_numpy(), right.iloc[:, 2:7].to_numpy())


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(2, 4_990), min_size=1, max_size=4, unique=True))
def test_bars_in_portions_equal_a_full_rebuild(
    cuts: list[int], gappy: pd.DataFrame, store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However the bars arrive, the stored vectors have the bits of one build of all bars."""
    place = tmp_path_factory.mktemp("portions")
    added = 0
    edges = [0, *sorted(min(cut, len(gappy)) for cut in cuts), len(gappy)]
    for start, stop in pairwise(edges):
        if stop > start:
            store(place / "bars", gappy[start:stop])
            added += update(place / "bars", place / "vectors", "AAA").rows_added
    assert added == len(gappy)
    assert_same_bits(place / "vectors", build(gappy))


def test_one_new_bar_costs_one_block(bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """A new bar writes its own block and no other; without news nothing is written."""
    store(tmp_path / "bars", bars[:-1])
    first = update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    assert (first.rows_added, first.blocks_written, first.blocks_total) == (4_999, 3, 3)
    store(tmp_path / "bars", bars[-1:])
    again = update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    assert (again.rows_added, again.rows_total, again.blocks_written) == (1, 5_000, 1)
    idle = update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    assert (idle.rows_added, idle.blocks_written, idle.blocks_removed) == (0, 0, 0)
    assert read_latest(tmp_path / "vectors", "AAA").timestamp == bars.timestamp.iloc[-1].tz_localize(None)


def test_revised_and_older_bars_rebuild_what_saw_them(bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """A corrected bar rewrites its block and those whose warm-up holds it; bars before the first, the early blocks."""
    store(tmp_path / "bars", bars[200:])
    update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    revised = bars.copy()
    revised.loc[1_000, ["high", "close"]] *= 1.05
    store(tmp_path / "bars", revised[1_000:1_001], replace=True)
    report = update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    assert 0 < report.blocks_written < report.blocks_total
    assert_same_bits(tmp_path / "vectors", build(revised[200:].reset_index(drop=True)))
    store(tmp_path / "bars", revised[:200])
    report = update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    assert (report.rows_added, report.blocks_written < report.blocks_total) == (200, True)
    assert_same_bits(tmp_path / "vectors", build(revised))


def test_vanished_bars_take_their_vectors_along(
    make_bars: Callable[..., pd.DataFrame], store: Store, tmp_path: Path
) -> None:
    """When a year of bars is deleted, its blocks go and its neighbours are computed again."""
    bars = make_bars(9_000, start="2021-09-01")
    store(tmp_path / "bars", bars)
    update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    next((tmp_path / "bars").rglob("2021.parquet")).unlink()
    report = update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    assert report.blocks_removed > 0
    assert_same_bits(tmp_path / "vectors", build(bars[bars.timestamp.dt.year > 2021].reset_index(drop=True)))


def test_minute_bars_in_weekly_files_equal_a_full_rebuild(
    make_bars: Callable[..., pd.DataFrame], store: Store, tmp_path: Path
) -> None:
    """New bars, a revised and a vanished week: the vectors keep the bits of a build, and old files are not opened."""
    bars = make_bars(34_000, freq="1min", start="2024-03-01")
    config = FeaturesConfig(higher_timeframes=["1h"])
    store(tmp_path / "bars", bars[:-1], timeframe="1m")
    update(tmp_path / "bars", tmp_path / "vectors", "AAA", config)
    files = sorted((tmp_path / "bars").rglob("*.parquet"))
    assert [path.stem for path in files] == ["2024-W09", "2024-W10", "2024-W11", "2024-W12"]
    revised = bars.copy()
    revised.loc[12_000, ["high", "close"]] *= 1.05
    for change, replace in ((bars[-1:], False), (revised[12_000:12_001], True)):
        store(tmp_path / "bars", change, timeframe="1m", replace=replace)
        report = update(tmp_path / "bars", tmp_path / "vectors", "AAA", config)
        assert 0 < report.blocks_written < report.blocks_total
    assert_same_bits(tmp_path / "vectors", build(revised, config))
    files[0].unlink()
    update(tmp_path / "bars", tmp_path / "vectors", "AAA", config)
    assert_same_bits(tmp_path / "vectors", build(revised[revised.timestamp >= "2024-03-04"], config))


def test_resting_files_of_bars_are_not_opened(
    make_bars: Callable[..., pd.DataFrame], store: Store, tmp_path: Path
) -> None:
    """For a new bar only the files of its block and of that block's history are read, however many there are."""
    bars = make_bars(52_000, freq="1min", start="2024-03-01")
    config = FeaturesConfig(higher_timeframes=["1h"])
    store(tmp_path / "bars", bars[:-1], timeframe="1m")
    files = sorted((tmp_path / "bars").rglob("*.parquet"))
    old = time.time_ns() - 10_000_000_000
    for path in files:
        os.utime(path, ns=(old, old))
    update(tmp_path / "bars", tmp_path / "vectors", "AAA", config)
    store(tmp_path / "bars", bars[-1:], timeframe="1m")
    for path in files[:-2]:
        path.write_bytes(bytes(path.stat().st_size))
        os.utime(path, ns=(old, old))
    update(tmp_path / "bars", tmp_path / "vectors", "AAA", config)
    assert_same_bits(tmp_path / "vectors", build(bars, config))


def test_another_configuration_rebuilds_all(bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """Other indicators, windows or timeframes rewrite every block, with the new columns."""
    store(tmp_path / "bars", bars)
    update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    config = FeaturesConfig(indicators={"rsi": {"windows": [9]}}, higher_timeframes=["1d"])
    report = update(tmp_path / "bars", tmp_path / "vectors", "AAA", config)
    assert (report.blocks_written, report.rows_added) == (report.blocks_total, 0)
    assert_same_bits(tmp_path / "vectors", build(bars, config))


@pytest.mark.parametrize("content", [None, "{}", "[1, 2]", "not json", '{"format": 99}'])
def test_the_memo_may_be_lost(content: str | None, bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """Without a memo, or with rubbish for one, the files say themselves what they were made from."""
    store(tmp_path / "bars", bars)
    update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    memo = next((tmp_path / "vectors").rglob(".features.json"))
    memo.unlink() if content is None else memo.write_text(content)
    assert update(tmp_path / "bars", tmp_path / "vectors", "AAA").blocks_written == 0


def test_a_lost_or_foreign_block_is_noticed(bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """A deleted, replaced or broken block file is written again; a file of another making is refused."""
    store(tmp_path / "bars", bars)
    update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    blocks = sorted((tmp_path / "vectors").rglob("*.parquet"))
    blocks[0].unlink()
    blocks[1].write_bytes(b"broken")
    assert update(tmp_path / "bars", tmp_path / "vectors", "AAA").blocks_written == 2
    blocks[0].write_bytes(blocks[1].read_bytes())
    assert update(tmp_path / "bars", tmp_path / "vectors", "AAA").blocks_written == 1
    assert_same_bits(tmp_path / "vectors", build(bars))
    blocks[0].rename(blocks[0].with_name("mine.parquet"))
    with pytest.raises(DataError, match=r"mine\.parquet was not made by update; move it away"):
        update(tmp_path / "bars", tmp_path / "vectors", "AAA")


def test_the_market_on_disk_is_the_market_in_memory(
    bars: pd.DataFrame, make_bars: Callable[..., pd.DataFrame], store: Store, tmp_path: Path
) -> None:
    """With a leader or a universe the stored vectors equal a full build, also after the market got news of old."""
    others = [
        make_bars(5_300, seed=s, asset=n, start="2021-03-01").drop(index=range(s, s + 40))
        for s, n in ((700, "BBB"), (2_500, "CCC"))
    ]
    market = pd.concat([bars, *others], ignore_index=True)
    store(tmp_path / "bars", market[~((market.asset == "BBB") & (market.timestamp > bars.timestamp[3_000]))])
    update(tmp_path / "bars", tmp_path / "leader", "AAA", LEAD)
    store(tmp_path / "bars", market)
    assert 0 < update(tmp_path / "bars", tmp_path / "leader", "AAA", LEAD).blocks_written < 4
    assert_same_bits(tmp_path / "leader", build(market, LEAD))
    for asset in ("AAA", "CCC"):
        update(tmp_path / "bars", tmp_path / "universe", asset, market_assets=["CCC", "AAA", "BBB"])
        assert_same_bits(tmp_path / "universe", build(market), asset)


def test_a_member_that_left_the_market_does_no_harm(
    bars: pd.DataFrame, make_bars: Callable[..., pd.DataFrame], store: Store, tmp_path: Path
) -> None:
    """An asset of the universe that was delisted years ago contributes nothing, in memory and on disk."""
    gone, there = make_bars(200, asset="BBB", start="2018-01-01"), make_bars(5_000, asset="CCC", seed=8)
    market = pd.concat([bars, gone, there], ignore_index=True)
    store(tmp_path / "bars", market[:-1])
    for part in (market[:-1], market):
        store(tmp_path / "bars", part)
        update(tmp_path / "bars", tmp_path / "vectors", "AAA", market_assets=["AAA", "BBB", "CCC"])
    assert_same_bits(tmp_path / "vectors", build(market))


def test_an_open_bar_waits(bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """A last bar that is not known to be closed gets no vector until it is."""
    store(tmp_path / "bars", bars[:100], unconfirmed=bars.timestamp[99])
    assert update(tmp_path / "bars", tmp_path / "vectors", "AAA").rows_total == 99
    store(tmp_path / "bars", bars[99:101])
    assert update(tmp_path / "bars", tmp_path / "vectors", "AAA").rows_total == 101


def test_an_unknown_asset_is_named(bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """Neither the asset nor its market may be missing from the store."""
    store(tmp_path / "bars", bars[:100])
    with pytest.raises(NotFoundError, match=r"asset 'AAB' is not in .*: did you mean 'AAA'"):
        update(tmp_path / "bars", tmp_path / "vectors", "AAB")
    with pytest.raises(NotFoundError, match="asset 'BBB' is not in"):
        update(tmp_path / "bars", tmp_path / "vectors", "AAA", LEAD)


def test_progress_is_told(bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """The callback hears a growing share that ends at 1."""
    store(tmp_path / "bars", bars)
    heard: list[tuple[str, float]] = []
    update(tmp_path / "bars", tmp_path / "vectors", "AAA", progress=lambda text, share: heard.append((text, share)))
    assert heard == [("features of AAA", k / 3) for k in (1, 2, 3)]


def test_an_error_leaves_the_old_set(
    bars: pd.DataFrame, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a block cannot be written, all old files stay as they were, and no draft is left."""
    store(tmp_path / "bars", bars[:4_000])
    update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    before = {path: path.read_bytes() for path in (tmp_path / "vectors").rglob("*.parquet")}
    write, calls = StagedFiles.write, count()

    def fail(self: StagedFiles, name: str, *rest: object) -> None:
        if next(calls) == 1:
            raise OSError("disk full")
        write(self, name, *rest)

    monkeypatch.setattr(StagedFiles, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        update(tmp_path / "bars", tmp_path / "vectors", "AAA", FeaturesConfig(higher_timeframes=[]))
    assert {path: path.read_bytes() for path in (tmp_path / "vectors").rglob("*.parquet")} == before
    assert list((tmp_path / "vectors").rglob("*.tmp")) == []


def _killed_update(bars: Path, vectors: Path, config: FeaturesConfig, seconds: float) -> bool:
    """Start an update in a process of its own and kill it after *seconds*; return whether it was too late."""
    child = os.fork()
    if child == 0:
        try:
            update(bars, vectors, "AAA", config)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == 0


def test_killed_at_any_moment_the_next_update_finishes(bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """After kill -9 each stored row is the old or the new one, and the next update completes the new set."""
    small = FeaturesConfig(indicators={"rsi": {}}, higher_timeframes=[])
    other = FeaturesConfig(indicators={"rsi": {}, "price_z": {}}, higher_timeframes=[])
    store(tmp_path / "bars", bars)
    began = time.perf_counter()
    for config in (other, small):
        update(tmp_path / "bars", tmp_path / "vectors", "AAA", config)
    longest = (time.perf_counter() - began) / 2 * 1.2
    complete = {1: build(bars, small), 2: build(bars, other)}
    delays = np.random.default_rng(6).uniform(0, longest, MOMENTS)
    for turn, delay in enumerate(delays):
        config = other if turn % 2 == 0 else small
        _killed_update(tmp_path / "bars", tmp_path / "vectors", config, float(delay))
        for path in (tmp_path / "vectors").rglob("*.parquet"):
            stored = pd.read_parquet(path, partitioning=None)
            whole = complete[1 if "price_z_24" not in stored else 2]
            rows = whole[whole.timestamp.isin(stored.timestamp)]
            assert_array_equal(stored["rsi_14"], rows["rsi_14"])
        update(tmp_path / "bars", tmp_path / "vectors", "AAA", config)
        assert_same_bits(tmp_path / "vectors", complete[2 if turn % 2 == 0 else 1])
    assert list((tmp_path / "vectors").rglob("*.tmp")) == []


def test_blocks_follow_the_calendar(bars: pd.DataFrame, store: Store, tmp_path: Path) -> None:
    """A block file is named by the moment it begins, a multiple of the block's length since 1970."""
    store(tmp_path / "bars", bars)
    update(tmp_path / "bars", tmp_path / "vectors", "AAA")
    names = sorted(path.stem for path in (tmp_path / "vectors").rglob("*.parquet"))
    hours = [pd.Timestamp(name).value // 3_600_000_000_000 for name in names]
    assert [hour % BLOCK_BARS for hour in hours] == [0, 0, 0]
    assert np.diff(hours).tolist() == [BLOCK_BARS] * 2
