"""explain-version: a registered version and its test zone → which features it lives by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from flows.engine import current_engine, flow, task
from flows.explanation_telling import importance_rows
from flows.pinning import pinned_config, pinned_panel, require_training
from flows.provenance import config_digest
from flows.runs import new_run, read_json, write_json
from trady2.config import Config
from trady2.home import ledger_url

__all__ = ["explain_version_flow"]


@task("open", retries=2)
def open_explained(name: str, version: str) -> str:
    """Verify the version, and keep what it is in a new run."""
    from trady2.registry.loading import open_version

    opened = open_version(name, version)
    require_training(opened.manifest, ("config", "data", "zones"))
    run = new_run("explain-version")
    known = {"name": name, "version": opened.version.version, "sha256": opened.sha256}
    write_json(run / "01_version.json", known)
    current_engine().say(f"{name} {opened.version.version}")
    return str(run)


@task("importance", retries=2)
def measure_importance(run_name: str, repeats: int, actor: str) -> dict[str, Any]:
    """Shuffle each feature in the test zone. The read is in the ledger."""
    from trady2.learning.importance import importance
    from trady2.learning.target import label_arrays
    from trady2.registry.ledger import Ledger
    from trady2.registry.loading import open_version

    run, engine = Path(run_name), current_engine()
    known = read_json(run / "01_version.json")
    opened = open_version(known["name"], known["version"])
    config, panel = pinned_config(opened.manifest), pinned_panel(opened.manifest)
    own = Config.read(opened.manifest["config"], source=f"manifest of {known['version']}")
    read = {"run": run.name, "config_sha256": config_digest(own), "data_sha256": opened.manifest["data"]["digest"]}
    ledger = Ledger(ledger_url())
    ledger.append("tested", name=known["name"], version=known["version"], actor=actor, payload=read)
    found = importance(
        opened.model,
        panel,
        label_arrays(panel, config.target),
        np.flatnonzero(panel.decision_time >= _test_start(opened.manifest)),
        horizon_steps=config.target.horizon_steps,
        repeats=repeats,
        seed=config.seed,
        progress=engine.progress,
    )
    result = {**known, **found.as_json(), "run": str(run)}
    write_json(run / "02_importance.json", result)
    engine.show_table("importance", importance_rows(result))
    engine.say(f"{found.rows:,} rows; most by {found.features[0].feature}")
    return result


def _test_start(manifest: dict[str, Any]) -> np.datetime64:
    """Return the first decision time of the test zone."""
    start = next(zone["start"] for zone in manifest["zones"] if zone["zone"] == "test")
    return np.datetime64(start.rstrip("Z"))


@flow("explain-version")
def explain_version_flow(
    version: str, name: str = "trady2", repeats: int = 5, actor: str = "prefect"
) -> dict[str, Any]:
    """Measure which features a registered version lives by: gain, SHAP values, and shuffling in its test zone.

    Args:
        version: The exact version, such as 1.0.0+20251101_120000.
        name: The model's name.
        repeats: How often each feature is shuffled.
        actor: Who asks; it goes into the ledger.
    """
    return measure_importance(open_explained(name, version), repeats, actor)
