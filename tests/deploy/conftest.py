"""What every image is tried with: a store with an active version, vectors, and the files of the repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.container import context_of, packages_or_skip
from tests.service.tiny_service import settle, stock
from tests.serving.tiny_version import tiny_model


@dataclass(frozen=True)
class Stocked:
    """The active version, and the probability that it gives for the newest vector of BTC-EUR."""

    version: str
    probability: float


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the environment name an empty store, `tmp_path/store`, and no vectors in `tmp_path/vectors`."""
    return settle(tmp_path, monkeypatch)


@pytest.fixture
def stocked(home: Path) -> Stocked:
    """Fill both."""
    model = tiny_model()
    panel, version = stock(home, model)
    return Stocked(version.version, float(model.predict_probability(panel)[-1]))


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """Give what a builder is given; skip where there are no packages to install."""
    packages_or_skip(tmp_path)
    return context_of(tmp_path / "context")
