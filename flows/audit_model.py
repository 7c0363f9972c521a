"""audit-model: what a configuration would train on, or a version with its data → a leak certificate."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from flows.auditing import certify
from flows.engine import current_engine, flow, task
from flows.runs import new_run, read_json, run_config, write_json
from trady2.config import Config, load_config
from trady2.errors import ConfigError

__all__ = ["audit_model_flow"]


@task("open", retries=2)
def open_audit(config: str | None, version: str | None, name: str) -> str:
    """Open a run with the configuration: of a file, or of a version with the data up to its last row."""
    if (config is None) == (version is None):
        raise ConfigError(
            f"config = {config!r} and version = {version!r}: an audit is of one of them; name either a YAML file or a "
            "version",
            config=config,
            version=version,
        )
    run = new_run("audit-model")
    read = _of_version(run, name, version) if version else load_config(str(config))
    write_json(run / "00_config.json", read.model_dump(mode="json"))
    return str(run)


def _of_version(run: Path, name: str, version: str) -> Config:
    from trady2.registry.loading import open_version

    opened = open_version(name, version)
    known = {"name": name, "version": opened.version.version, "data_sha256": opened.manifest["data"]["digest"]}
    write_json(run / "01_version.json", known)
    read = Config.read(opened.manifest["config"], source=f"manifest of {version}")
    last = np.datetime64(str(opened.manifest["data"]["last"]).rstrip("Z")).astype("datetime64[us]").item()
    end = (last + timedelta(microseconds=1)).isoformat() + "+00:00"
    data = {**opened.manifest["config"]["data"], "end": end}
    return Config.read({**read.model_dump(mode="json"), "data": data}, source=f"manifest of {version}")


@task("audit", retries=2)
def audit_data(run_name: str, revision: str | None, actor: str) -> dict[str, Any]:
    """Read vectors, label them, cut zones as a training does, and audit all of it."""
    from trady2.data.vectors import read_panel
    from trady2.guards.evidence import TrainingEvidence
    from trady2.learning.split import cut_zones
    from trady2.learning.target import label_arrays

    run = Path(run_name)
    config, version = run_config(run), _known_version(run)
    features, data = _features_of(version), config.data
    panel = read_panel(data.vectors, data.assets, features=features, start=data.start, end=data.end)
    labels = label_arrays(panel, config.target)
    zones = cut_zones(panel, labels, config.split, hold_bars=config.backtest.hold_bars)
    current_engine().say(f"{len(panel):,} × {len(panel.feature_names)} of {', '.join(panel.assets)}")
    evidence = TrainingEvidence(
        panel=panel,
        labels=labels,
        zones=zones,
        config=config,
        seed=config.seed,
        actor=actor,
        revision=revision,
        **_of_model(version, panel, zones.start["calibrate"]),
    )
    number = version.get("version")
    certificate = certify(evidence, run, version=number)
    return {"name": config.name, "version": number, "run": str(run), **certificate}


def _known_version(run: Path) -> dict[str, Any]:
    file = run / "01_version.json"
    return read_json(file) if file.exists() else {}


def _features_of(version: dict[str, Any]) -> list[str] | None:
    from trady2.registry.loading import load

    return list(load(version["name"], version["version"]).features) if version else None


def _of_model(version: dict[str, Any], panel: Any, begin: Any) -> dict[str, Any]:
    """Return what a version adds to the evidence: probabilities, scores, and the digest of its data."""
    from trady2.registry.loading import open_version

    if not version:
        return {}
    opened = open_version(version["name"], version["version"])
    predicted = opened.model.predict(panel).without(panel.decision_time < begin)
    return {
        "probability": predicted.probability,
        "score": predicted.score,
        "threshold": opened.model.threshold,
        "scorecard": opened.manifest.get("scorecard") or {},
        "metrics": opened.manifest.get("backtest") or {},
        "data_sha256": version["data_sha256"],
    }


@flow("audit-model")
def audit_model_flow(
    config: str | None = None,
    version: str | None = None,
    revision: str | None = None,
    name: str = "trady2",
    actor: str = "prefect",
) -> dict[str, Any]:
    """Look for leaks in features, zones, labels and delivered data; of a version also in its results.

    Args:
        config: The YAML file whose data, features and zones are audited before a training.
        version: The exact version to audit again, such as 1.0.0+20251101_120000.
        revision: Why delivered days may differ from what was seen before; it goes into the ledger.
        name: The model's name, for a version.
        actor: Who asks; it goes into the ledger.
    """
    run = open_audit(config, version, name)
    return audit_data(run, revision, actor)
