"""`bentoml build` without a network, and the built Bento served away from the sources."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml

from tests.service.bento_process import BENTOML, ROOT, serving
from tests.service.tiny_service import settle, stock
from trady2.learning.model import Model

DEAD = "http://127.0.0.1:9"
OFFLINE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), DEAD) | {
    "NO_PROXY": "127.0.0.1",
    "PIP_INDEX_URL": DEAD,
    "UV_INDEX_URL": DEAD,
    "UV_OFFLINE": "1",
}


@pytest.mark.slow
def test_a_built_bento_serves_from_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    """Built offline, without the model in it; served by its tag, it finds store and vectors of the machine."""
    settle(tmp_path, monkeypatch)
    panel, version = stock(tmp_path, model)
    subprocess.run([BENTOML, "build"], cwd=ROOT, env={**os.environ, **OFFLINE}, check=True, capture_output=True)
    bento = next((tmp_path / "store/bentos/trady2-service").glob("*/bento.yaml")).parent
    assert not (bento / "models").exists()
    assert "://" not in (bento / "env/python/requirements.txt").read_text("utf-8")
    document = yaml.safe_load((bento / "apis/openapi.yaml").read_text("utf-8"))
    assert "/api/v1/analytics/predict/" in document["paths"]

    environment = {**OFFLINE, "TRADY2_VECTORS": "vectors", "PYTHONPATH": ""}
    with serving(f"trady2-service:{bento.name}", cwd=tmp_path, log=tmp_path / "log", environment=environment) as served:
        answer = served.client.predict("BTC-EUR")
        assert (answer["version"], answer["probability"]) == (version.version, model.predict_probability(panel)[-1])
        with urlopen(served.client.url + "/", timeout=30) as page:  # noqa: S310 - our own service
            assert version.version in str(page.read(), "utf-8")
        assert {worker.cwd() for worker in served.workers()} == {str(bento / "src")}
