"""Repairs with one honest outcome, and rows kept out where there are two."""

import numpy as np
import pytest

from trady2.data.panel import PRICES
from trady2.data.repair import drop_duplicates, filler, keep_out_repeated, swap_volumes
from trady2.data.rows import Rows

HOUR = np.timedelta64(3_600_000_000, "us")
BAR = (100.0, 102.0, 99.0, 101.0, 10.0)
OTHER = (100.0, 102.0, 99.0, 101.5, 11.0)
EARLY = (100.0, 101.0, 99.5, 100.5, 4.0)
FLAT = (100.0, 100.0, 100.0, 100.0, 0.0)
LATER = (101.0, 103.0, 100.0, 102.0, 9.0)


def rows_of(*entries: tuple[int, int, tuple[float, ...]], quote: list[float] | None = None) -> Rows:
    """Make rows of (file, hour, OHLCV)."""
    values = np.array([entry[2] for entry in entries])
    return Rows(
        file=np.array([entry[0] for entry in entries], np.int32),
        place=np.arange(len(entries)),
        micro=np.array([entry[1] for entry in entries]) * int(HOUR.astype(int)),
        values={name: values[:, place].copy() for place, name in enumerate(PRICES)},
        quote_volume=np.array(quote if quote is not None else [np.nan] * len(entries)),
        code=np.zeros(len(entries), np.int16),
        dropped=np.zeros(len(entries), bool),
    )


def test_volumes_are_exchanged_only_on_proof() -> None:
    """Ten coins for 1,005 is as it should be, 1,005 coins for ten is swapped; nothing proves the others."""
    bars = [(0, hour, (*BAR[:4], volume)) for hour, volume in enumerate([10.0, 1_005.0, 10.0, 0.0, 10.0, np.inf])]
    rows = rows_of(*bars, quote=[1_005.0, 10.0, 10.0, 0.0, np.nan, 1.0])
    swapped, odd = swap_volumes(rows)
    assert swapped.tolist() == [False, True, False, False, False, False]
    assert odd.tolist() == [False, False, True, False, False, False]
    assert rows.values["volume"].tolist() == [10, 10, 10, 0, 10, np.inf]


def test_volumes_near_a_price_of_one_stay() -> None:
    """Where either order fits the price, nothing is proven and nothing is changed."""
    rows = rows_of((0, 0, (1.0, 1.02, 0.98, 1.01, 10.0)), quote=[10.0])
    assert [flags.any() for flags in swap_volumes(rows)] == [False, False]


def test_exact_copies_are_dropped_once_each() -> None:
    """Of three equal rows two are dropped; neighbours stay."""
    rows = rows_of((0, 0, BAR), (0, 1, LATER), (1, 0, BAR), (2, 0, BAR))
    drop_duplicates(rows)
    assert (rows.dropped.tolist(), rows.code.tolist()) == ([False, False, True, True], [0, 0, 0, 0])


@pytest.mark.parametrize(
    ("entries", "out", "reason"),
    [
        ([(0, 0, BAR), (1, 0, OTHER)], [0, 1], "another row has other values"),
        ([(0, 0, BAR), (0, 1, LATER), (1, 0, OTHER), (1, 1, LATER)], [0, 2], "another row has other values"),
        ([(0, 0, EARLY), (1, 0, BAR), (1, 1, LATER)], [0], "an unfinished copy"),
        ([(1, 0, BAR), (1, 1, LATER), (0, 0, EARLY), (2, 0, EARLY)], [2], "an unfinished copy"),
        ([(0, 0, BAR), (1, 0, EARLY), (1, 1, LATER)], [0, 1], "another row has other values"),
        ([(0, 0, EARLY), (1, 0, BAR)], [0, 1], "another row has other values"),
        ([(0, 0, FLAT), (1, 0, BAR)], [0], "a flat filler"),
        ([(0, 0, FLAT), (1, 0, BAR), (2, 0, OTHER)], [0, 1, 2], "another row has other values"),
    ],
    ids=["values", "both followed", "unfinished", "unfinished twice", "no part", "no proof", "filler", "filler, two"],
)
def test_contradictions(entries: list[tuple[int, int, tuple[float, ...]]], out: list[int], reason: str) -> None:
    """Rows that contradict each other are kept out, unless only one reading is left."""
    rows = rows_of(*entries)
    drop_duplicates(rows)
    assert np.flatnonzero(rows.code).tolist() == out
    assert [text for text in rows.faults() if not text.startswith(reason)] == []


def test_outage_fillers_are_flat_and_empty() -> None:
    """Flat with volume, or moving without, is no filler."""
    values = rows_of((0, 0, FLAT), (0, 1, (*FLAT[:4], 1.0)), (0, 2, (*BAR[:4], 0.0))).values
    assert filler(values).tolist() == [True, False, False]


@pytest.mark.parametrize(("run", "out"), [(2, 0), (3, 6), (5, 10)])
def test_a_run_at_two_times_is_kept_out(run: int, out: int) -> None:
    """Three bars or more that stand twice, a fixed time apart, are kept out in both places; two may be chance."""
    bars = [(100.0 + hour, 103.0 + hour, 99.0 + hour, 101.0 + hour, 10.0 + hour) for hour in range(20)]
    bars[12 : 12 + run] = bars[5 : 5 + run]
    rows = rows_of(*((0, hour, bar) for hour, bar in enumerate(bars)))
    keep_out_repeated(rows, HOUR)
    expected = [*range(5, 5 + run), *range(12, 12 + run)] if out else []
    assert np.flatnonzero(rows.code).tolist() == expected


def test_equal_quiet_bars_are_no_run() -> None:
    """Flat bars and bars without volume repeat by nature."""
    rows = rows_of(*((0, hour, FLAT if hour % 2 else (*BAR[:4], 0.0)) for hour in range(20)))
    keep_out_repeated(rows, HOUR)
    assert not rows.code.any()
