"""The leak audit as a stage: evidence from the files of a run, a certificate beside them, an event in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flows import run_files
from flows.audit_telling import audit_line, check_rows, findings_markdown
from flows.engine import current_engine, task
from flows.runs import read_json, run_config, write_json

if TYPE_CHECKING:
    from trady2.guards.evidence import TrainingEvidence

__all__ = ["AUDIT_FILE", "audit_training_run", "certify"]

AUDIT_FILE = "08_leak_audit.json"


@task("audit", retries=2)
def audit_training_run(run_name: str, actor: str) -> None:
    """Audit what a training used and gave; a leak does not stop the run, it goes with the version for ever."""
    from trady2.guards.evidence import TrainingEvidence

    run = Path(run_name)
    config, zones = run_config(run), run_files.load_zones(run / "03_zones.npz")
    panel_facts = read_json(run / "01_vectors.json")
    panel = run_files.load_panel(config, panel_facts["features"])
    predicted = run_files.load_arrays(run / "06_probability.npz")
    for values in predicted.values():
        values[panel.decision_time < zones.start["calibrate"]] = np.nan
    evidence = TrainingEvidence(
        panel=panel,
        labels=run_files.load_labels(run / "02_labels.npz"),
        zones=zones,
        config=config,
        seed=config.seed,
        probability=predicted["probability"],
        score=predicted["score"],
        threshold=read_json(run / "06_threshold.json")["threshold"],
        scorecard=read_json(run / "07_scorecard.json"),
        metrics=read_json(run / "08_report.json")["metrics"],
        data_sha256=panel_facts["digest"],
        actor=actor,
    )
    certify(evidence, run, version=None)


def certify(evidence: TrainingEvidence, run: Path, *, version: str | None) -> dict[str, Any]:
    """Audit, keep the certificate as a file, an event and artifacts, and return it as plain values."""
    from trady2.guards.training_audit import audit_training
    from trady2.registry.ledger import Ledger

    engine = current_engine()
    found = audit_training(evidence, progress=engine.progress)
    certificate = {**found.as_json(), "sha256": found.sha256}
    write_json(run / AUDIT_FILE, certificate)
    failed = sorted({finding.check for finding in found.findings})
    event = {"run": run.name, "passed": found.passed, "level": found.level, "failed": failed, "sha256": found.sha256}
    Ledger().append("audited", name=evidence.config.name, version=version, actor=evidence.actor, payload=event)
    engine.show_table("leak-audit", check_rows(certificate))
    engine.show_markdown("leak-findings", findings_markdown(certificate))
    engine.say(audit_line(certificate))
    return certificate
