from __future__ import annotations

from dataclasses import replace

import numpy as np

from trady2.guards.data_checks import DATA_CHECKS
from trady2.guards.evidence import Case, TrainingEvidence
from trady2.guards.feature_source import FeatureSource


def case_of(evidence: TrainingEvidence, **source: object) -> Case:
    """Return a case without a feature function."""
    return Case(evidence, FeatureSource(evidence.config, evidence.panel.assets, **{"missing": "no bars", **source}))


def test_the_scan_never_sees_the_test_zone(evidence: TrainingEvidence) -> None:
    """A feature that knows the direction in the test zone alone is not told, for a scan must not use that zone up."""
    panel, labels = evidence.panel, evidence.labels
    later = panel.decision_time >= evidence.zones.start["test"]
    for rows, findings in ((later, 0), (~later, 1)):
        features = panel.features.copy()
        features[:, 0] = np.random.default_rng(0).normal(size=len(panel))
        features[rows, 0] += 3 * labels.direction[rows]
        changed = replace(evidence, panel=replace(panel, features=features))
        found = DATA_CHECKS["A6"].run(case_of(changed)).outcome.findings
        assert [each.column for each in found if each.level == "hard"] == [panel.feature_names[0]][:findings]


def test_without_a_function_nothing_is_replayed(evidence: TrainingEvidence) -> None:
    """A10 says why: no bars, or a function with a fault."""
    assert DATA_CHECKS["A10"].run(case_of(evidence)).reason == "no bars"
    broken = DATA_CHECKS["A10"].run(case_of(evidence, missing="", fault="it fails"))
    assert (broken.status, broken.reason) == ("skipped", "the features could not be built; see A0")


def test_revisions_are_handed_on(evidence: TrainingEvidence) -> None:
    """What A8 accepts is kept in the case, for the certificate."""
    DATA_CHECKS["A8"].run(case_of(evidence))
    close = evidence.panel.close.copy()
    close[5] += 1
    case = case_of(replace(evidence, panel=replace(evidence.panel, close=close), revision="corrected"))
    assert DATA_CHECKS["A8"].run(case).status == "passed"
    assert [each["reason"] for each in case.revisions] == ["corrected"]


def test_every_check_passes_on_honest_data(evidence: TrainingEvidence) -> None:
    """No alarm on a small honest training, and A9 only warns at most."""
    results = {name: check.run(case_of(evidence)) for name, check in DATA_CHECKS.items()}
    assert {name: each.status for name, each in results.items() if each.status == "failed"} == {}
    assert [name for name, check in DATA_CHECKS.items() if check.level == "warn"] == ["A9"]
