"""Where state lives: one folder, beside the BentoML store, or where the environment says."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["bentoml_home", "ledger_url", "store_home", "trady2_home"]


def bentoml_home() -> Path:
    """Return the folder of the BentoML store: ``BENTOML_HOME``, by default ``~/bentoml``."""
    return Path(os.environ.get("BENTOML_HOME") or Path.home() / "bentoml").expanduser().absolute()


def store_home() -> Path:
    """Return the folder that holds ``models/`` and ``aliases/``: ``TRADY2_STORE``, by default that of BentoML.

    BentoML makes folders in its own home at each start; what is mounted or baked in for reading alone lies elsewhere.
    """
    return Path(os.environ.get("TRADY2_STORE") or bentoml_home()).expanduser().absolute()


def trady2_home() -> Path:
    """Return the folder of ledger, runs and logs: ``TRADY2_HOME``, by default ``$BENTOML_HOME/trady2``."""
    return Path(os.environ.get("TRADY2_HOME") or bentoml_home() / "trady2").expanduser().absolute()


def ledger_url() -> str:
    """Return the SQLAlchemy address of the ledger: ``TRADY2_LEDGER_URL``, by default SQLite in the home folder."""
    return os.environ.get("TRADY2_LEDGER_URL") or f"sqlite:///{trady2_home() / 'ledger.db'}"
