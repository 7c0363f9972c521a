"""A store of their own for the tests of answering."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serving.tiny_version import NOON, publish_tiny, store, tiny_model, tiny_panel
from trady2.data.panel import Panel
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.registry.version import Version
from trady2.serving.predictor import Predictor


@pytest.fixture(scope="session")
def model() -> Model:
    """One tiny model for all tests."""
    return tiny_model()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store."""
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "store"))
    monkeypatch.delenv("TRADY2_HOME", raising=False)
    monkeypatch.delenv("TRADY2_LEDGER_URL", raising=False)
    return tmp_path


@pytest.fixture
def panel(home: Path) -> Panel:
    """The stored vectors of BTC-EUR, known at noon."""
    return store(home / "vectors", tiny_panel("BTC-EUR"))


@pytest.fixture
def version(home: Path, model: Model) -> Version:
    """The tiny model as the active version."""
    assert home.exists()
    published = publish_tiny(model)
    activate("trady2", published.version, reason="a test", actor="tester")
    return published


@pytest.fixture
def predictor(home: Path, panel: Panel, version: Version) -> Predictor:
    """A predictor at noon, with the active version loaded."""
    assert panel.assets == ("BTC-EUR",)
    ready = Predictor(version.name, home / "vectors", now=lambda: NOON)
    ready.refresh()
    return ready
