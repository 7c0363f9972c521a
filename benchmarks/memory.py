"""The memory of one worker over many requests of every kind: it has to stay where it is.

One worker, an API key, the prediction log on; answers by asset and by features, batches, explanations, vectors from
bars (computed, then refused: the model of the benchmark has other names), refusals of every kind, random paths and
request ids.
Prints one JSON line; exit code 1 where the worker grew by more than 10 MB after its first tenth of the requests, or
holds more than 220 MB. `python benchmarks/memory.py 50000` asks so often; half a million by default.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

import numpy as np
from serve import ASSETS, Served, free_port, post, serving, stock
from serving.big_model import NAMES, big_model, matrix_of
from serving.load import load

from service.api_keys import new_key
from trady2.config import FeaturesConfig

ROOT = Path(__file__).parents[1]
PATH = "/api/v1/analytics/predict/"
REQUESTS, TURNS, CONNECTIONS = 500_000, 20, 8
MOST_GROWTH_MB, MOST_MB = 10.0, 220.0


def bars() -> list[dict[str, object]]:
    """Return 700 hourly bars that end with the year 2024."""
    prices = 100.0 * np.exp(np.cumsum(np.random.default_rng(1).standard_normal(700) * 0.005))
    times = np.datetime64("2024-12-31T23:00:00") - np.timedelta64(3600, "s") * np.arange(700)[::-1]
    return [
        {"timestamp": f"{at}Z", "open": price, "high": price * 1.01, "low": price * 0.99, "close": price, "volume": 5.0}
        for at, price in zip(times.astype(str), prices.tolist(), strict=True)
    ]


def kinds(key: str) -> dict[str, list[bytes]]:
    """Return the requests of each kind, and how often each is asked for the others' once."""
    rows = matrix_of(200, 3).clip(-2, 2)
    vectors = [dict(zip(NAMES, row, strict=True)) for row in np.nan_to_num(rows).tolist()]
    refused: list[object] = [{"asset": f"NONE-{number}"} for number in range(50)]
    refused += [{}, {"features": {}}, {"aset": 1}, [], {"asset": ASSETS[0], "as_of": "1990-01-01T00:00:00Z"}]
    return {
        "by_asset": [post(PATH, {"asset": asset}, key) for asset in ASSETS] * 25,
        "by_features": [post(PATH, {"features": vector}, key) for vector in vectors],
        "explained": [post(PATH, {"features": vector, "explain": True}, key) for vector in vectors[:10]],
        "batches": [post(PATH, {"instances": [{"features": one} for one in vectors[:20]]}, key)] * 5,
        "as_of": [post(PATH, {"asset": asset, "as_of": "latest"}, key) for asset in ASSETS] * 5,
        "refused": [post(PATH, body, key) for body in refused],
        "strangers": [post(PATH, {"asset": ASSETS[0]}, f"key-{number}") for number in range(20)],
        "bars": [post(PATH, {"bars": bars()}, key)],
    }


def random_paths(unique: count[int], key: str, number: int) -> list[bytes]:
    """Return GETs of paths and request ids that were never asked for before, and of what there is to read."""
    known = ["/metrics", "/readyz", "/api/v1/models/", "/docs.json", "/"]
    paths = [f"/{next(unique):x}/%2e%2e?{number}" for _ in range(number)] + known
    head = "GET {} HTTP/1.1\r\nHost: a\r\nX-API-Key: {}\r\nX-Request-ID: r{}\r\n\r\n"
    return [head.format(path, key, next(unique)).encode() for path in paths]


def turn(served: Served, requests: list[bytes], wanted: int) -> tuple[int, int]:
    """Ask so often over connections that stay open for half a second each; returns answers, and those that are 5xx."""
    done = failed = 0
    while done < wanted:
        seen = load(served.port, requests, connections=CONNECTIONS, seconds=0.5)
        done, failed = done + seen.requests, failed + seen.failed
    return done, failed


def main() -> None:
    """Ask, measure after each turn, and print."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.update(BENTOML_HOME=str(folder / "bentoml"))
        stock(folder, big_model(), features=FeaturesConfig().model_dump(mode="json"))
        key, entry = new_key("predict")
        environment = {
            "TRADY2_VECTORS": str(folder / "vectors"), "TRADY2_API_KEYS": entry, "TRADY2_WORKERS": "1",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        asked, unique = kinds(key), count()
        mixed = [request for requests in asked.values() for request in requests]
        with serving("service.service:Trady2", first=asked["by_asset"][0], port=free_port(),
                     environment=environment, log=folder / "serve.log") as served:  # fmt: skip
            memory, done, failed, begun = [served.memory_mb()], 0, 0, time.perf_counter()
            while done < wanted:
                order = np.random.default_rng(done).permutation(len(mixed))
                requests = [mixed[place] for place in order] + random_paths(unique, key, 100)
                answers, wrong = turn(served, requests, -(-wanted // TURNS))
                done, failed = done + answers, failed + wrong
                memory.append(served.memory_mb())
            seconds, cpu = time.perf_counter() - begun, served.cpu_seconds()
            everything = [served.worker, *served.worker.children(recursive=True)]
            children = sum(one.memory_info().rss for one in everything[1:]) / 1e6
            tracebacks = (folder / "serve.log").read_text("utf-8").count("Traceback")
    growth = max(memory[3:]) - memory[2] if len(memory) > 3 else 0.0
    print(json.dumps({
        "benchmark": "memory", "requests": done, "failed_inside": failed, "tracebacks": tracebacks,
        "seconds": round(seconds), "cpu_seconds": round(cpu), "worker_mb": [round(one, 1) for one in memory],
        "growth_after_first_tenth_mb": round(growth, 1), "child_for_bars_mb": round(children, 1),
        "load_average": round(os.getloadavg()[0], 1),
    }))  # fmt: skip
    sys.exit(bool(failed or tracebacks or growth > MOST_GROWTH_MB or max(memory) > MOST_MB))


if __name__ == "__main__":
    main()
