"""Where a version comes from: digests of code, lock file and configuration, and the commit if there is one."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trady2.files import sha256_of_file

if TYPE_CHECKING:
    from trady2.config import Config

__all__ = ["code_digest", "config_digest", "provenance", "rules_digest"]

_ROOT = Path(__file__).parents[1]


def code_digest() -> str:
    """Return the SHA-256 over the source of the library: paths and contents, in the order of the paths."""
    digest = hashlib.sha256()
    for file in sorted((_ROOT / "trady2").rglob("*.py")):
        digest.update(str(file.relative_to(_ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def config_digest(config: Config) -> str:
    """Return the SHA-256 of a configuration with all its defaults, as JSON with sorted keys."""
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def rules_digest(config: Config) -> str:
    """Return the SHA-256 of what a result depends on: not the model's name and number, nor where its files lie."""
    facts = config.model_dump(mode="json", exclude={"name", "version", "sweep", "tune", "study", "monitor", "serve"})
    facts["data"] = {key: facts["data"][key] for key in ("assets", "start", "end")}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def provenance(config: Config) -> dict[str, Any]:
    """Return the digests that tell two trainings apart; the commit is None outside a checkout."""
    lock = _ROOT / "locks" / "worker.txt"
    return {
        "code_sha256": code_digest(),
        "config_sha256": config_digest(config),
        "lock_sha256": sha256_of_file(lock) if lock.exists() else None,
        "commit": _git("rev-parse", "HEAD"),
        "changed_since_commit": bool(_git("status", "--porcelain", "--", "trady2")),
    }


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", str(_ROOT), *arguments],  # noqa: S607 - the user's git
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
