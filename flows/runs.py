"""The run folder: what each stage of a run wrote, in numbered files, so that `ls` shows how far it came."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trady2.config import Config
from trady2.files import atomic_write
from trady2.home import trady2_home

__all__ = ["new_run", "read_json", "run_config", "write_json"]


def new_run(flow: str) -> Path:
    """Create ``$TRADY2_HOME/runs/<UTC time>_<flow>_<random>`` and return it."""
    born = datetime.now(UTC)
    folder = trady2_home() / "runs" / f"{born:%Y%m%d_%H%M%S}_{flow}_{uuid.uuid4().hex[:6]}"
    folder.mkdir(parents=True)
    return folder


def write_json(path: Path, value: object) -> Path:
    """Write *value* as readable JSON in one step; times become ISO text."""
    atomic_write(path, json.dumps(value, indent=2, default=str, allow_nan=False).encode() + b"\n")
    return path


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote."""
    return dict(json.loads(path.read_text("utf-8")))


def run_config(run: Path) -> Config:
    """Read the configuration as it was when the run began."""
    return Config.read(read_json(run / "00_config.json"), source=str(run / "00_config.json"))
