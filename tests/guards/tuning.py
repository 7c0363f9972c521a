"""A small market and a small search, for the tests of tuning."""

from __future__ import annotations

from pathlib import Path

from tests.learning.conftest import panel_of
from trady2.config import Config
from trady2.data.panel import Panel
from trady2.guards.tune_store import Store

SPACE = {"learning_rate": {"low": 0.02, "high": 0.4, "log": True}, "num_leaves": {"low": 2, "high": 16}}
FACTS = {"data": "a"}


def tuning_config(**tune: object) -> Config:
    """Return a configuration whose tries take a moment."""
    return Config(
        target={"horizon_steps": 3, "return_threshold": 0.01},
        backtest={"fee_bps": 1.0},
        model={"max_rounds": 15, "min_data_in_leaf": 20, "early_stopping_rounds": 5, "learning_rate": 0.2}
        | {"num_leaves": 8, "extra_trees": False, "feature_fraction": 1.0},
        tune={"n_folds": 3, "startup_trials": 2, "prune_after_folds": 1, "space": SPACE, **tune},
    )


def market(edge: float = 0.8, *, seed: int = 0, rows: int = 2_000) -> Panel:
    """Return two assets whose first feature knows *edge* of the next return."""
    return panel_of(rows, assets=2, edge=edge, seed=seed)


def store_in(folder: Path, config: Config | None = None, **facts: object) -> Store:
    """Open the study of a folder."""
    return Store(folder, config or tuning_config(), {**FACTS, **facts})
