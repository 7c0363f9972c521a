"""What a worker has imported after it has answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.service.tiny_service import stock
from trady2.learning.model import Model

# Loads the service as `bentoml serve` does in a worker, starts it, asks it, and tells what it has imported.
WORKER = """
import asyncio, json, sys
import bentoml
unpickled, serving = [], False
sys.addaudithook(lambda event, told: serving and event == "pickle.find_class" and unpickled.append(str(told)))
bentoml.server_context.worker_index = 1
from _bentoml_impl.loader import load
app = load(".", standalone_load=True).to_asgi()

async def ask(path, body):
    async def receive():
        return {"type": "http.request", "body": body}
    sent = []
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "method": "POST" if body else "GET", "path": path, "server": ("127.0.0.1", 3000)}
    await app({**scope, "headers": [(b"content-type", b"application/json")]}, receive, send)
    return sent[0]["status"]

async def live():
    arriving, started = asyncio.Queue(), asyncio.Event()
    async def send(message):
        started.set()
    arriving.put_nowait({"type": "lifespan.startup"})
    life = asyncio.create_task(app({"type": "lifespan", "asgi": {}, "state": {}}, arriving.get, send))
    await started.wait()
    asked = [("/api/v1/analytics/predict/", b'{"asset": "BTC-EUR", "explain": true}')]
    asked += [("/api/v1/models/", b""), ("/metrics", b""), ("/", b""), ("/live.json", b"")]
    version = "/api/v1/models/trady2/" + sys.argv[1]
    asked += [(version + "/activate", b'{"reason": "a test"}'), (version + "/manifest", b"")]
    asked += [("/api/v1/models/trady2/events", b"")]
    statuses = [await ask(path, body) for path, body in asked]
    arriving.put_nowait({"type": "lifespan.shutdown"})
    await life
    return statuses

serving = True
statuses = asyncio.run(live())
print(json.dumps([statuses, unpickled, [name for name, module in sys.modules.items() if module is not None]]))
"""
TRAINING = {"sklearn", "pandas", "numba", "talib", "plotly", "prefect", "joblib", "matplotlib", "typer"}
OURS = ("trady2.learning.", "trady2.backtest", "trady2.features", "trady2.reports", "trady2.stats", "flows")
PREDICTING = (
    "model", "calibrator", "contributions", "down_head", "row_prediction", "runs", "signal", "single_row", "trees",
)  # fmt: skip
ALLOWED = {"trady2.cores", *(f"trady2.learning.{name}" for name in PREDICTING)}


def test_a_worker_unpickles_nothing_and_imports_nothing_of_training(home: Path, model: Model) -> None:
    """Loading, answering, listing, metrics, the page and an activation unpickle nothing and need no training code."""
    _, version = stock(home, model)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", WORKER, version.version]
    told = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, check=False
    )
    assert told.returncode == 0, told.stderr.decode()
    statuses, unpickled, imported = json.loads(told.stdout.splitlines()[-1])
    assert statuses == [200] * 8
    assert unpickled == []
    assert {name.partition(".")[0] for name in imported} & TRAINING == set()
    assert [name for name in imported if name.startswith(OURS) and name not in ALLOWED] == []
