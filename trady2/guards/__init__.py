"""The guards: no leak gets registered without its name on it, no luck gets called an edge.

The modules in the order of their use (`docs/audit.md` says what each check sees, and what it cannot see):

- `certificate`: findings, results and the certificate; `check`: a check with its version
- `feature_audit`: the audit of a feature function, by `feature_checks`: `frame_contract` (A0), `lookahead` (A2, A3,
  with `outside_data`), `warmup` (A4), `feature_scan` (A6). Below them `bar_table` cuts history, `cuts` says where,
  `poison` changes the future, `builds` calls the function, `differences` compares, `feature_probe` keeps what is shared
- `training_audit`: the audit of a training, from its `evidence`, by `training_checks` and `data_checks`:
  `label_contract` (A0), `split_overlap` (A1), `shifted_labels` (A5, with `training_path` and `direction_area`),
  `too_good` (A7), `point_in_time` and `snapshots` (A8),
  `adversarial` (A9), `replay` (A10). `feature_source` finds the feature function
- `verdict`: edge, unproven or no edge, from `direction` (does the score tell rises from falls?) and `timing` (did
  trading on it beat being in the market as much at other times?), each an `estimate` with its uncertainty
- `tune`: a search for parameters of the model on history before the zone ``calibrate`` (`tune_zone`): where
  (`tune_space`), how a try is walked along time (`tune_walk`, `tune_tried`), where tries are kept (`tune_store`,
  `tune_journal`), and what the best of them is worth (`tune_result`, `tune_luck`)
- `study`: trainings along history before the zone ``test`` (`study_walk`), how their skill fades with age
  (`study_age`), and what training less often loses (`study_cadence`)
- `overfitting`: what the number of trials leaves of a result; `overfitting_result`: its numbers

    from trady2.guards import audit_features

    certificate = audit_features(build, bars, warmup_bars=200)
    certificate.passed, certificate.findings
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.guards.certificate import Finding, LeakCertificate
    from trady2.guards.direction import direction_skill
    from trady2.guards.estimate import Estimate
    from trady2.guards.evidence import TrainingEvidence
    from trady2.guards.feature_audit import audit_features
    from trady2.guards.overfitting import measure_overfitting
    from trady2.guards.overfitting_result import Overfitting
    from trady2.guards.timing import Timing, timing
    from trady2.guards.training_audit import audit_training
    from trady2.guards.verdict import Criterion, Evidence, Verdict, judge

__all__ = [
    "Criterion",
    "Estimate",
    "Evidence",
    "Finding",
    "LeakCertificate",
    "Overfitting",
    "Timing",
    "TrainingEvidence",
    "Verdict",
    "audit_features",
    "audit_training",
    "direction_skill",
    "judge",
    "measure_overfitting",
    "timing",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Criterion": "trady2.guards.verdict",
        "Estimate": "trady2.guards.estimate",
        "Evidence": "trady2.guards.verdict",
        "Timing": "trady2.guards.timing",
        "Verdict": "trady2.guards.verdict",
        "direction_skill": "trady2.guards.direction",
        "judge": "trady2.guards.verdict",
        "timing": "trady2.guards.timing",
        "Finding": "trady2.guards.certificate",
        "LeakCertificate": "trady2.guards.certificate",
        "TrainingEvidence": "trady2.guards.evidence",
        "audit_features": "trady2.guards.feature_audit",
        "audit_training": "trady2.guards.training_audit",
        "Overfitting": "trady2.guards.overfitting_result",
        "measure_overfitting": "trady2.guards.overfitting",
    },
)
