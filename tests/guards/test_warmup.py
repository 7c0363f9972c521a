from __future__ import annotations

import pandas as pd
import pytest

from tests.guards.leaky_features import honest
from trady2.data.simulation import simulate_bars
from trady2.guards.bar_table import BarTable
from trady2.guards.feature_probe import FeatureProbe
from trady2.guards.lookahead import truncation
from trady2.guards.warmup import warmup

pytestmark = pytest.mark.usefixtures("few_cuts")


def probe_of(bars: pd.DataFrame, warmup_bars: int, **columns: object) -> FeatureProbe:
    """Return a probe of honest features and more."""

    def build(given: pd.DataFrame) -> pd.DataFrame:
        return honest(given).assign(**{name: make(given) for name, make in columns.items()})  # type: ignore[operator]

    return FeatureProbe(build, BarTable.of(bars), warmup_bars, 0)


def test_enough_warm_up_passes(bars: pd.DataFrame) -> None:
    """Windows of 48 bars and an average that has faded out are the same wherever history begins."""
    outcome = warmup(probe_of(bars, 60))
    assert (outcome.findings, outcome.numbers["starts"]) == ((), 8)
    assert outcome.numbers["rows_compared"] == 8 * 48


def test_too_little_names_every_column_that_needs_more(bars: pd.DataFrame) -> None:
    """With 30 bars the windows of 40 and 48 have no value yet; what needs less is not named."""
    assert [f.column for f in warmup(probe_of(bars, 30)).findings] == [
        "average",
        "range_of_yesterday",
        "volatility",
        "z_score",
    ]


@pytest.mark.parametrize(
    "endless",
    [lambda b: b.volume.cumsum(), lambda b: b.close.expanding().mean(), lambda b: b.close.ewm(span=200).mean()],
)
def test_endless_memory_is_told(bars: pd.DataFrame, endless: object) -> None:
    """A running sum, an expanding mean and a slow average depend on where history begins."""
    (finding,) = warmup(probe_of(bars, 60, endless=endless)).findings
    assert (finding.column, finding.level) == ("endless", "hard")
    assert "depends on where history begins, even 60 bars later" in finding.detail
    assert "declare a longer warm-up, or give it a window" in finding.detail


def test_what_looks_ahead_is_not_blamed_on_the_warm_up(bars: pd.DataFrame) -> None:
    """The end of a window is left out, and a column that A2 found is not named again."""
    probe = probe_of(bars, 60, ahead=lambda b: b.close.shift(-20), scaled=lambda b: b.close / b.close.mean())
    assert [f.column for f in warmup(probe).findings] == ["scaled"]
    truncation(probe)
    outcome = warmup(probe)
    assert (outcome.findings, outcome.numbers["columns_left_out"]) == ((), ["scaled"])


def test_faults_and_lost_columns_are_told(bars: pd.DataFrame) -> None:
    """A function that fails, or leaves columns out, where history is short."""

    def greedy(given: pd.DataFrame) -> object:
        if len(given) < 1_000:
            raise IndexError("not enough")
        return given.close

    (finding,) = warmup(probe_of(bars, 60, greedy=greedy)).findings
    assert finding.detail.startswith("the function cannot be called on 60 bars and a few more: it raised IndexError")

    def build(given: pd.DataFrame) -> pd.DataFrame:
        return honest(given) if len(given) < 1_000 else honest(given).assign(lost=1.0)

    (finding,) = warmup(FeatureProbe(build, BarTable.of(bars), 60, 0)).findings
    assert (finding.column, "always return every column" in finding.detail) == ("lost", True)


def test_the_warm_up_counts_an_assets_own_bars() -> None:
    """Where an asset lacks bars that another one has, its warm-up takes longer on the clock, and that is no fault."""
    first, second = simulate_bars(900, seed=1, asset="A"), simulate_bars(900, seed=2, asset="B")
    sparse = second[second.index % 3 > 0]
    table = BarTable.of(pd.concat([first, sparse], ignore_index=True))

    def build(given: pd.DataFrame) -> pd.DataFrame:
        mean = given.groupby("asset").close.transform(lambda close: close.rolling(41).mean())
        return given[["timestamp", "asset"]].assign(mean=mean)

    assert warmup(FeatureProbe(build, table, 40, 0)).findings == ()
    assert [f.column for f in warmup(FeatureProbe(build, table, 39, 0)).findings] == ["mean"]
