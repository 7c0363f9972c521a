from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from trady2.config import FeaturesConfig
from trady2.errors import ConfigError
from trady2.features.bar_arrays import BarArrays
from trady2.features.blocks import Block
from trady2.features.engine import Engine
from trady2.features.fingerprint import engine_digest, joint_digest, rows_digest

HOUR = 3_600_000_000


def test_rows_are_told_apart_by_any_bit(bars: pd.DataFrame, to_arrays: Callable[[pd.DataFrame], BarArrays]) -> None:
    """One last bit of any number inside the block changes its digest; nothing outside does."""
    given, block = to_arrays(bars), Block(0, 100, 200)
    digest = rows_digest(given, block)
    assert rows_digest(to_arrays(bars.copy()), block) == digest
    for name in ("time", "open", "high", "low", "close", "volume"):
        for row, same in ((99, True), (100, False), (199, False), (200, True)):
            values = getattr(given, name).copy()
            values[row] = values[row] + 1 if name == "time" else np.nextafter(values[row], np.inf)
            assert (rows_digest(replace(given, **{name: values}), block) == digest) is same


def test_engines_are_told_apart() -> None:
    """Windows, timeframes, the step, the market and the user's code each count; order of market names does not."""
    base = {"indicators": {"rsi": {"windows": [5]}}, "higher_timeframes": ["4h"]}

    def digest(step: int = HOUR, market: tuple[str, ...] = (), leader: str | None = None, **changed: object) -> str:
        return engine_digest(Engine.of(FeaturesConfig(**{**base, **changed}), step, market=False), market, leader)

    variants = [
        digest(),
        digest(indicators={"rsi": {"windows": [6]}}),
        digest(higher_timeframes=["1d"]),
        digest(step=HOUR // 60),
        digest(market=("A", "B")),
        digest(market=("A", "B"), leader="A"),
        digest(builder="tests.features.own:momentum"),
    ]
    assert len(set(variants)) == len(variants)
    assert digest(market=("B", "A")) == digest(market=("A", "B"))


def test_a_builder_without_a_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that has no file could change without a trace."""
    engine = Engine.of(FeaturesConfig(builder="tests.features.own:momentum"), HOUR, market=False)
    monkeypatch.setattr("inspect.getmodule", lambda _function: None)
    with pytest.raises(ConfigError, match="has no source file; define it in a module"):
        engine_digest(engine, (), None)


def test_joining_keeps_the_order() -> None:
    """The same parts in another order, or cut otherwise, are something else."""
    assert len({joint_digest(["a", "b"]), joint_digest(["b", "a"]), joint_digest(["ab"])}) == 3
