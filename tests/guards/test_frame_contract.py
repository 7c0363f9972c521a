from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trady2.guards.bar_table import BarTable
from trady2.guards.feature_probe import FeatureProbe
from trady2.guards.frame_contract import frame_contract


def found(bars: pd.DataFrame, build: object) -> list[tuple[str | None, str, str]]:
    """Return column, level and detail of each finding."""
    outcome = frame_contract(FeatureProbe(build, BarTable.of(bars), 10, 0))  # type: ignore[arg-type]
    assert all(finding.check == "A0" for finding in outcome.findings)
    return [(finding.column, finding.level, finding.detail) for finding in outcome.findings]


def test_an_honest_frame_passes(bars: pd.DataFrame) -> None:
    """One row a bar, of numbers, known at the close, the same twice: nothing to say."""
    close = pd.Timedelta("1h")
    assert found(bars, lambda b: b.assign(x=b.close.diff(), available_at=b.timestamp + close)) == []


CLOCK = {"calls": 0}


def restless(bars: pd.DataFrame) -> pd.DataFrame:
    """Return something else each time."""
    CLOCK["calls"] += 1
    return bars.assign(x=bars.close, luck=np.random.default_rng(CLOCK["calls"]).normal(size=len(bars)))


def fickle(bars: pd.DataFrame) -> pd.DataFrame:
    """Return other columns each time."""
    CLOCK["calls"] += 1
    return bars.assign(**{f"x{CLOCK['calls']}": 1.0})


def once(bars: pd.DataFrame) -> pd.DataFrame:
    """Work every other time."""
    CLOCK["calls"] += 1
    if CLOCK["calls"] % 2 == 0:
        raise RuntimeError("busy")
    return bars.assign(x=1.0)


@pytest.mark.parametrize(
    ("build", "column", "text"),
    [
        (lambda b: b.assign(x=1.0)[::-1], None, "not in the order of the bars"),
        (lambda b: b.assign(x="up"), "x", "is str, not numbers; encode it"),
        (lambda b: b.assign(Label=1.0), "Label", "has the name of a label"),
        (lambda b: b.assign(x=1.0, target="up"), "target", "has the name of a label"),
        (lambda b: b, None, "returned no feature"),
        (lambda b: b.assign(x=1.0, available_at=b.timestamp + pd.Timedelta("2h")), "available_at", "after its bar has"),
        (lambda b: b.missing, None, "the features cannot be built: it raised AttributeError"),
        (restless, "luck", "differs between two calls"),
        (fickle, None, "returned other columns the second time"),
        (once, None, "cannot be built a second time: it raised RuntimeError: busy"),
    ],
)
def test_what_breaks_the_contract_is_hard(bars: pd.DataFrame, build: object, column: str | None, text: str) -> None:
    """Order, types, names, times and repetition are checked; each fault names its column and the way out."""
    CLOCK["calls"] = 0
    told = found(bars, build)
    assert any(name == column and level == "hard" and text in detail for name, level, detail in told), told


def test_infinity_is_a_warning(bars: pd.DataFrame) -> None:
    """Rows with an infinite value are never learned from; that is worth a look and no leak."""
    ((column, level, _),) = found(bars, lambda b: b.assign(x=1.0 / b.volume))
    assert (column, level) == ("x", "warn")
