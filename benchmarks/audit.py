"""What the leak audit costs: of a feature function, and of a whole training, on 60 features × 30,000 bars.

    python benchmarks/audit.py [--bars 30000] [--features 60] [--repeats 3]

Prints one JSON line: wall and processor seconds of the fastest run, by check, and whether the audit of a training stays
within 60 s; processor time tells what a busy machine hides in the wall time. The library's own features are audited,
as many of them as asked for, on simulated bars in a store of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from trady2.config import Config, FeaturesConfig
from trady2.data.bars import write_bars
from trady2.data.importing import BarsImport
from trady2.data.simulation import simulate_bars
from trady2.data.vectors import read_panel
from trady2.features import build, feature_names, update, warmup_bars
from trady2.guards import LeakCertificate, TrainingEvidence, audit_features, audit_training
from trady2.learning.split import cut_zones
from trady2.learning.target import label_arrays

ASSET = "BENCH-USD"
LIMIT_SECONDS = 60


def features_config(count: int) -> FeaturesConfig:
    """Return the default features without as many of the last indicators as leaves *count* columns."""
    from trady2.features import all_indicators

    names = [name for name, indicator in all_indicators().items() if not indicator.needs_market]
    while len(names) > 1 and len(feature_names(FeaturesConfig(indicators={name: {} for name in names}))) > count:
        names.pop()
    return FeaturesConfig(indicators={name: {} for name in names})


def best_of(repeats: int, audit: Callable[[], LeakCertificate]) -> dict[str, object]:
    """Return the figures of the run with the least processor time."""
    runs = []
    for _ in range(repeats):
        used, began = time.process_time(), time.perf_counter()
        certificate = audit()
        wall, processor = time.perf_counter() - began, time.process_time() - used
        seconds = {result.check: round(result.seconds, 2) for result in certificate.checks if result.seconds}
        runs.append((processor, wall, certificate.passed, seconds))
    processor, wall, passed, seconds = min(runs)
    least_wall = min(run[1] for run in runs)
    return {
        "seconds": round(least_wall, 2),
        "processor_seconds": round(processor, 2),
        "passed": passed,
        "seconds_by_check": seconds,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=30_000)
    parser.add_argument("--features", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    features = features_config(chosen.features)
    bars = simulate_bars(chosen.bars, seed=1, asset=ASSET)
    build(bars[:3_000], features)
    alone = best_of(
        chosen.repeats, lambda: audit_features(lambda b: build(b, features), bars, warmup_bars=warmup_bars(features))
    )
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRADY2_HOME"] = str(Path(folder) / "home")
        evidence = prepared(Path(folder), bars, features)
        whole = best_of(chosen.repeats, lambda: audit_training(evidence))
    facts = {"benchmark": "audit", "bars": chosen.bars, "features": len(feature_names(features))}
    limit = {"limit_seconds": LIMIT_SECONDS, "within_limit": float(str(whole["seconds"])) <= LIMIT_SECONDS}
    print(json.dumps(facts | {"audit_features": alone, "audit_training": whole} | limit))


def prepared(folder: Path, bars: object, features: FeaturesConfig) -> TrainingEvidence:
    """Store the bars, build the vectors, and return what a training would use."""
    data = {"bars": str(folder / "bars"), "vectors": str(folder / "vectors")}
    config = Config(
        target={"horizon_steps": 12, "return_threshold": 0.01}, backtest={"fee_bps": 10.0}, data=data, features=features
    )
    write_bars(data["bars"], BarsImport(bars, bars[:0], {"asset": ASSET, "timeframe": "1h"}, None))
    update(data["bars"], data["vectors"], ASSET, features)
    panel = read_panel(data["vectors"], [ASSET])
    labels = label_arrays(panel, config.target)
    zones = cut_zones(panel, labels, config.split, hold_bars=config.backtest.hold_bars)
    return TrainingEvidence(panel, labels, zones, config)


if __name__ == "__main__":
    main()
