from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from trady2.guards.evidence import Case, TrainingEvidence
from trady2.guards.feature_source import FeatureSource


def test_evidence_cannot_be_changed(evidence: TrainingEvidence) -> None:
    """What a training used is a fact."""
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'seed'"):
        evidence.seed = 1  # type: ignore[misc]


def test_a_case_collects_its_own_revisions(evidence: TrainingEvidence) -> None:
    """Two cases share nothing."""
    source = FeatureSource(evidence.config, evidence.panel.assets)
    one, other = Case(evidence, source), Case(evidence, source)
    one.revisions.append({"event": 1})
    assert other.revisions == []
