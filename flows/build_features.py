"""build-features: stored bars → feature vectors, only what is new."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from flows.engine import current_engine, flow, task
from trady2.config import load_config
from trady2.data.bars import assets_in
from trady2.errors import NotFoundError
from trady2.features.updating import update

__all__ = ["build_features_flow"]


@task("find assets", retries=2)
def find_assets(config: str) -> list[str]:
    """Return the assets that the configuration names, or all that have bars."""
    data = load_config(config).data
    assets = list(data.assets) or assets_in(Path(data.bars))
    if not assets:
        raise NotFoundError(f"{data.bars} holds no bars; import some first: trady2 bars import FILES", folder=data.bars)
    current_engine().say(", ".join(assets))
    return assets


@task("features", retries=2)
def build_asset(config: str, asset: str, assets: list[str]) -> dict[str, Any]:
    """Bring the feature vectors of one asset up to its newest closed bar."""
    read, engine = load_config(config), current_engine()
    beside = None if read.features.market_leader or len(assets) == 1 else assets
    data, features = read.data, read.features
    report = asdict(update(data.bars, data.vectors, asset, features, market_assets=beside, progress=engine.progress))
    engine.say(f"{asset}: {report['rows_added']:,} new of {report['rows_total']:,} vectors")
    return report


@flow("build-features")
def build_features_flow(config: str) -> dict[str, Any]:
    """Build the feature vectors of every asset.

    Args:
        config: The YAML file that names the bars, the vectors and the features.
    """
    assets = find_assets(config)
    return {asset: build_asset(config, asset, assets) for asset in assets}
