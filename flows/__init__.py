"""The wiring: one file per deployment, where a flow is a list of task calls.

    import_bars → build_features → train_model → backtest_model, sweep_backtest → activate_model

A flow's list of stages exists once and runs in two ways: directly, without Prefect (`engine.Direct`),
or as a Prefect flow (`orchestration.Orchestrated`). `cli` holds the ``trady2`` command; `deployments` holds what
``prefect.yaml`` points at; `server` starts and stops the local Prefect server.
"""

import os

# Usage analytics off: libraries read these when they are imported, so it has to happen before all else.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
os.environ.setdefault("DO_NOT_TRACK", "1")
