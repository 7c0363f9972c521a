"""What ``prefect.yaml`` points at: each wiring as a Prefect flow. Imports Prefect."""

from __future__ import annotations

from flows.activate_model import activate_model_flow, rollback_model_flow
from flows.audit_model import audit_model_flow
from flows.backtest_model import backtest_model_flow
from flows.build_features import build_features_flow
from flows.explain_version import explain_version_flow
from flows.import_bars import import_bars_flow
from flows.orchestration import orchestrated
from flows.reproduce_version import reproduce_version_flow
from flows.study_model import study_model_flow
from flows.sweep_backtest import sweep_backtest_flow
from flows.train_model import train_model_flow
from flows.tune_model import tune_model_flow

__all__ = [
    "activate_model",
    "audit_model",
    "backtest_model",
    "build_features",
    "explain_version",
    "import_bars",
    "reproduce_version",
    "rollback_model",
    "study_model",
    "sweep_backtest",
    "train_model",
    "tune_model",
]

import_bars = orchestrated(import_bars_flow)
build_features = orchestrated(build_features_flow)
train_model = orchestrated(train_model_flow)
audit_model = orchestrated(audit_model_flow)
backtest_model = orchestrated(backtest_model_flow)
explain_version = orchestrated(explain_version_flow)
reproduce_version = orchestrated(reproduce_version_flow)
sweep_backtest = orchestrated(sweep_backtest_flow)
tune_model = orchestrated(tune_model_flow)
study_model = orchestrated(study_model_flow)
activate_model = orchestrated(activate_model_flow)
rollback_model = orchestrated(rollback_model_flow)
