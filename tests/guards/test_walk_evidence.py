from __future__ import annotations

import numpy as np
import pytest

from tests.learning.conftest import panel_of
from trady2.config import Config
from trady2.data.panel import Panel
from trady2.guards.verdict import Evidence, judge
from trady2.guards.walk_evidence import WalkEvidence, traded, walk_evidence
from trady2.learning.target import label_arrays
from trady2.stats import deflated_sharpe_ratio

CONFIG = Config(target={"horizon_steps": 2, "return_threshold": 0.01}, backtest={"fee_bps": 1.0})


def seen(panel: Panel, skill: float, *, start: int = 600) -> WalkEvidence:
    """Return the evidence of a score that knows *skill* of the next return, from the bar *start* on, in two folds."""
    raw = np.append(np.diff(np.log(panel.close)), 0.0) / 0.01 * skill
    raw = raw + np.random.default_rng(1).standard_normal(len(panel))
    inside = panel.timestamp >= panel.timestamp[start]
    fold = np.where(inside, (panel.timestamp >= panel.timestamp[start + 700]).astype(int), -1)
    raw = np.where(inside, raw, np.nan)
    signal = np.where(raw > 1.5, 0.7, np.nan)
    labels = label_arrays(panel, CONFIG.target)
    return walk_evidence(panel, labels, CONFIG, raw=raw, fold=fold, signal=signal)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Two assets."""
    return panel_of(2_400, assets=2)


def test_skill_shows_in_direction_and_timing(panel: Panel) -> None:
    """A score that knows something of the next return has both; one that knows nothing has neither."""
    able, blind = seen(panel, 1.5), seen(panel, 0.0)
    assert able.direction.t > 5
    assert able.timing.excess.low_67 > 0
    assert abs(blind.direction.t) < 3
    assert blind.timing.excess.value < able.timing.excess.value


def test_only_the_walk_is_traded(panel: Panel) -> None:
    """Bars before the first fold are neither traded nor counted."""
    found = seen(panel, 1.0)
    assert len(found.timing.clock) == 1_800
    assert found.timing.clock[0] == panel.timestamp[600]
    assert found.years == pytest.approx(1_799 / 8_766)


def test_the_daily_excess_adds_up_to_the_whole(panel: Panel) -> None:
    """The moments are those of the excess per UTC day, empty days as zero."""
    found = seen(panel, 1.0)
    days = found.timing.clock.astype("datetime64[D]")
    assert found.excess.n_observations == (days[-1] - days[0]).astype(int) + 1
    daily = [found.timing.excess_returns[days == day].sum() for day in np.unique(days)]
    assert found.excess.sharpe == pytest.approx(np.mean(daily) / np.std(daily, ddof=1))


def test_a_walk_is_judged_by_all_that_it_showed(panel: Panel) -> None:
    """The verdict is that of its estimates, its trades and years, and of the luck of the best of so many."""
    found = seen(panel, 1.5)
    known = {"n_trades": found.n_trades, "years": found.years, "audit_passed": True, "confirmed": False}
    deflated = deflated_sharpe_ratio(*found.excess, n_trials=3, trials_variance=0.01)
    evidence = Evidence(
        found.direction, found.timing.excess, found.timing.net, n_judged=3, deflated_sharpe=deflated, **known
    )
    assert found.verdict(3, 0.01, audit_passed=True, confirmed=False) == judge(evidence)
    assert found.verdict(audit_passed=True).label == "edge"


def test_luck_of_the_first_one_is_not_deflated(panel: Panel) -> None:
    """One configuration needs no deflation; from two on it is the published formula."""
    found = seen(panel, 1.0)
    assert found.deflated(1, float("nan")) is None
    expected = deflated_sharpe_ratio(*found.excess, n_trials=5, trials_variance=0.01)
    assert found.deflated(5, 0.01) == expected


def test_a_signal_is_traded_whatever_its_height(panel: Panel) -> None:
    """Every number is a signal, NaN is none: the thresholds were applied before."""
    rows = np.arange(100)
    signal = np.full(100, np.nan)
    signal[10] = 1e-9
    assert len(traded(panel, rows, signal, CONFIG).trades) == 1
