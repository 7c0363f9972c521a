from datetime import timedelta
from typing import Any

import pytest

from tests.serving.tiny_version import FEATURES
from trady2.registry.loading import open_active
from trady2.registry.version import Version
from trady2.serving.snapshot import Snapshot, stale_after_bars


def test_a_snapshot_is_the_version_that_was_opened(version: Version) -> None:
    """Name, version and digest come from the checked manifest, times from the model and its configuration."""
    opened = open_active(version.name)
    assert opened is not None
    snapshot = Snapshot.of(opened)
    assert (snapshot.name, snapshot.version, snapshot.sha256) == ("trady2", version.version, version.sha256)
    assert (snapshot.step, snapshot.stale_after) == (timedelta(hours=1), timedelta(hours=2))
    assert snapshot.feature_set == set(FEATURES)


@pytest.mark.parametrize(
    ("manifest", "bars"),
    [
        ({}, 2.0),
        ({"config": None}, 2.0),
        ({"config": {"monitor": {}}}, 2.0),
        ({"config": {"monitor": {"stale_after_bars": 3}}}, 3.0),
    ],
)
def test_two_bars_are_stale_unless_configured(manifest: dict[str, Any], bars: float) -> None:
    """A manifest without the key means two."""
    assert stale_after_bars(manifest) == bars
