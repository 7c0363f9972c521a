"""The service over a store of its own, in this process, and what its refusals look like."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.schema import Failure
from tests.serving.tiny_version import FEATURES, HOUR, publish_tiny, store, tiny_panel
from trady2.data.panel import Panel
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.registry.version import Version

with warnings.catch_warnings():
    # BentoML imports what its libraries call deprecated, and Starlette asks for httpx2 instead of BentoML's httpx.
    warnings.simplefilter("ignore")
    import _bentoml_impl.server.app  # noqa: F401 - here, because the service would import it outside of this block
    from starlette.testclient import TestClient

    from service.service import Trady2


PREDICT = "/api/v1/analytics/predict/"
JSON = {"content-type": "application/json"}
GOOD = dict.fromkeys(FEATURES, 0.5)


def last_open() -> datetime:
    """Return the open of the newest bar that has closed by now."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR


def settle(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """Let the environment name an empty store and an empty set of vectors in *folder*."""
    patch.setenv("BENTOML_HOME", str(folder / "store"))
    patch.setenv("TRADY2_VECTORS", str(folder / "vectors"))
    names = ("TRADY2_HOME", "TRADY2_LEDGER_URL", "TRADY2_NAME", "TRADY2_PUBLIC_KEY", "TRADY2_PRIVATE_KEY")
    for name in (*names, "TRADY2_STORE", "PROMETHEUS_MULTIPROC_DIR"):
        patch.delenv(name, raising=False)
    return folder


def stock(folder: Path, model: Model) -> tuple[Panel, Version]:
    """Store fresh vectors of BTC-EUR and some of OLD-EUR that ended long ago, and activate *model*."""
    store(folder / "vectors", tiny_panel("OLD-EUR"))
    panel = store(folder / "vectors", tiny_panel("BTC-EUR", last_open=last_open()))
    version = publish_tiny(model)
    activate("trady2", version.version, reason="a test", actor="tester")
    return panel, version


def running() -> TestClient:
    """Return a client of the service over the store that the environment names; entering it starts the service."""
    return TestClient(Trady2.to_asgi(), base_url="http://127.0.0.1", raise_server_exceptions=False)


def refused(response: Any, status: int, code: str) -> str:
    """Check that *response* has the one shape of an error, and return its message."""
    failure = Failure.model_validate_json(response.content)
    assert (response.status_code, failure.error.code) == (status, code), failure
    assert response.headers["x-request-id"] == failure.error.request_id
    assert response.headers["content-type"] == "application/json"
    assert "Traceback" not in failure.error.message
    return failure.error.message
