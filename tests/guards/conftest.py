"""Small markets, small trainings and small stores for the tests of the guards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.guards.leaky_features import honest
from trady2.config import Config
from trady2.data.bars import write_bars
from trady2.data.importing import BarsImport
from trady2.data.panel import Panel
from trady2.data.simulation import simulate_bars
from trady2.data.vectors import read_panel
from trady2.features.updating import update
from trady2.guards.evidence import TrainingEvidence
from trady2.learning.split import cut_zones
from trady2.learning.target import label_arrays

HOUR = np.timedelta64(3_600_000_000, "us")
MODEL = {"max_rounds": 30, "early_stopping_rounds": 10, "learning_rate": 0.2, "min_data_in_leaf": 40}
MODEL |= {"extra_trees": False, "feature_fraction": 0.7, "lambda_l2": 1.0}
SPLIT = {"train": 0.5, "stop": 0.1, "calibrate": 0.1, "threshold": 0.1, "test": 0.2}
FEATURES = {"indicators": {"log_return": {"windows": [1, 6]}, "rsi": {"windows": [14]}}, "higher_timeframes": []}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home of its own, for snapshots and ledger."""
    for name in ("TRADY2_LEDGER_URL", "BENTOML_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRADY2_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def few_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut in eight windows instead of 88, which is enough for a leak that shows at every cut."""
    monkeypatch.setattr("trady2.guards.cuts._WINDOWS", 8)
    monkeypatch.setattr("trady2.guards.cuts._SPECIAL_WINDOWS", 2)


@pytest.fixture(scope="session")
def bars() -> pd.DataFrame:
    """Return 2,500 hourly bars with an outage, some hours without volume, and a month edge."""
    made = simulate_bars(2_500, seed=11)
    made.loc[np.random.default_rng(0).choice(np.arange(200, 2_400), 6, replace=False), "volume"] = 0.0
    return made.drop(index=range(1_000, 1_005)).reset_index(drop=True)


def small_config(folder: Path | None = None, **sections: object) -> Config:
    """Return a configuration whose training takes a moment."""
    values: dict[str, object] = {
        "target": {"horizon_steps": 6, "return_threshold": 0.004},
        "model": MODEL,
        "split": SPLIT,
        "backtest": {"fee_bps": 2.0},
        "features": FEATURES,
    }
    if folder is not None:
        values["data"] = {"bars": str(folder / "bars"), "vectors": str(folder / "vectors")}
    return Config(**{**values, **sections})


def panel_with(features: pd.DataFrame, bars: pd.DataFrame) -> Panel:
    """Return bars and features as a panel."""
    own = features.drop(columns=["timestamp"])
    return Panel.from_frame(pd.concat([bars, own.astype(np.float32)], axis=1))


def small_panel(rows: int = 2_400, *, seed: int = 0, assets: int = 1) -> Panel:
    """Return simulated markets with honest features."""
    frames = []
    for number in range(assets):
        bars = simulate_bars(rows, seed=seed + 100 * number, asset=f"SIM-{number}")
        frames.append(pd.concat([bars, honest(bars).drop(columns="timestamp").astype(np.float32)], axis=1))
    return Panel.from_frame(pd.concat(frames, ignore_index=True))


def evidence_of(panel: Panel, config: Config, **more: object) -> TrainingEvidence:
    """Return the evidence of a training on *panel* before it began, with *more* laid over it."""
    labels = label_arrays(panel, config.target)
    zones = cut_zones(panel, labels, config.split, hold_bars=config.backtest.hold_bars)
    return replace(TrainingEvidence(panel, labels, zones, config), **more)


@pytest.fixture(scope="session")
def panel() -> Panel:
    """One small panel of one asset."""
    return small_panel()


@pytest.fixture(scope="session")
def config() -> Config:
    """One small configuration."""
    return small_config()


@pytest.fixture(scope="session")
def evidence(panel: Panel, config: Config) -> TrainingEvidence:
    """The evidence of a training on the small panel."""
    return evidence_of(panel, config)


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Config]:
    """Return a maker of stores: bars of some assets, and the vectors that a small configuration builds from them."""

    def make(*assets: str, rows: int = 1_600, **features: object) -> Config:
        folder = tmp_path_factory.mktemp("store")
        config = small_config(folder, features=FEATURES | features)
        for number, asset in enumerate(assets):
            made = simulate_bars(rows, seed=40 + number, asset=asset)
            report = {"asset": asset, "timeframe": "1h"}
            write_bars(folder / "bars", BarsImport(made, made[:0], report, None))
        beside = list(assets) if len(assets) > 1 and config.features.market_leader is None else None
        for asset in assets:
            update(config.data.bars, config.data.vectors, asset, config.features, market_assets=beside)
        return config

    return make


@pytest.fixture(scope="session")
def store(stocked: Callable[..., Config]) -> Config:
    """One store of one asset."""
    return stocked("SIM-A")


@pytest.fixture(scope="session")
def stored_panel(store: Config) -> Panel:
    """The vectors of the store."""
    return read_panel(store.data.vectors, [])
