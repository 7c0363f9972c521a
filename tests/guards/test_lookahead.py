from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.guards.leaky_features import WARMUP_BARS, honest
from trady2.guards.bar_table import BarTable
from trady2.guards.feature_probe import FeatureProbe
from trady2.guards.lookahead import poison, truncation

pytestmark = pytest.mark.usefixtures("few_cuts")


def probe_of(bars: pd.DataFrame, **columns: object) -> FeatureProbe:
    """Return a probe of honest features with more columns, each a function of the bars."""

    def build(given: pd.DataFrame) -> pd.DataFrame:
        return honest(given).assign(**{name: make(given) for name, make in columns.items()})  # type: ignore[operator]

    return FeatureProbe(build, BarTable.of(bars), WARMUP_BARS, 0)


def test_honest_features_pass_both(bars: pd.DataFrame) -> None:
    """Features of the past alone give no finding, however they are computed."""
    probe = probe_of(bars)
    assert (truncation(probe).findings, poison(probe).findings, probe.leaking) == ((), (), set())


def test_a_finding_says_how_far_and_how_much(bars: pd.DataFrame) -> None:
    """The detail holds how far ahead a column looks, an example, and the way out."""
    probe = probe_of(bars, ahead=lambda b: b.close.shift(-5))
    for check, event in ((truncation, "later bars are taken away"), (poison, "the numbers of later bars are changed")):
        (finding,) = check(probe).findings
        assert (finding.column, finding.level) == ("ahead", "hard")
        assert f"changes when {event}" in finding.detail
        assert "as far as 5 bars before the cut" in finding.detail
        assert "compute it from bars up to and including its own" in finding.detail
    assert probe.leaking == {"ahead"}


def test_existence_and_values_of_the_future_are_two_things(bars: pd.DataFrame) -> None:
    """Only truncation sees who counts bars; only poison sees who fills the end with what it remembers."""
    longest: list[pd.Series] = []

    def remembering(given: pd.DataFrame) -> np.ndarray:
        closes = given.set_index("timestamp").close
        if not longest or len(closes) >= len(longest[0]):
            longest[:] = [closes]
        return longest[0].shift(-1).reindex(given.timestamp).to_numpy()

    counting = probe_of(bars, count=lambda b: float(len(b)))
    assert [f.column for f in truncation(counting).findings] == ["count"]
    assert poison(counting).findings == ()
    remembered = probe_of(bars, remembered=remembering)
    assert truncation(remembered).findings == ()
    assert [f.column for f in poison(remembered).findings] == ["remembered"]


def test_what_cannot_be_called_is_a_finding(bars: pd.DataFrame) -> None:
    """A function that fails on less history is told once, with its message and how often."""

    def greedy(given: pd.DataFrame) -> object:
        if len(given) < 1_000:
            raise IndexError("not enough")
        return given.close

    probe = probe_of(bars, greedy=greedy)
    found = truncation(probe).findings
    assert any("cannot be called" in f.detail and "IndexError: not enough" in f.detail for f in found)
    assert all(f.column is None for f in found)


def test_columns_that_come_and_go_are_named(bars: pd.DataFrame) -> None:
    """A column that depends on how much history there is, is a finding of its own."""

    def build(given: pd.DataFrame) -> pd.DataFrame:
        made = honest(given)
        return made.assign(spring=1.0) if given.timestamp.max().month >= 4 else made

    found = truncation(FeatureProbe(build, BarTable.of(bars), WARMUP_BARS, 0)).findings
    assert {f.column for f in found} == {"spring"}
    assert "there only in one of them" in found[0].detail


def test_numbers_say_what_was_done(bars: pd.DataFrame) -> None:
    """The outcome counts cuts and rows, and poison takes every second cut of a window."""
    probe = probe_of(bars)
    one, other = truncation(probe).numbers, poison(probe).numbers
    cuts = [len(window.cuts) for window in probe.plan.windows]
    assert (one["cuts_in_full"], one["cuts_in_windows"]) == (len(probe.plan.full), sum(cuts))
    assert other["cuts_in_windows"] == sum((count + 1) // 2 for count in cuts)
    assert one["rows_compared"] > 1_000
    assert one["columns"] == 7


def test_assets_are_cut_at_one_moment(few_cuts: None) -> None:  # noqa: ARG001 - a fixture
    """A feature that reads another asset's later close is found, one that reads its present close is not."""
    from trady2.data.simulation import simulate_bars

    first, second = (simulate_bars(900, seed=s, asset=a) for s, a in ((1, "A"), (2, "B")))
    both = pd.concat([first, second], ignore_index=True)

    def build(given: pd.DataFrame) -> pd.DataFrame:
        other = given[given.asset == "B"].set_index("timestamp").close
        now = other.reindex(given.timestamp).to_numpy()
        later = other.shift(-1).reindex(given.timestamp).to_numpy()
        return given[["timestamp", "asset"]].assign(now=now, later=later)

    probe = FeatureProbe(build, BarTable.of(both), 10, 0)
    assert [f.column for f in truncation(probe).findings] == ["later"]
    assert [f.column for f in poison(probe).findings] == ["later"]
