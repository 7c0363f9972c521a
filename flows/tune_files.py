"""Where the tries of a study lie, what makes it another study, and the best of them as a configuration."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from trady2.errors import ConfigError
from trady2.files import atomic_write
from trady2.home import trady2_home

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trady2.config import Config
    from trady2.guards.tune_result import Tuned

__all__ = ["study_facts", "study_folder", "write_best"]

_RULES = ("target", "split", "model", "backtest")


def study_facts(config: Config, data_sha256: str, end: str) -> dict[str, Any]:
    """Return all that a try's score depends on but its parameters; the budget is none of it."""
    rules = {name: getattr(config, name).model_dump(mode="json") for name in _RULES}
    walk = config.tune.model_dump(mode="json", exclude={"n_trials", "minutes", "space"})
    rules["model"].pop("num_threads")
    return {**rules, "tune": walk, "seed": config.seed, "data_sha256": data_sha256, "end": end}


def study_folder(name: str, study: str | None, facts: Mapping[str, Any]) -> Path:
    """Return ``$TRADY2_HOME/tune/<model>/<study>``; without a name it is a digest of the *facts*.

    Raises:
        ConfigError: a name that is no name of a folder.
    """
    if study is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", study):
        raise ConfigError(f"{study!r} is no name of a study; use letters, digits, '.', '_' and '-'", study=study)
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return trady2_home() / "tune" / name / (study or digest[:12])


def write_best(file: Path, config: Config, found: Tuned) -> Path:
    """Write *config*, whose model is the best one, as YAML under a comment that says what it is worth."""
    import yaml

    comment = "".join(f"# {line}\n" for line in wrap(f"Made by trady2 tune. {found.statement}", 110))
    body = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    atomic_write(file, (comment + body).encode())
    return file
