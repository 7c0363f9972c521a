"""The checks of vectors and labels, whether or not a model was trained on them, each on one case."""

from __future__ import annotations

import numpy as np

from trady2.guards.adversarial import adversarial
from trady2.guards.certificate import Outcome
from trady2.guards.check import Check
from trady2.guards.evidence import Case
from trady2.guards.feature_scan import scan, scan_outcome
from trady2.guards.label_contract import label_contract
from trady2.guards.point_in_time import point_in_time
from trady2.guards.replay import replay

__all__ = ["DATA_CHECKS"]


def _contract(case: Case) -> Outcome:
    evidence = case.evidence
    return label_contract(evidence.panel, evidence.labels, evidence.config.target)


def _scanned(case: Case) -> Outcome:
    """Scan the features against the target itself, on rows whose label was settled before the test zone began."""
    panel, labels, target = case.evidence.panel, case.evidence.labels, case.evidence.config.target
    begin = case.evidence.zones.start["test"]
    rows = np.flatnonzero(panel.decision_time < begin)
    direction = np.where(labels.label_end < begin, labels.direction, 0)[rows].astype(np.int8)
    what = f"{target.horizon_steps} bars"
    return scan_outcome({what: scan(panel.features, panel.feature_names, direction, rows)})


def _delivered(case: Case) -> Outcome:
    outcome, revisions = point_in_time(case.evidence, case.source)
    case.revisions.extend(revisions)
    return outcome


def _adversarial(case: Case) -> Outcome:
    return adversarial(case.evidence.panel, case.evidence.zones, seed=case.evidence.seed)


def _replayed(case: Case) -> Outcome:
    why = case.source.missing or ("the features could not be built; see A0" if case.source.fault else "")
    return Outcome(skipped=why) if why else replay(case.evidence.panel, case.source)


DATA_CHECKS: dict[str, Check[Case]] = {
    "A0": Check("A0", 1, "hard", _contract),
    "A6": Check("A6", 1, "hard", _scanned),
    "A8": Check("A8", 1, "hard", _delivered),
    "A9": Check("A9", 1, "warn", _adversarial),
    "A10": Check("A10", 1, "hard", _replayed),
}
"""By name."""
