"""Bars to feature vectors: at least 60 features for short-term direction, each known at the close of its bar.

In the order of the flow: `plan` and `windows` read the configuration into columns, of indicators that `catalogue`
finds in the families `momentum`, `trend`, `mean_reversion`, `volatility`, `volume`, `candles`, `moments`,
`calendar_time` and `cross_asset`, each an `indicator` on `bar_arrays` (with `rolling` and the compiled `kernels`).
`higher_timeframe` gives any of them on longer bars, `market` the bars beside the asset, `own_builder` a user's own
columns. `blocks` says what is computed from which bars, and `engine` does it: `building` in memory, all at once;
`updating` on disk, where `survey`, with `inputs`, `stored_bars`, `fingerprint` and `memo`, finds the `block_files` that
are out of date.

    from trady2.features import FeaturesConfig, build

    vectors = build(bars, FeaturesConfig(indicators={"rsi": {"windows": [7, 14]}}))

**The law**: a value depends on its own bar and those before it, and has the same bits whatever follows,
whenever and however it is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.config import FeaturesConfig
    from trady2.features.building import build, feature_names, warmup_bars
    from trady2.features.catalogue import all_indicators
    from trady2.features.updating import UpdateReport, update

__all__ = ["FeaturesConfig", "UpdateReport", "all_indicators", "build", "feature_names", "update", "warmup_bars"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "FeaturesConfig": "trady2.config",
        "UpdateReport": "trady2.features.updating",
        "build": "trady2.features.building",
        "all_indicators": "trady2.features.catalogue",
        "feature_names": "trady2.features.building",
        "update": "trady2.features.updating",
        "warmup_bars": "trady2.features.building",
    },
)
