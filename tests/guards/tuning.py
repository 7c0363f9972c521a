"""A small search, for the tests of tuning."""

from __future__ import annotations

from pathlib import Path

from tests.guards.quick_market import quick_config
from trady2.config import Config
from trady2.guards.tune_store import Store

SPACE = {"learning_rate": {"low": 0.02, "high": 0.4, "log": True}, "num_leaves": {"low": 2, "high": 16}}
FACTS = {"data": "a"}


def tuning_config(**tune: object) -> Config:
    """Return a configuration whose tries take a moment."""
    return quick_config(tune={"n_folds": 3, "startup_trials": 2, "prune_after_folds": 1, "space": SPACE, **tune})


def store_in(folder: Path, config: Config | None = None, **facts: object) -> Store:
    """Open the study of a folder."""
    return Store(folder, config or tuning_config(), {**FACTS, **facts})
