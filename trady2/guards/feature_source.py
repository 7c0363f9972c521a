"""Where a training's feature vectors come from: the stored bars and the function that made them, or why neither is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trady2.data.bars import assets_in, read_bars
from trady2.data.timeframe import timeframe_name
from trady2.errors import Trady2Error
from trady2.features.building import build, feature_names, warmup_bars
from trady2.features.engine import Engine
from trady2.features.fingerprint import engine_digest

if TYPE_CHECKING:
    import pandas as pd

    from trady2.config import Config
    from trady2.data.panel import Panel

__all__ = ["FeatureSource", "find_source"]

_MOST_BARS = 120_000


@dataclass(frozen=True)
class FeatureSource:
    """The feature function of a training.

    Attributes:
        config: the whole configuration.
        assets: of the training; all of them are the market, unless a leader is.
        missing: why there is no function to call, with the way out; empty when there is one.
        fault: what the function said when it was only looked at; empty when it can be called.
        warmup_bars: as declared.
        made_by: a digest of all that turns bars into vectors, or of the columns' names where that is unknown.
    """

    config: Config
    assets: tuple[str, ...]
    missing: str = ""
    fault: str = ""
    warmup_bars: int = 0
    made_by: str = ""

    @property
    def has_market(self) -> bool:
        """Whether features compare assets."""
        return self.config.features.market_leader is not None or len(self.assets) > 1

    def build(self, bars: pd.DataFrame) -> pd.DataFrame:
        """Compute the vectors of *bars*, which hold every asset that they need."""
        return build(bars, self.config.features)

    def audited_bars(self) -> pd.DataFrame:
        """Return the latest bars to audit the function on: of one asset, and of a second one where assets are compared.

        At most 120,000, and only the time that both assets cover.
        """
        import pandas as pd

        leader, data = self.config.features.market_leader, self.config.data
        chosen = self.assets[:1] if not self.has_market else tuple(sorted({leader or self.assets[1], self.assets[0]}))
        parts = [read_bars(data.bars, asset, start=data.start, end=data.end) for asset in chosen]
        begin, end = max(part["timestamp"].iloc[0] for part in parts), min(part["timestamp"].iloc[-1] for part in parts)
        parts = [part[part["timestamp"].between(begin, end)].tail(_MOST_BARS // len(parts)) for part in parts]
        begin = max(part["timestamp"].iloc[0] for part in parts)
        bars: pd.DataFrame = pd.concat([part[part["timestamp"] >= begin] for part in parts], ignore_index=True)
        return bars


def find_source(panel: Panel, config: Config) -> FeatureSource:
    """Find the function that the *panel* was made by, or say why there is none.

    There is one when the bars of every asset are stored and the configuration builds just the columns of the panel.
    """
    columns = hashlib.sha256(json.dumps(panel.feature_names).encode()).hexdigest()
    assets, folder = tuple(panel.assets), config.data.bars
    leader = config.features.market_leader
    absent = sorted({*assets, *([leader] if leader else [])} - set(assets_in(folder)))
    if absent:
        why = (
            f"{folder} holds no bars of {', '.join(absent)}, from which the features could be computed again; "
            "import them with trady2 bars import, and let Trady2 build the features"
        )
        return FeatureSource(config, assets, missing=why, made_by=columns)
    market = leader is not None or len(assets) > 1
    try:
        named = feature_names(config.features, market=market)
        warmup = warmup_bars(config.features, timeframe_name(panel.step))
        step = int(panel.step.astype("timedelta64[us]").astype(np.int64))
        beside = [leader] if leader else list(assets) if market else []
        made_by = engine_digest(Engine.of(config.features, step, market=market), beside, leader)
    except Trady2Error as error:
        return FeatureSource(config, assets, fault=str(error), made_by=columns)
    if sorted(named) != sorted(panel.feature_names):
        other = sorted(set(named) ^ set(panel.feature_names))
        why = (
            f"the vectors have other columns than the configuration builds, such as {other[0]!r}, so the function that "
            "made them is not here; name yours as features.builder, and build the vectors with trady2 features build"
        )
        return FeatureSource(config, assets, missing=why, made_by=columns)
    return FeatureSource(config, assets, warmup_bars=warmup, made_by=made_by)
