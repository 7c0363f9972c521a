"""200 activations under load with two workers of `bentoml serve`: what is lost, what answers when, how long it takes.

Each activation is the whole flow of `trady2 activate --wait`: verify every byte, write the ledger, switch, and return
when both workers answer with the new version. The models have 200 trees of 31 leaves over 50 features; four versions
take turns, and every tenth round goes back by `trady2 rollback --wait`. Prints one JSON line; exit code 1 where a
request failed, an answer was out of its time, or the workers needed more than 3 s to follow a switch.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the load and the judge of its answers are those of the tests

N_FEATURES, N_TREES, N_LEAVES = 50, 200, 31


def version(seed: int) -> str:
    """Train and publish a model of the size that the service is measured with; returns its version."""
    import lightgbm
    import numpy as np

    from trady2.learning.calibrator import Calibrator
    from trady2.learning.model import Model
    from trady2.registry.publishing import publish

    random = np.random.default_rng(seed)
    matrix = random.standard_normal((2_000, N_FEATURES)).astype(np.float32)
    label = (matrix[:, 0] + random.standard_normal(2_000) > 0).astype(np.float32)
    options = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": N_LEAVES, "min_data_in_leaf": 5}
    text = lightgbm.train(options, lightgbm.Dataset(matrix, label), N_TREES).model_to_string()
    model = Model(
        text=text,
        features=tuple(f"f{number}" for number in range(N_FEATURES)),
        calibrator=Calibrator("platt", (1.0, 0.0)),
        threshold=0.5,
        missing_allowed=frozenset(),
        minimum=matrix.min(axis=0),
        maximum=matrix.max(axis=0),
        horizon_steps=4,
        step_seconds=3_600,
        best_iteration=N_TREES,
    )
    return publish("trady2", f"1.{seed}.0", model.files(), {}, golden=matrix[:64], actor="bench").version


def switch(rounds: int, versions: list[str], switches: list[Any]) -> list[float]:
    """Activate *rounds* times, one version after the other, and note when each began and returned.

    Returns the seconds from the switch of the alias to the last worker's word.
    """
    from flows.activate_model import activate_model_flow, rollback_model_flow
    from tests.service.activation_load import Switch

    followed = []
    for number in range(rounds):
        begun, common = time.monotonic(), {"reason": "bench", "actor": "bench", "wait_seconds": 30.0}
        if number % 10 == 9:
            told = rollback_model_flow(**common)
        else:
            told = activate_model_flow(versions[(number + 1) % len(versions)], **common)
        assert told["workers"] == 2
        switches.append(Switch(told["version"], begun, time.monotonic()))
        followed.append(time.time() - datetime.fromisoformat(told["since"]).timestamp())
    return sorted(followed)


def measure(folder: Path, rounds: int, clients: int) -> dict[str, Any]:
    """Serve, load, switch, and judge."""
    from tests.service.activation_load import Switch, loaded, wrong_answers
    from tests.service.bento_process import serving, until
    from trady2.registry.activation import activate
    from trady2.registry.ledger import Ledger
    from trady2.serving.workers import workers

    versions = [version(seed) for seed in range(1, 5)]
    begun = time.monotonic()
    activate("trady2", versions[0], reason="bench", actor="bench")
    switches = [Switch(versions[0], begun, time.monotonic())]
    environment = {"PYTHONPATH": str(ROOT), "TRADY2_WORKERS": "2", "TRADY2_VECTORS": str(folder / "vectors")}
    body = {"features": {f"f{number}": 0.5 for number in range(N_FEATURES)}}
    with serving(cwd=ROOT, log=folder / "serve.log", environment=environment) as served:
        until(lambda: len(workers("trady2")) == 2)
        cpu = [sum(process.cpu_times()[:2]) for process in served.workers()]
        url = urlsplit(served.client.url)
        with loaded(str(url.hostname), int(url.port or 0), body, clients=clients, pause_seconds=0.002) as load:
            followed = switch(rounds, versions, switches)
        cpu = [sum(process.cpu_times()[:2]) - before for process, before in zip(served.workers(), cpu, strict=True)]
    waits = sorted(one.returned - one.begun for one in switches[1:])
    took = sorted(one.read - one.sent for one in load.asked)
    return {
        "benchmark": "activation",
        "activations": rounds,
        "workers": 2,
        "requests": len(load.asked),
        "failed": len(load.failures),
        "first_failures": load.failures[:3],
        "answers_out_of_time": len(wrong_answers(load.asked, switches)),
        "versions_seen": len({one.version for one in load.asked}),
        "activation_seconds": spread(waits),
        "first_activations_seconds": sorted(one.returned - one.begun for one in switches[1 : len(versions)]),
        "from_switch_to_last_worker_seconds": spread(followed),
        "request_seconds": spread(took),
        "cpu_seconds_of_workers": cpu,
        "ledger_events_verified": Ledger().verify(),
        "load_average": os.getloadavg()[0],
    }


def spread(values: list[float]) -> dict[str, float]:
    """Return what a sorted list of seconds is told by."""
    return {"median": median(values), "p99": values[int(0.99 * len(values))], "max": values[-1]}


def main() -> None:
    """Measure in a store of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--activations", type=int, default=200)
    parser.add_argument("--clients", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for variable in [key for key in os.environ if key.startswith(("TRADY2_", "PREFECT_"))]:
            del os.environ[variable]
        os.environ["BENTOML_HOME"] = str(Path(name) / "store")
        result = measure(Path(name), arguments.activations, arguments.clients)
    print(json.dumps(result))
    slowest = result["from_switch_to_last_worker_seconds"]["max"]
    sys.exit(bool(result["failed"] or result["answers_out_of_time"] or slowest > 3.0))


if __name__ == "__main__":
    main()
