from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.guards.leaky_splits import FAULTS
from tests.guards.test_data_checks import case_of
from trady2.guards.check import TITLES
from trady2.guards.evidence import TrainingEvidence
from trady2.guards.feature_checks import FEATURE_CHECKS
from trady2.guards.training_checks import TRAINING_CHECKS


def test_all_checks_of_the_table_are_there() -> None:
    """Features and trainings together are checked by everything that has a title, each with a version."""
    assert set(FEATURE_CHECKS) | set(TRAINING_CHECKS) == set(TITLES)
    assert all(check.version >= 1 for check in (*FEATURE_CHECKS.values(), *TRAINING_CHECKS.values()))
    assert all(name == check.name for name, check in (FEATURE_CHECKS | TRAINING_CHECKS).items())


def test_the_split_is_checked_with_its_own_numbers(evidence: TrainingEvidence) -> None:
    """A1 takes hold and horizon from the configuration, and the rows from the zones."""
    check = TRAINING_CHECKS["A1"]
    assert check.run(case_of(evidence)).status == "passed"
    assert check.run(case_of(FAULTS["shuffled"](evidence))).status == "failed"
    assert check.run(case_of(FAULTS["exits_forgotten"](evidence))).status == "failed"


def test_results_are_checked_when_there_are_some(evidence: TrainingEvidence) -> None:
    """A7 is skipped before a training and judges after it."""
    assert TRAINING_CHECKS["A7"].run(case_of(evidence)).status == "skipped"
    trained = replace(evidence, probability=np.full(len(evidence.panel), 0.5), scorecard={"direction_auc": 0.9})
    assert TRAINING_CHECKS["A7"].run(case_of(trained)).status == "failed"


def test_the_shift_has_the_seed_of_the_audit(evidence: TrainingEvidence) -> None:
    """The same seed gives the same areas, another one others."""
    runs = [TRAINING_CHECKS["A5"].run(case_of(replace(evidence, seed=seed))).outcome.numbers for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
