"""The audit of a feature function: does any column know what it cannot know yet?"""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trady2.errors import DataError
from trady2.guards.bar_table import BarTable
from trady2.guards.builds import Builder
from trady2.guards.certificate import CheckResult, LeakCertificate
from trady2.guards.check import TITLES, not_applicable
from trady2.guards.feature_checks import FEATURE_CHECKS
from trady2.guards.feature_probe import FeatureProbe

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["audit_features", "probe_features"]


def audit_features(build: Builder, bars: pd.DataFrame, *, warmup_bars: int, seed: int = 0) -> LeakCertificate:
    """Audit the feature function *build* on *bars*: cut history at hundreds of moments, and see who notices.

    Args:
        build: from bars to a frame with ``timestamp`` (and ``asset`` where there are several) and features; other
            columns of the bars may stand beside them. It is called some 900 times, mostly with the bars of its
            warm-up and 80 more. What it raises is a finding.
        bars: timestamp (UTC, bar open), OHLCV, ``asset`` where there are several, sorted; a real history is best,
            for leaks hide at gaps and month edges.
        warmup_bars: how many bars must lie before a row, as the function declares.
        seed: of everything that is drawn; the same seed gives the same certificate.

    Returns:
        The certificate. Checks that need more than a feature function are in it as skipped.

    Raises:
        DataError: the bars are not what they have to be.
        NotEnoughDataError: they are fewer than the warm-up and 100 more.
    """
    checked = probe_features(build, bars, warmup_bars=warmup_bars, seed=seed)
    why = "needs a training and not only a feature function; `trady2 audit --config FILE` has one"
    checks = tuple(checked.get(name) or not_applicable(name, why) for name in TITLES)
    return LeakCertificate(checks, "full", "", seed, datetime.now(UTC))


def probe_features(
    build: Builder, bars: pd.DataFrame, *, warmup_bars: int, seed: int, only: Container[str] = FEATURE_CHECKS
) -> dict[str, CheckResult]:
    """Run the checks of features, or *only* some, and return their results by name; see `audit_features`."""
    if warmup_bars < 0:
        raise DataError(f"warmup_bars = {warmup_bars} is no number of bars; make it 0 or more", warmup_bars=warmup_bars)
    probe = FeatureProbe(build, BarTable.of(bars), warmup_bars, seed)
    _ = probe.plan  # too few bars are refused before anything is called
    found = {}
    for name, check in FEATURE_CHECKS.items():
        if name not in only:
            continue
        if name != "A0" and (probe.fault is not None or not probe.full.names):
            found[name] = not_applicable(name, "the features could not be built; see A0")
        else:
            found[name] = check.run(probe)
    return found
