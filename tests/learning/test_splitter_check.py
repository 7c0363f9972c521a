from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning import split_mutants
from tests.learning.panels import STEP, as_times, irregular_panel, stacked_panels
from tests.learning.split_mutants import EMBARGO, EVERYWHERE, Edge, Panel, Splits
from trady2.learning import splitter, splitter_combinatorial
from trady2.learning.splitter import WalkForward
from trady2.learning.splitter_calendar import CalendarWalkForward
from trady2.learning.splitter_check import SplitFaults, count_faults
from trady2.learning.splitter_combinatorial import CombinatorialPurged

SEEDS = range(4)


def splits_of(kind: str, panel: Panel, gap: np.timedelta64) -> Splits:
    """Return the splits of one kind."""
    if kind in ("combinatorial", "one block"):
        return CombinatorialPurged(n_blocks=5, n_test_blocks=2 - (kind == "one block"), embargo=gap).split(*panel)
    if kind == "calendar":
        return CalendarWalkForward(period="week", n_train_periods=3, embargo=gap).split(*panel)
    return WalkForward(n_folds=4, expanding=kind == "expanding", embargo=gap).split(*panel)


def faults(splits: Splits, panel: Panel, **gaps: np.timedelta64) -> SplitFaults:
    """Return the faults of all splits together."""
    counted = [count_faults(*panel, train, test, **gaps) for train, test in splits]
    assert counted
    return SplitFaults(*np.sum(counted, axis=0).tolist())


def side(kind: str) -> str:
    """Return the side on which a kind of split keeps its embargo."""
    return "after" if kind in ("combinatorial", "one block") else "before"


def gaps_of(kind: str, panel: Panel) -> list[np.timedelta64]:
    """Return no embargo, a usual one, and for single blocks one as long as the last fifth of history."""
    clock = np.unique(panel[0][~np.isnat(panel[0])])
    last_fifth = clock[-1] - clock[len(clock) * 4 // 5]
    return [0 * STEP, EMBARGO, *([last_fifth] if kind == "one block" else [])]


@settings(max_examples=60, deadline=None)
@given(panel=stacked_panels(), seed=st.integers(0, 999), before=st.integers(0, 9), after=st.integers(0, 9))
def test_counts_equal_looking_at_every_pair(panel: Panel, seed: int, before: int, after: int) -> None:
    """Random training and test rows have as many faults as a look at every single pair finds."""
    decided, ends = panel
    generator = np.random.default_rng(seed)
    train = generator.choice(len(ends), len(ends) // 2, replace=False)
    test = generator.choice(len(ends), len(ends) // 3, replace=False)
    meets = (decided[train][:, None] <= ends[test]) & (decided[test] <= ends[train][:, None])
    near = (decided[train][:, None] <= ends[test] + after) & (decided[test] <= ends[train][:, None] + before)
    found = count_faults(as_times(decided), as_times(ends), train, test, before=before * STEP, after=after * STEP)
    unknown = np.isnan(ends)
    lost, shared = unknown[train].sum() + unknown[test].sum(), len(set(train) & set(test))
    assert found == (meets.sum(), near.sum() - meets.sum(), shared, lost)
    assert found.total == sum(found)


@pytest.mark.parametrize("kind", [*EVERYWHERE, "one block"])
def test_honest_splits_have_no_fault(kind: str) -> None:
    """Every splitter passes with any embargo on panels with gaps, three assets and random first touches."""
    for seed in SEEDS:
        panel = irregular_panel(seed)
        for gap in gaps_of(kind, panel):
            assert faults(splits_of(kind, panel, gap), panel, **{side(kind): gap}).total == 0


@pytest.mark.parametrize(
    ("rule", "kind"),
    [(rule, kind) for rule, kinds in split_mutants.RULES.items() for kind in kinds],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_mutants_of_the_rule_are_caught(
    rule: Callable[[Edge], np.ndarray], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own splitters with a wrong rule in them are caught on each of four panels."""
    no_gap = {"before": 0 * STEP, "after": 0 * STEP}
    for module in (splitter, splitter_combinatorial):
        monkeypatch.setattr(module, "purged", lambda *edge, **gaps: rule(Edge(*edge, **{**no_gap, **gaps})))
    for seed in SEEDS:
        panel = irregular_panel(seed)
        found = [faults(splits_of(kind, panel, gap), panel, **{side(kind): gap}).total for gap in gaps_of(kind, panel)]
        assert sum(found) > 0


@pytest.mark.parametrize("mutant", split_mutants.SPLITS, ids=lambda mutant: mutant.__name__)
def test_wrong_splitters_are_caught(mutant: Callable[[Panel], Splits]) -> None:
    """The splits of other libraries and of common code are caught on each of four panels."""
    before = EMBARGO if mutant is split_mutants.embargoed_by_rows else 0 * STEP
    for seed in SEEDS:
        panel = irregular_panel(seed)
        assert faults(mutant(panel), panel, before=before).total > 0
