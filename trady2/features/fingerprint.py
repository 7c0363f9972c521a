"""What a block of vectors was made from, as one digest: the bars that went in, the configuration, and the code."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numba
import numpy as np

from trady2.errors import ConfigError
from trady2.features.bar_arrays import BarArrays
from trady2.features.blocks import BLOCK_BARS, Block
from trady2.features.engine import Engine
from trady2.features.own_builder import OwnBuilder

__all__ = ["engine_digest", "joint_digest", "rows_digest"]


def rows_digest(bars: BarArrays, block: Block) -> str:
    """Return the SHA-256 of the times and numbers of the bars inside *block*."""
    digest = hashlib.sha256()
    for values in (bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume):
        digest.update(np.ascontiguousarray(values[block.start : block.stop]).data)
    return digest.hexdigest()


def engine_digest(engine: Engine, market: Iterable[str], leader: str | None) -> str:
    """Return the SHA-256 of all that turns bars into values besides the bars: columns, market, code, libraries.

    Any edit of the library's feature code counts, for nothing tells a harmless one from one that moves a last bit.
    """
    columns = [(column.name, column.windows, column.timeframe) for column in engine.columns]
    own = None if engine.own is None else [engine.own.name, engine.own.warmup_bars, _source_of(engine.own)]
    facts = [columns, own, engine.step, BLOCK_BARS, sorted(market), leader, _code_digest()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def joint_digest(parts: Iterable[str]) -> str:
    """Return one SHA-256 of several digests in their order."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


@cache
def _code_digest() -> str:
    digest = hashlib.sha256(f"{np.__version__} {numba.__version__} {version('TA-Lib')}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _source_of(own: OwnBuilder) -> str:
    module = inspect.getmodule(inspect.unwrap(own.function))
    if module is None or module.__file__ is None:
        raise ConfigError(
            f"features.builder = {own.name!r} has no source file; define it in a module of its own", builder=own.name
        )
    return hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest()
