"""A model for all tests of the service, and an empty store for each that wants one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.tiny_service import settle
from tests.serving.tiny_version import tiny_model
from trady2.learning.model import Model


@pytest.fixture(scope="session")
def model() -> Model:
    """One tiny model for all tests."""
    return tiny_model()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store and no vectors."""
    return settle(tmp_path, monkeypatch)
