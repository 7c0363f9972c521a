"""Starts a repetition as a fresh process, with environment, store and ledger of its own, and reads what it made."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from flows.runs import read_json, write_json
from trady2.errors import IntegrityError

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.registry.integrity import Sealed

__all__ = ["Repeated", "repeat_in_process"]

_ROOT = Path(__file__).parents[1]
_KEPT = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "NUMBA_CACHE_DIR", "PATH", "TMPDIR")
_LAST_CHARACTERS = 2_000


@dataclass(frozen=True)
class Repeated:
    """What a repetition gave, and what it took."""

    sealed: Sealed
    seconds: float
    cpu_seconds: float


def repeat_in_process(request: Mapping[str, Any], config: Config, *, log: Path) -> Repeated:
    """Train by *config* in a process of its own; nothing of it is left but its files in memory and the *log*.

    Args:
        request: ``features``, ``leak_certificate``, ``judged`` and ``rules_sha256``; see `flows.repeating`.
        config: with the data pinned.
        log: where the process writes what it shows.

    Raises:
        IntegrityError: the training that once ended well does not any more.
    """
    from trady2.registry.integrity import read_sealed

    with tempfile.TemporaryDirectory(prefix="trady2-reproduce-") as name:
        folder = Path(name)
        write_json(folder / "request.json", dict(request))
        text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
        (folder / "config.yaml").write_text(text, "utf-8")
        began, used = time.monotonic(), _children_seconds()
        result = _run(folder, log)
        took = time.monotonic() - began, _children_seconds() - used
        version = result["version"].replace("+", "-")
        path = folder / "bentoml" / "models" / result["name"] / version
        return Repeated(read_sealed(path, name=result["name"], folder=version), *took)


def _run(folder: Path, log: Path) -> dict[str, Any]:
    environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
    environment |= {"BENTOML_HOME": str(folder / "bentoml"), "TRADY2_HOME": str(folder / "home")}
    environment |= {"BENTOML_DO_NOT_TRACK": "True", "PYTHONPATH": str(_ROOT)}
    with log.open("wb") as told:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", "flows.repeating", str(folder)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            check=False,
        )
    file = folder / "result.json"
    result = read_json(file) if file.exists() else {}
    if done.returncode != 0 or "version" not in result:
        last = log.read_text("utf-8", errors="replace")[-_LAST_CHARACTERS:]
        reason = result.get("error") or f"exit code {done.returncode}, {last}"
        raise IntegrityError(
            f"the training does not end well any more: {reason}; its log is {log}", reason=reason, log=str(log)
        )
    return result


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
