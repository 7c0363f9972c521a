"""What the environment says about the service: names, vectors, keys, log; `anchor` looks at all of it at the start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trady2.errors import ConfigError

if TYPE_CHECKING:
    from trady2.serving.prediction_log import PredictionLog
    from trady2.serving.predictor import Predictor
    from trady2.serving.routing import Routing

__all__ = ["anchor", "prediction_log", "predictor"]

# Workers start with these, for glibc: an arena of memory for each thread, and large blocks within them, such as the
# files of a version that is being verified, would not be given back (25 MB after a few activations).
_MEMORY: Final = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "524288",
    "MALLOC_TRIM_THRESHOLD_": "524288",
}
_PATHS = ("TRADY2_STORE", "TRADY2_API_KEYS_FILE", "TRADY2_PREDICTION_LOG", "TRADY2_SERVE_CONFIG")


def anchor() -> None:
    """Fix relative paths, before the workers change into the Bento's own folder; raises ConfigError for what is wrong.

    NotFoundError names a file that is not there.
    """
    os.environ["TRADY2_VECTORS"] = str(Path(_vectors()).absolute())
    for name in _PATHS:
        if os.environ.get(name, "off") not in ("", "off"):
            os.environ[name] = str(Path(os.environ[name]).absolute())
    from service.api_keys import ApiKeys
    from service.counting_place import make_place
    from service.limits import LimitSettings
    from service.page.sessions import share_secret

    for name, value in _MEMORY.items():
        os.environ.setdefault(name, value)
    make_place()
    share_secret()
    LimitSettings.from_environment()
    if problem := ApiKeys.from_environment().problem:
        raise ConfigError(f"the file of API keys: {problem}", file=os.environ["TRADY2_API_KEYS_FILE"])
    _log_days()
    if _routing().shadows and os.environ.get("TRADY2_PREDICTION_LOG") == "off":
        raise ConfigError("serve.shadows score into the prediction log, which is off; set TRADY2_PREDICTION_LOG")


def predictor(log: PredictionLog | None) -> Predictor:
    """Return what answers, and what scores beside it into the *log*, without a version yet."""
    from trady2.serving.last_good import LastGood
    from trady2.serving.predictor import Predictor
    from trady2.serving.vector_process import VectorProcess

    made = Predictor(_routing(), _vectors(), memory=LastGood, compute=VectorProcess())
    if made.routing.shadows and log is not None:
        from trady2.serving.shadows import Shadows

        made.shadows = Shadows(made.routing.shadows, made.following, log)
    return made


def prediction_log() -> PredictionLog | None:
    """Return the log of predictions, None where it is off."""
    from trady2.home import trady2_home
    from trady2.serving.prediction_log import PredictionLog

    folder = os.environ.get("TRADY2_PREDICTION_LOG") or str(trady2_home() / "predictions")
    return None if folder == "off" else PredictionLog(folder, keep_days=_log_days())


def _log_days() -> int | None:
    days = os.environ.get("TRADY2_PREDICTION_LOG_DAYS")
    if days and not (days.isascii() and days.isdigit() and int(days) > 0):
        raise ConfigError(f"TRADY2_PREDICTION_LOG_DAYS = {days!r} is no number of days; write 1 or more, or nothing")
    return int(days) if days else None


def _vectors() -> str:
    return os.environ.get("TRADY2_VECTORS") or "data/vectors"


def _routing() -> Routing:
    from trady2.config_serve import ServeConfig, load_serve
    from trady2.registry.version import check_name
    from trady2.serving.routing import Routing

    file, name = os.environ.get("TRADY2_SERVE_CONFIG"), os.environ.get("TRADY2_NAME") or "trady2"
    return Routing.of(load_serve(file) if file else ServeConfig(), check_name(name))
