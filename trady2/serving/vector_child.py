"""The vector of the last of some bars, computed in this process, or as the child that computes it for a worker.

    python -m trady2.serving.vector_child      # reads requests from standard input until that is closed

A request is a line of JSON, then for each asset its times (int64) and its prices ((5, n) float64), little-endian as the
processor has them; an answer is a line of JSON, then float32. Nothing is pickled. See `trady2.serving.vector_process`.
"""

from __future__ import annotations

import json
import select
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from trady2.data.panel import PRICES
from trady2.errors import Trady2Error

if TYPE_CHECKING:
    from trady2.features.bar_arrays import BarArrays
    from trady2.features.last_vector import LastVector

__all__ = ["Bars", "Plan", "Vector", "main", "vector_of"]

_IDLE_SECONDS: Final = 600.0
Vector = tuple[tuple[str, ...], npt.NDArray[np.float32]]
"""The names of the features, and their (f,) values."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Checked bars: (n,) open times in microseconds since 1970 UTC, and (5, n) prices and volume."""

    time: npt.NDArray[np.int64]
    prices: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is computed: the section ``features`` as JSON, the timeframe in microseconds, with or without a market."""

    config: str
    step: int
    market: bool


def vector_of(plan: Plan, asset: str, own: Bars, market: Mapping[str, Bars]) -> Vector:
    """Compute the last vector of *own* beside *market*.

    Raises:
        ConfigError: the plan needs frames, or does not fit the timeframe.
        ImportError: numba or TA-Lib is missing.
        NotEnoughDataError, NotFoundError: see `trady2.features.last_vector`.
    """
    maker = _planned(plan)
    values = maker(asset, _arrays(own, plan.step), {name: _arrays(bars, plan.step) for name, bars in market.items()})
    return tuple(maker.names), values


@lru_cache(maxsize=8)
def _planned(plan: Plan) -> LastVector:
    from trady2.config import FeaturesConfig
    from trady2.features.last_vector import LastVector

    return LastVector(FeaturesConfig.model_validate_json(plan.config), plan.step, market=plan.market)


def _arrays(bars: Bars, step: int) -> BarArrays:
    from trady2.features.bar_arrays import BarArrays

    return BarArrays(bars.time, step, **dict(zip(PRICES, bars.prices, strict=True)))


def main() -> None:
    """Answer until nobody can ask any more, or nobody has for ten minutes."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory runs out, this child goes before its worker
    for module in ("pandas", "sklearn"):
        sys.modules.setdefault(module, None)  # type: ignore[arg-type]  # Python's way to say: not to be had
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    while select.select([asked], [], [], _IDLE_SECONDS)[0] and (line := asked.readline()):
        head = json.loads(line)
        bars = [_read(asked, size) for size in head["sizes"]]
        try:
            market = dict(zip(head["market"], bars[1:], strict=True))
            names, values = vector_of(Plan(**head["plan"]), head["asset"], bars[0], market)
            told: dict[str, Any] = {"names": names}
        except (Trady2Error, ImportError) as error:
            values = np.empty(0, np.float32)
            plain = json.loads(json.dumps(getattr(error, "values", {}), default=str))
            told = {"error": type(error).__name__, "message": str(error), "values": plain}
        answers.write(json.dumps(told).encode() + b"\n" + values.tobytes())
        answers.flush()


def _read(asked: IO[bytes], size: int) -> Bars:
    time = np.frombuffer(asked.read(8 * size), np.int64)
    return Bars(time, np.frombuffer(asked.read(8 * size * len(PRICES)), np.float64).reshape(len(PRICES), size))


if __name__ == "__main__":
    main()
