"""What a training used and what it gave: all that the checks of a training look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.guards.feature_source import FeatureSource
    from trady2.learning.split import Zones
    from trady2.learning.target import Labels

__all__ = ["Case", "TrainingEvidence"]


@dataclass(frozen=True, eq=False)
class TrainingEvidence:
    """A training, before or after its trees were grown.

    Attributes:
        panel: the feature vectors, as they were read.
        labels: of its rows.
        zones: the rows that were, or will be, used.
        config: the whole configuration.
        seed: of everything that the audit draws.
        probability: (n,) out of sample from the zone ``calibrate`` on, NaN elsewhere; None before a training.
        score: (n,) what is compared with the threshold, NaN likewise; None: the probability itself.
        threshold: above which a score is a signal.
        scorecard: of the test zone as plain values; empty before a training.
        metrics: of the backtest of the test zone; empty before a training.
        data_sha256: the digest that the vectors had when the training read them; None before a training.
        actor: who asks.
        revision: why delivered data may differ from what was seen before; None when it may not.
    """

    panel: Panel
    labels: Labels
    zones: Zones
    config: Config
    seed: int = 0
    probability: NDArray[np.float64] | None = None
    score: NDArray[np.float64] | None = None
    threshold: float = 0.5
    scorecard: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    data_sha256: str | None = None
    actor: str = "audit"
    revision: str | None = None


@dataclass(eq=False)
class Case:
    """A training and where its features come from; `revisions` are filled in where data had changed."""

    evidence: TrainingEvidence
    source: FeatureSource
    revisions: list[dict[str, Any]] = field(default_factory=list)
