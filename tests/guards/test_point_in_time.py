from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trady2.data.digest import panel_digest
from trady2.guards.evidence import TrainingEvidence
from trady2.guards.feature_source import FeatureSource
from trady2.guards.point_in_time import REVISION, point_in_time
from trady2.registry.ledger import Ledger


@pytest.fixture
def source(evidence: TrainingEvidence) -> FeatureSource:
    """The source of vectors that somebody brought."""
    return FeatureSource(evidence.config, evidence.panel.assets, missing="no bars", made_by="columns")


def redelivered(evidence: TrainingEvidence, row: int = 1_000) -> TrainingEvidence:
    """Return the evidence with another close in one row."""
    close = evidence.panel.close.copy()
    close[row] *= 1.001
    return replace(evidence, panel=replace(evidence.panel, close=close))


def test_the_first_delivery_is_remembered(evidence: TrainingEvidence, source: FeatureSource) -> None:
    """All days are new at first, and as before the second time."""
    first, second = (point_in_time(evidence, source)[0] for _ in range(2))
    days = first.numbers["days"]
    assert (first.findings, first.numbers["days_seen_for_the_first_time"]) == ((), days)
    assert (second.findings, second.numbers["days_seen_for_the_first_time"]) == ((), 0)
    assert first.numbers["snapshot_sha256"] == second.numbers["snapshot_sha256"]


def test_a_change_is_found_until_it_is_accepted(evidence: TrainingEvidence, source: FeatureSource) -> None:
    """A changed day is a finding at each look; a revision with a reason goes into the ledger, and then it is known."""
    point_in_time(evidence, source)
    other = redelivered(evidence)
    day = str(evidence.panel.timestamp[1_000].astype("datetime64[D]"))
    for _ in range(2):
        outcome, revisions = point_in_time(other, source)
        ((finding,), none) = outcome.findings, revisions
        assert (finding.check, finding.level, none) == ("A8", "hard", ())
        assert f"the bars of SIM-0 are no longer what was delivered first, on {day}" in finding.detail
        assert "trady2 audit --config FILE --revision 'why'" in finding.detail
    outcome, revisions = point_in_time(replace(other, revision="the venue corrected an outage", actor="ann"), source)
    assert outcome.findings == ()
    (event,) = Ledger().events(kinds=(REVISION,))
    assert (event.actor, event.reason) == ("ann", "the venue corrected an outage")
    assert event.payload["changed"] == [{"asset": "SIM-0", "what": "bars", "days": [day]}]
    assert revisions[0]["event"] == event.number
    assert point_in_time(other, source)[0].findings == ()
    assert point_in_time(evidence, source)[0].findings != ()


def test_a_revision_without_a_change_is_no_entry(evidence: TrainingEvidence, source: FeatureSource) -> None:
    """Where nothing changed there is nothing to accept."""
    point_in_time(evidence, source)
    assert point_in_time(replace(evidence, revision="just in case"), source)[1] == ()
    assert Ledger().events(kinds=(REVISION,)) == []


def test_many_days_are_counted(evidence: TrainingEvidence, source: FeatureSource) -> None:
    """Of many changed days the first five are named."""
    point_in_time(evidence, source)
    features = np.nan_to_num(evidence.panel.features, nan=1.0) + 1
    (finding,) = point_in_time(replace(evidence, panel=replace(evidence.panel, features=features)), source)[0].findings
    assert "the features of SIM-0" in finding.detail
    assert "more days" in finding.detail


def test_vectors_that_changed_since_training_are_found(evidence: TrainingEvidence, source: FeatureSource) -> None:
    """The digest that a training noted has to be that of the vectors now, revision or not."""
    trained = replace(evidence, data_sha256=panel_digest(evidence.panel))
    assert point_in_time(trained, source)[0].findings == ()
    other = replace(redelivered(trained), revision="accepted")
    (finding,) = point_in_time(other, source)[0].findings
    assert "no longer those that were trained on" in finding.detail


def test_each_model_remembers_by_itself(evidence: TrainingEvidence, source: FeatureSource) -> None:
    """Two models may have learned from two deliveries."""
    point_in_time(evidence, source)
    named = replace(redelivered(evidence), config=evidence.config.model_copy(update={"name": "another"}))
    assert point_in_time(named, source)[0].findings == ()
