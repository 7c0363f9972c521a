from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.guards.conftest import FEATURES
from trady2.config import Config, FeaturesConfig
from trady2.data.panel import Panel
from trady2.data.vectors import read_panel
from trady2.guards.feature_source import find_source


def test_a_store_has_its_function(store: Config, stored_panel: Panel) -> None:
    """With bars and the configuration that built the vectors, the function gives the same columns."""
    source = find_source(stored_panel, store)
    assert (source.missing, source.fault, source.has_market, source.warmup_bars) == ("", "", False, 280)
    bars = source.audited_bars()
    assert len(bars) == len(stored_panel)
    built = source.build(bars)
    np.testing.assert_array_equal(built[stored_panel.feature_names[0]], stored_panel.features[:, 0])


def test_without_bars_there_is_none(stored_panel: Panel, store: Config, tmp_path: Path) -> None:
    """Vectors alone cannot be computed again, and the reason names the asset and the way out."""
    data = store.data.model_copy(update={"bars": str(tmp_path / "none")})
    source = find_source(stored_panel, store.model_copy(update={"data": data}))
    assert "holds no bars of SIM-A" in source.missing
    assert "trady2 bars import" in source.missing


def test_other_columns_have_none(stored_panel: Panel, store: Config) -> None:
    """Vectors with columns that the configuration does not build were made by something that is not here."""
    other = replace(stored_panel, feature_names=("secret", *stored_panel.feature_names[1:]))
    source = find_source(other, store)
    assert "such as 'log_return_1'" in source.missing or "such as 'secret'" in source.missing
    assert source.made_by != find_source(stored_panel, store).made_by


@pytest.mark.parametrize(
    ("features", "text"),
    [
        ({"builder": "no_such_package:features"}, "No module named 'no_such_package'"),
        ({"builder": "tests.features.own:undeclared"}, "declares warmup_bars = None"),
        ({"indicators": {"rsii": {}}}, "did you mean 'rsi'"),
    ],
)
def test_a_function_that_cannot_be_named_is_a_fault(
    features: dict[str, object], text: str, stored_panel: Panel, store: Config
) -> None:
    """What is wrong with a builder or a configuration is kept as a sentence."""
    config = store.model_copy(update={"features": FeaturesConfig(**FEATURES | features)})
    source = find_source(stored_panel, config)
    assert (text in source.fault, source.missing) == (True, "")


def test_what_made_the_vectors_is_part_of_their_name(store: Config, stored_panel: Panel) -> None:
    """Other windows are another maker; the same configuration is the same."""
    first = find_source(stored_panel, store).made_by
    assert find_source(stored_panel, store).made_by == first
    wider = FeaturesConfig(**FEATURES | {"indicators": {"log_return": {"windows": [1, 7]}, "rsi": {"windows": [14]}}})
    assert find_source(stored_panel, store.model_copy(update={"features": wider})).made_by != first


def test_a_market_takes_a_second_asset(stocked: Callable[..., Config]) -> None:
    """Where features compare assets, two are audited, over the time that both cover; the leader among them."""
    relative = {"indicators": {"log_return": {"windows": [1]}, "market_beta": {"windows": [48]}}}
    config = stocked("SIM-A", "SIM-B", "SIM-C", rows=700, **relative)
    source = find_source(read_panel(config.data.vectors, []), config)
    assert (source.has_market, sorted(set(source.audited_bars().asset))) == (True, ["SIM-A", "SIM-B"])
    led = stocked("SIM-A", "SIM-C", rows=700, market_leader="SIM-C", **relative)
    alone = find_source(read_panel(led.data.vectors, ["SIM-A"]), led)
    assert sorted(set(alone.audited_bars().asset)) == ["SIM-A", "SIM-C"]
    shutil.rmtree(Path(led.data.bars) / "asset=SIM-C")
    assert "holds no bars of SIM-C" in find_source(read_panel(led.data.vectors, ["SIM-A"]), led).missing


def test_long_histories_are_cut_to_the_latest(
    store: Config, stored_panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most so many bars are audited, the newest."""
    monkeypatch.setattr("trady2.guards.feature_source._MOST_BARS", 500)
    bars = find_source(stored_panel, store).audited_bars()
    assert len(bars) == 500
    assert bars.timestamp.iloc[-1].tz_localize(None) == stored_panel.timestamp[-1]
