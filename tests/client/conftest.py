"""A real service with a key, for what the clients are made for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.api_keys import new_key
from tests.service.bento_process import ROOT, serving
from tests.service.tiny_service import settle, stock
from tests.serving.tiny_version import tiny_model
from trady2.data.panel import Panel
from trady2.learning.model import Model


@dataclass(frozen=True)
class Real:
    """A running service, the key that it lets in, and what it has to answer: the model on the vectors of BTC-EUR."""

    url: str
    key: str
    version: str
    model: Model
    panel: Panel


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """`bentoml serve` with an active version and stored vectors."""
    folder, (key, entry), model = tmp_path_factory.mktemp("real"), new_key("predict"), tiny_model()
    with pytest.MonkeyPatch.context() as patch:
        settle(folder, patch)
        panel, version = stock(folder, model)
        patch.setenv("TRADY2_API_KEY", key)
        environment = {"TRADY2_API_KEYS": entry}
        with serving(".", cwd=ROOT, log=Path(folder, "log"), environment=environment) as served:
            patch.delenv("TRADY2_API_KEY")
            yield Real(served.client.url, key, version.version, model, panel)
