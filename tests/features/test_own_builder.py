from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from trady2.config import FeaturesConfig
from trady2.data.vectors import read_vectors
from trady2.errors import ConfigError, DataError
from trady2.features import build, feature_names, update, warmup_bars


def config(name: str) -> FeaturesConfig:
    """Return a configuration with one indicator and one builder."""
    return FeaturesConfig(
        indicators={"log_return": {"windows": [1]}}, higher_timeframes=[], builder=f"tests.features.own:{name}"
    )


def test_a_users_columns_stand_beside_the_librarys(bars: pd.DataFrame) -> None:
    """They are added, not exchanged; computed block by block they equal one call on all bars; warm-up is NaN."""
    vectors = build(bars, config("momentum"))
    assert list(vectors.columns[7:]) == feature_names(config("momentum"))
    assert warmup_bars(config("momentum")) == 300
    assert vectors.own_momentum[:300].isna().all()
    assert_allclose(vectors.own_momentum[300:], bars.close.pct_change(300)[300:], rtol=1e-6)
    assert_array_equal(vectors.own_weekend[300:], (bars.timestamp.dt.day_of_week >= 5)[300:])


def test_a_users_columns_are_updated_too(bars: pd.DataFrame, store: Callable[..., None], tmp_path: Path) -> None:
    """Stored in two portions they have the bits of one build."""
    for part in (bars[:2_345], bars[2_345:]):
        store(tmp_path / "bars", part)
        update(tmp_path / "bars", tmp_path / "vectors", "AAA", config("momentum"))
    expected = build(bars, config("momentum"))
    found = read_vectors(tmp_path / "vectors", ["AAA"])
    for name in expected.columns[7:]:
        assert_array_equal(found[name].to_numpy().view(np.int32), expected[name].to_numpy().view(np.int32))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("undeclared", "declares warmup_bars = None; set the attribute .* undeclared.warmup_bars = 100"),
        ("negative", "declares warmup_bars = -1"),
        ("momentun", "no such function; did you mean 'momentum'"),
        ("NO_FUNCTION", "no such function"),
    ],
)
def test_a_builder_that_cannot_be_used_is_refused(name: str, message: str) -> None:
    """A missing function or warm-up is told before any bar is read."""
    with pytest.raises(ConfigError, match=message):
        feature_names(config(name))


def test_a_missing_package_is_named() -> None:
    """The way out is the path on which Python looks."""
    with pytest.raises(ConfigError, match="No module named 'no_such_package'; put the folder of that package"):
        feature_names(FeaturesConfig(builder="no_such_package:function"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("listing", "returned no frame with a column 'timestamp'"),
        ("shortening", "returned 63 rows for 64 bars"),
        ("nothing", "returned no column; return at least one"),
        ("taking", r"returned \['close'\]; return at least one new name"),
        ("wordy", "returned 'own' as str; return numbers"),
        ("endless", "returned an infinite 'own'; return NaN"),
        ("changing", "returned the columns .*own_AAA.*own_TRIAL"),
    ],
)
def test_a_builder_that_returns_rubbish_is_refused(name: str, message: str, bars: pd.DataFrame) -> None:
    """Shape, times, names, types and infinities are audited, on the trial and on every block."""
    with pytest.raises(DataError, match=message):
        build(bars[:500], config(name))
