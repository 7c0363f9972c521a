"""One worker over HTTP, with an API key and the prediction log, and beside it the plain way to serve such a model.

Both serve 200 trees, 31 leaves, 50 features (Trady2 two heads of them) with `bentoml serve` on loopback and are asked
through the same load generator: eight connections that stay open, in turns of a few seconds so that the machine's
other load falls on both. By asset Trady2 predicts once from each vector; by features it predicts each time. CPU is that
of the worker, user and system, without the load generator's: the least of the turns, as the rates are the best of them.
Prints one JSON line; `python benchmarks/serve.py 1.0` takes turns of one second.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import joblib
import lightgbm
import numpy as np
import pandas as pd
import psutil
from serving.big_model import FEATURES, LEAVES, NAMES, TREES, big_model, labels_of, matrix_of
from serving.load import Load, load

from service.api_keys import new_key
from trady2.data.panel import Panel
from trady2.data.vectors import write_vectors
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.registry.publishing import publish

ROOT = Path(__file__).parents[1]
BENTOML = Path(sys.executable).parent / "bentoml"
ASSETS = tuple(f"COIN{number}-USDT" for number in range(8))
CONNECTIONS, TURNS, SECONDS = 8, 5, 3.0


class Served:
    """A running service: its port, its worker, and the seconds from its start to its first answer."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], first: bytes) -> None:
        """Wait for the first answer to the request *first*."""
        self.port, begin = port, time.perf_counter()
        while True:
            assert process.poll() is None, "the service ended"
            try:
                if not load(port, [first], connections=1, seconds=0.0).refused:
                    break
            except OSError:
                pass
            time.sleep(0.02)
        self.start_seconds = time.perf_counter() - begin
        children = psutil.Process(process.pid).children(recursive=True)
        (self.worker,) = [child for child in children if "_bentoml_impl.worker.service" in " ".join(child.cmdline())]

    def cpu_seconds(self) -> float:
        """Return what the worker has computed so far."""
        times = self.worker.cpu_times()
        return times.user + times.system

    def memory_mb(self) -> float:
        """Return the worker's resident memory."""
        return self.worker.memory_info().rss / 1e6


@contextmanager
def serving(*arguments: str, first: bytes, port: int, environment: Mapping[str, str], log: Path) -> Iterator[Served]:
    """Run `bentoml serve` with *arguments* until the block ends."""
    command = [BENTOML, "serve", *arguments, "--host", "127.0.0.1", "--port", str(port)]
    quiet = {**os.environ, "BENTOML_DO_NOT_TRACK": "True", **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=quiet, stdout=output, stderr=output)
    try:
        yield Served(port, process, first)
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def post(path: str, body: object, key: str | None = None) -> bytes:
    """Return the bytes of one request."""
    content = json.dumps(body).encode()
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{authorization}"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def stock(folder: Path, model: Model, **sections: object) -> None:
    """Publish and activate *model*, and store hourly vectors up to the last closed bar for each asset."""
    config = {"monitor": {"stale_after_bars": 2.0}, **sections}
    version = publish("trady2", "1.0.0", model.files(), {"config": config}, golden=matrix_of(8, 5), actor="bench")
    activate("trady2", version.version, reason="benchmark", actor="bench")
    last = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(hours=1)
    rows = 2_000
    times = np.datetime64(last, "us") - np.timedelta64(3_600_000_000, "us") * np.arange(rows)[::-1]
    for number, asset in enumerate(ASSETS):
        price, code = np.full(rows, 100.0), np.zeros(rows, np.int32)
        panel = Panel(
            (asset,), code, times, price, price, price, price, price, np.clip(matrix_of(rows, number), -2, 2), NAMES,
            np.timedelta64(3_600_000_000, "us"),
        )  # fmt: skip
        write_vectors(folder / "vectors", asset, "all", panel, step=panel.step)


def plain_model(folder: Path) -> Path:
    """Fit and pickle the scikit-learn wrapper."""
    frame = pd.DataFrame(matrix_of(20_000, 1), columns=list(NAMES))
    wrapper = lightgbm.LGBMClassifier(n_estimators=TREES, num_leaves=LEAVES, n_jobs=1, verbosity=-1)
    joblib.dump(wrapper.fit(frame, labels_of(frame.to_numpy(), 2)), folder / "plain.joblib")
    return folder / "plain.joblib"


def told(name: str, turns: list[tuple[Load, float]]) -> dict[str, float]:
    """Return the figures of one kind of request from its turns: the best by CPU, and the best by the clock."""
    best = max(seen.per_second for seen, _ in turns)
    cpu = min(used / seen.requests for seen, used in turns)
    assert not sum(seen.refused for seen, _ in turns)
    return {
        f"{name}_requests_per_second": round(best),
        f"{name}_cpu_us": round(cpu * 1e6, 1),
        f"{name}_p50_us": round(min(seen.percentile(50) for seen, _ in turns)),
        f"{name}_requests": sum(seen.requests for seen, _ in turns),
    }


def main() -> None:
    """Serve both ways, ask in turns, and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.update(BENTOML_HOME=str(folder / "bentoml"))
        stock(folder, big_model())
        key, entry = new_key("predict")
        features = dict(zip(NAMES, matrix_of(2, 3)[1].clip(-2, 2).tolist(), strict=True))
        path, plain_features = "/api/v1/analytics/predict/", post("/predict", {"features": features})
        requests = {
            "by_asset": [post(path, {"asset": asset}, key) for asset in ASSETS],
            "by_features": [post(path, {"features": features}, key)],
        }
        environment = {
            "TRADY2_VECTORS": str(folder / "vectors"), "TRADY2_API_KEYS": entry, "TRADY2_WORKERS": "1",
            "PLAIN_MODEL": str(plain_model(folder)), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}",
        }  # fmt: skip
        ours = serving("service.service:Trady2", first=requests["by_asset"][0], port=free_port(),
                       environment=environment, log=folder / "ours.log")  # fmt: skip
        plain = serving("serving.plain:Plain", first=plain_features, port=free_port(),
                        environment=environment, log=folder / "plain.log")  # fmt: skip
        with ours as fast, plain as slow:
            figures = compare(fast, slow, requests, [plain_features], seconds)
            lines = sum(file.read_bytes().count(b"\n") for file in folder.glob("bentoml/trady2/predictions/*.jsonl"))
        figures["log_lines_missing"] = figures["answers"] - lines
        figures["load_average"] = round(os.getloadavg()[0], 1)
        print(json.dumps({"benchmark": "serve", "features": FEATURES, "connections": CONNECTIONS, **figures}))


def compare(
    fast: Served, slow: Served, requests: Mapping[str, list[bytes]], plain: list[bytes], seconds: float
) -> dict[str, float]:
    """Ask both in turns and return the figures."""
    asked = {**{kind: (fast, sent) for kind, sent in requests.items()}, "plain": (slow, plain)}
    turns: dict[str, list[tuple[Load, float]]] = {kind: [] for kind in asked}
    warm = {
        kind: load(served.port, sent, connections=CONNECTIONS, seconds=0.3) for kind, (served, sent) in asked.items()
    }
    for _ in range(TURNS):
        for kind, (served, sent) in asked.items():
            before = served.cpu_seconds()
            seen = load(served.port, sent, connections=CONNECTIONS, seconds=seconds)
            turns[kind].append((seen, served.cpu_seconds() - before))
    figures: dict[str, float] = {}
    for kind in asked:
        figures |= told(kind, turns[kind])
    plainly = [seen.per_second for seen, _ in turns["plain"]]
    # Turn by turn, for what else the machine does changes from one to the next.
    times = [
        float(np.median([seen.per_second / other for (seen, _), other in zip(turns[kind], plainly, strict=True)]))
        for kind in requests
    ]
    most_cpu = max(figures["by_asset_cpu_us"], figures["by_features_cpu_us"])
    return figures | {
        "times_plain_requests_per_second": round(min(times), 1),
        "times_plain_cpu": round(figures["plain_cpu_us"] / most_cpu, 1),
        # The one that was waited for at the start counts too.
        "answers": 1 + sum(warm[kind].requests + figures[f"{kind}_requests"] for kind in requests),
        "requests_per_cpu_second": round(1e6 / most_cpu),
        "start_to_first_answer_seconds": round(fast.start_seconds, 2),
        "worker_memory_mb": round(fast.memory_mb(), 1),
        "plain_worker_memory_mb": round(slow.memory_mb(), 1),
    }


if __name__ == "__main__":
    main()
