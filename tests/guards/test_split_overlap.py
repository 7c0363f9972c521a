from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.guards.conftest import evidence_of, small_config, small_panel
from trady2.config import Config
from trady2.guards.evidence import TrainingEvidence
from trady2.guards.split_overlap import overlapping_pairs, repeated_contents, settling_times, zone_overlaps
from trady2.learning.split import trade_exits
from trady2.learning.target import label_arrays

Intervals = list[tuple[int, int]]
intervals = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda x: (x[0], x[0] + x[1])), max_size=25)


@settings(max_examples=200, deadline=None)
@given(intervals, intervals)
def test_pairs_are_counted_as_by_hand(one: Intervals, other: Intervals) -> None:
    """The count by sorting is that of looking at each pair of closed intervals."""
    slow = sum(a <= d and c <= b for a, b in one for c, d in other)
    first, second = (np.array(each, "i8").reshape(-1, 2).astype("datetime64[h]") for each in (one, other))
    assert overlapping_pairs(first[:, 0], first[:, 1], second[:, 0], second[:, 1]) == slow


def told(evidence: TrainingEvidence, **rows: np.ndarray) -> list[str]:
    """Return the details for zones whose rows are changed."""
    zones = replace(evidence.zones, rows={**evidence.zones.rows, **rows})
    hold, steps = evidence.config.backtest.hold_bars, evidence.config.target.horizon_steps
    found = zone_overlaps(evidence.panel, evidence.labels, zones, hold_bars=hold, horizon_steps=steps)
    assert all(finding.check == "A1" for finding in found.findings)
    return [finding.detail for finding in found.findings]


@pytest.mark.parametrize("assets", [1, 3])
@pytest.mark.parametrize("hold_bars", [1, 6, 30])
def test_real_zones_pass(assets: int, hold_bars: int) -> None:
    """What training cuts is confirmed, on one asset and on several, however long a trade is held."""
    config = small_config(backtest={"hold_bars": hold_bars})
    assert told(evidence_of(small_panel(2_400, assets=assets), config)) == []


def test_the_exit_of_a_trade_is_that_of_training(config: Config) -> None:
    """Settling times are label end or trade exit, as training knows them, though computed another way."""
    panel = small_panel(400, assets=2)
    labels = label_arrays(panel, config.target)
    for hold in (1, 9, 500):
        expected = np.fmax(labels.label_end, trade_exits(panel, hold))
        np.testing.assert_array_equal(settling_times(panel, labels, hold), expected)


def test_contents_are_compared_by_their_bits(evidence: TrainingEvidence) -> None:
    """A copy of a row under another time is found; the same bars with one other number are not."""
    panel, zones = evidence.panel, evidence.zones
    train, test = zones.rows["train"], zones.rows["test"]
    assert repeated_contents(panel, {"train": train, "test": test}) == {("train", "test"): 0}
    columns = ("open", "high", "low", "close", "volume", "features")
    copied = {name: getattr(panel, name).copy() for name in columns}
    for name in columns:
        copied[name][test[:40]] = copied[name][train[100:140]]
    oversampled = replace(panel, **copied)
    alive = (oversampled.volume[test[:40]] > 0) & (oversampled.high > oversampled.low)[test[:40]]
    assert repeated_contents(oversampled, {"train": train, "test": test}) == {("train", "test"): int(alive.sum())}
    copied["features"][test[:40], 0] = 9.0
    assert repeated_contents(replace(panel, **copied), {"train": train, "test": test}) == {("train", "test"): 0}


def test_frozen_bars_are_no_copies(evidence: TrainingEvidence) -> None:
    """Bars of an outage without volume repeat each other, which harms nobody."""
    panel, zones = evidence.panel, evidence.zones
    rows = np.r_[zones.rows["train"][:5], zones.rows["test"][:5]]
    frozen = {name: getattr(panel, name).copy() for name in ("open", "high", "low", "close", "volume", "features")}
    for name, values in frozen.items():
        values[rows] = 0.0 if name in ("volume", "features") else 100.0
    found = repeated_contents(replace(panel, **frozen), {"a": zones.rows["train"], "b": zones.rows["test"]})
    assert found == {("a", "b"): 0}


def test_a_zone_without_known_labels_is_told(evidence: TrainingEvidence) -> None:
    """Rows whose label is unknown have no place in a zone."""
    tail = np.arange(len(evidence.panel) - 4, len(evidence.panel))
    assert any("4 rows of the zones have no known label" in text for text in told(evidence, test=tail))


def test_numbers_name_every_pair(evidence: TrainingEvidence) -> None:
    """The outcome counts the overlapping pairs of each two zones."""
    found = zone_overlaps(evidence.panel, evidence.labels, evidence.zones, hold_bars=6, horizon_steps=6)
    assert len(found.numbers["overlapping_pairs"]) == 10
    assert set(found.numbers["overlapping_pairs"].values()) == {0}
