from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.guards.conftest import evidence_of, small_config, small_panel
from trady2.guards.adversarial import adversarial
from trady2.guards.evidence import TrainingEvidence


def test_alike_zones_are_not_told_apart() -> None:
    """On noise, trees tell test rows from training rows no better than chance, and nothing is warned of."""
    panel = small_panel(6_000)
    noise = np.random.default_rng(0).normal(size=panel.features.shape).astype(np.float32)
    found = evidence_of(replace(panel, features=noise), small_config())
    outcome = adversarial(found.panel, found.zones)
    assert outcome.findings == ()
    assert outcome.numbers["auc"] == pytest.approx(0.5, abs=0.06)


def test_a_stand_in_for_time_is_named(evidence: TrainingEvidence) -> None:
    """A feature that only ever grows tells test from training alone, and is warned of, not forbidden."""
    panel = evidence.panel
    features = panel.features.copy()
    features[:, 2] = np.arange(len(panel), dtype=np.float32)
    outcome = adversarial(replace(panel, features=features), evidence.zones)
    (finding,) = outcome.findings
    assert (finding.column, finding.level) == (panel.feature_names[2], "warn")
    assert "stands in for time" in finding.detail
    assert outcome.numbers["auc"] > 0.95
    assert outcome.numbers["by_gain"][0] == panel.feature_names[2]


def test_a_column_without_values_says_nothing(evidence: TrainingEvidence) -> None:
    """A feature that is missing throughout is no stand-in for anything."""
    features = evidence.panel.features.copy()
    features[:, 0] = np.nan
    assert adversarial(replace(evidence.panel, features=features), evidence.zones).findings == ()


def test_long_histories_are_thinned() -> None:
    """At most some 12,000 rows are looked at."""
    found = evidence_of(small_panel(30_000), small_config())
    assert adversarial(found.panel, found.zones).numbers["rows"] <= 14_000
