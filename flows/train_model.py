"""train-model: vectors → zones → trees → calibration → walk → threshold → assessment → audit → verdict → version."""

from __future__ import annotations

from typing import Any

from flows.auditing import audit_training_run
from flows.engine import flow
from flows.judging import judge_training_run, walk_history
from flows.learning import calibrate_scores, choose, cut_zones, fit_trees, read_vectors
from flows.registration import register
from flows.test_zone import assess_test_zone
from trady2.registry.keys import ready_to_sign

__all__ = ["train_model_flow"]


@flow("train-model")
def train_model_flow(config: str, actor: str = "prefect") -> dict[str, Any]:
    """Train one version and register it; it does not become active by itself.

    Args:
        config: The YAML file.
        actor: Who trains; it goes into the ledger.
    """
    ready_to_sign()
    run = read_vectors(config)
    cut_zones(run)
    fit_trees(run)
    calibrate_scores(run)
    walk_history(run)
    choose(run)
    assess_test_zone(run)
    audit_training_run(run, actor)
    judge_training_run(run, actor)
    return register(run, actor)
