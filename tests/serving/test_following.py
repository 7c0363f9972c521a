"""One name alone; what following means for answers is in test_predictor."""

from __future__ import annotations

import pytest

from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.errors import NotFoundError
from trady2.registry.activation import activate
from trady2.registry.version import Version
from trady2.serving.following import Following


def test_a_fixed_version_stays(version: Version) -> None:
    """It answers without being active, and another activation leaves nothing to do."""
    other = publish_tiny(tiny_model(seed=2), "1.1.0")
    fixed = Following("trady2", other.version)
    assert fixed.is_behind()
    fixed.refresh()
    assert fixed.answering().version == other.version
    activate("trady2", version.version, reason="a test", actor="tester")
    assert not fixed.is_behind()


def test_a_fixed_version_that_is_not_there_is_refused(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, and tried again later: it may still be published."""
    fixed = Following("trady2", "9.0.0+20990101_000000")
    fixed.refresh()
    assert fixed.refusal is not None
    assert "9.0.0" in fixed.refusal.reason
    assert (fixed.snapshot, fixed.is_behind()) == (None, False)
    monkeypatch.setattr(fixed, "_retry_at", 0.0)
    assert fixed.is_behind()
    assert version.version


def test_a_name_is_alone_in_its_state(version: Version) -> None:
    """A name with nothing active says so while another answers."""
    one, other = Following("trady2"), Following("other")
    for following in (one, other):
        following.refresh()
    assert one.answering().version == version.version
    with pytest.raises(NotFoundError, match="other has no active version"):
        other.answering()
