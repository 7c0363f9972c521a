"""Panels of decision times and label ends for the tests of the splitters: gaps, irregular clocks, many assets."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

STEP = np.timedelta64(90, "m")
"""A panel of some hundred steps spans some weeks."""


def minutes(numbers: object) -> np.ndarray:
    """Return minutes since 2024 as times."""
    return np.datetime64("2024-01-01", "us") + np.asarray(numbers, np.int64) * np.timedelta64(1, "m")


def as_times(numbers: np.ndarray) -> np.ndarray:
    """Return steps since 2024 as times, NaN as NaT."""
    times = np.datetime64("2024-01-01", "us") + np.nan_to_num(numbers).astype(np.int64) * STEP
    times[np.isnan(numbers)] = np.datetime64("NaT")
    return times


@st.composite
def stacked_panels(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Return decision and label-end steps of stacked assets with gaps, irregular clocks and unknown labels (NaN)."""
    generator, touches = np.random.default_rng(draw(st.integers(0, 2**32))), draw(st.integers(0, 3))
    gaps = draw(st.lists(st.sampled_from([1, 2, 7, 40]), max_size=3))
    decided, ends = [], []
    for horizon in draw(st.lists(st.integers(1, 6), min_size=1, max_size=5)):
        clock = np.cumsum(generator.choice([1, 1, 1, *gaps], generator.integers(40, 81))) + generator.integers(4)
        decided.append(clock[:-horizon])
        ends.append(clock[horizon:] + generator.integers(0, touches + 1, len(clock) - horizon))
    known = np.concatenate(ends).astype(float)
    known[generator.integers(0, len(known), draw(st.integers(0, 4)))] = np.nan
    return np.concatenate(decided).astype(float), known


def irregular_panel(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return times of three stacked assets with gaps of days, horizons of their own and random first touches."""
    generator = np.random.default_rng(seed)
    decided, ends = [], []
    for horizon in (4, 9, 14):
        clock = np.cumsum(generator.choice([1, 1, 1, 1, 1, 2, 30], size=260)) + horizon
        decided.append(clock[:-horizon])
        ends.append(clock[np.arange(260 - horizon) + generator.integers(1, horizon + 1, 260 - horizon)])
    known = np.concatenate(ends).astype(float)
    known[generator.integers(0, len(known), 5)] = np.nan
    return as_times(np.concatenate(decided).astype(float)), as_times(known)
