"""The checks of a training beside those of its features, in the order in which they run."""

from __future__ import annotations

from trady2.guards.certificate import Outcome
from trady2.guards.check import Check
from trady2.guards.data_checks import DATA_CHECKS
from trady2.guards.evidence import Case
from trady2.guards.shifted_labels import shifted_labels
from trady2.guards.split_overlap import zone_overlaps
from trady2.guards.too_good import too_good

__all__ = ["TRAINING_CHECKS"]


def _split(case: Case) -> Outcome:
    evidence, config = case.evidence, case.evidence.config
    return zone_overlaps(
        evidence.panel,
        evidence.labels,
        evidence.zones,
        hold_bars=config.backtest.hold_bars,
        horizon_steps=config.target.horizon_steps,
    )


def _shifted(case: Case) -> Outcome:
    return shifted_labels(case.evidence.panel, case.evidence.config, seed=case.evidence.seed)


def _too_good(case: Case) -> Outcome:
    return too_good(case.evidence)


TRAINING_CHECKS: dict[str, Check[Case]] = {
    **DATA_CHECKS,
    "A1": Check("A1", 1, "hard", _split),
    "A5": Check("A5", 1, "hard", _shifted),
    "A7": Check("A7", 1, "hard", _too_good),
}
"""By name."""
