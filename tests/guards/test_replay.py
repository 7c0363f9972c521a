from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from trady2.config import Config
from trady2.data.panel import Panel
from trady2.data.vectors import read_panel
from trady2.errors import DataError
from trady2.guards.feature_source import find_source
from trady2.guards.replay import replay


def test_stored_vectors_are_what_the_bars_give(stored_panel: Panel, store: Config) -> None:
    """Built again in memory, every bit agrees."""
    outcome = replay(stored_panel, find_source(stored_panel, store))
    assert outcome.findings == ()
    assert outcome.numbers == {"assets": 1, "rows": len(stored_panel), "columns_left_out": []}


def test_a_market_is_built_again_as_well(stocked: Callable[..., Config], monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns that compare assets agree too, under a mean market and under a leader."""
    relative = {"indicators": {"log_return": {"windows": [1]}, "market_beta": {"windows": [48]}}}
    for more in ({}, {"market_leader": "SIM-B"}):
        config = stocked("SIM-A", "SIM-B", rows=700, **relative, **more)
        panel = read_panel(config.data.vectors, [])
        assert replay(panel, find_source(panel, config)).findings == ()
    monkeypatch.setattr("trady2.guards.replay._MOST_ASSETS", 1)
    assert replay(panel, find_source(panel, config)).numbers["assets"] == 1


def test_large_markets_are_left_out(stocked: Callable[..., Config], monkeypatch: pytest.MonkeyPatch) -> None:
    """With very many assets only the columns of an asset itself are built again, and the others are named."""
    config = stocked("SIM-A", "SIM-B", rows=900, indicators=None)
    panel = read_panel(config.data.vectors, [])
    monkeypatch.setattr("trady2.guards.replay._MOST_MARKET", 1)
    outcome = replay(panel, find_source(panel, config))
    assert (outcome.findings, len(outcome.numbers["columns_left_out"]) > 3) == ((), True)


def test_one_bit_is_found_by_name(stored_panel: Panel, store: Config) -> None:
    """A stored value whose last bit differs names column, asset and time, and the way out."""
    features = stored_panel.features.copy()
    features[900, 1] = np.nextafter(features[900, 1], np.float32(9), dtype=np.float32)
    (finding,) = replay(replace(stored_panel, features=features), find_source(stored_panel, store)).findings
    assert (finding.check, finding.column, finding.level) == ("A10", stored_panel.feature_names[1], "hard")
    assert f"SIM-A: 1 stored values are not what the bars give, the first at {stored_panel.timestamp[900]}Z" in (
        finding.detail
    )
    assert "trady2 features build --config FILE" in finding.detail


def test_a_missing_value_is_no_value(stored_panel: Panel, store: Config) -> None:
    """A value where there should be none, and none where there should be one, are differences."""
    features = stored_panel.features.copy()
    features[0, 2], features[900, 1] = 0.0, np.nan
    found = replay(replace(stored_panel, features=features), find_source(stored_panel, store)).findings
    assert [each.column for each in found] == [stored_panel.feature_names[place] for place in (1, 2)]


def test_vectors_without_bars_are_found(stored_panel: Panel, store: Config) -> None:
    """A vector whose bar is not stored cannot have come from it."""
    time = stored_panel.timestamp + np.timedelta64(30, "m")
    (finding,) = replay(replace(stored_panel, timestamp=time), find_source(stored_panel, store)).findings
    assert (finding.column, "vectors without a stored bar" in finding.detail) == (None, True)


def test_a_builder_that_fails_is_told(stored_panel: Panel, store: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user's builder raises while it is replayed is one sentence."""

    def failing(*_given: object, **_named: object) -> object:
        raise KeyError("funding")

    monkeypatch.setattr("trady2.guards.replay.build", failing)
    with pytest.raises(DataError, match="cannot be built again: it raised KeyError: 'funding'"):
        replay(stored_panel, find_source(stored_panel, store))
