"""A small market, and a configuration whose trainings take a moment."""

from __future__ import annotations

from typing import Any

from tests.learning.conftest import panel_of
from trady2.config import Config
from trady2.data.panel import Panel


def quick_config(**sections: Any) -> Config:
    """Return a configuration of a few small trees, with other *sections*."""
    return Config(
        target={"horizon_steps": 3, "return_threshold": 0.01},
        backtest={"fee_bps": 1.0},
        model={"max_rounds": 15, "min_data_in_leaf": 20, "early_stopping_rounds": 5, "learning_rate": 0.2}
        | {"num_leaves": 8, "extra_trees": False, "feature_fraction": 1.0},
        **sections,
    )


def market(edge: float = 0.8, *, assets: int = 2, rows: int = 2_400, seed: int = 0) -> Panel:
    """Return a market whose first feature always knows *edge* of the next return."""
    return panel_of(rows, assets=assets, edge=edge, seed=seed)
