"""Thousands of requests that the OpenAPI document allows or forbids, against a real worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from service.api_keys import new_key
from tests.service.bento_process import ROOT, Served, serving
from tests.service.tiny_service import PREDICT, settle, stock
from tests.serving.tiny_version import FEATURES, tiny_model

pytestmark = pytest.mark.slow
CASES = 10_000 if "TRADY2_LONG" in os.environ else 600
"""How many cases each of two documents is good for."""
# Many short runs with seeds of their own: in a long one Hypothesis' cases grow until each takes half a second to make.
# What a document forbids takes ten times as long to make as what it allows.
ALLOWED, FORBIDDEN = 600, 60
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"


@dataclass
class Fuzzed:
    """A service with a key, and the worker's first memory in MB."""

    served: Served
    key: str
    folder: Path
    memory: float

    def document(self) -> dict[str, Any]:
        """Return the live document."""
        request = Request(f"{self.served.client.url}/docs.json", headers={"X-API-Key": self.key})  # noqa: S310 - ours
        with urlopen(request, timeout=5) as response:  # noqa: S310 - our own service
            told: dict[str, Any] = json.load(response)
        del told["servers"]  # relative to where the document was found, which a file is not
        return told

    def run(self, document: dict[str, Any], *options: str, examples: int = 60, seed: int = 1) -> dict[str, Any]:
        """Fuzz by *document*, with so many *examples* an operation beside what its schema makes; returns the report."""
        (self.folder / "document.json").write_text(json.dumps(document))
        report = self.folder / "report.json"
        command = [
            SCHEMATHESIS, "--config-file", ROOT / "tests/service/schemathesis.toml", "run",
            self.folder / "document.json", "--url", self.served.client.url, "--max-examples", str(examples),
            "--request-timeout", "5", "--max-response-time", "5", "--seed", str(seed), "--continue-on-failure",
            "--suppress-health-check", "all", "--report", "json", "--report-json-path", report, *options,
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
        told: dict[str, Any] = json.loads(report.read_text("utf-8"))
        return told


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    """One worker with an active version, fresh vectors and an API key."""
    with pytest.MonkeyPatch.context() as patch:
        folder = settle(tmp_path_factory.mktemp("fuzz"), patch)
        stock(folder, tiny_model())
        key, entry = new_key("admin")
        environment = {
            "PYTHONPATH": str(ROOT),
            "TRADY2_API_KEYS": entry,
            "TRADY2_VECTORS": str(folder / "vectors"),
            "TRADY2_WORKERS": "1",
        }
        with serving(cwd=ROOT, log=folder / "serve.log", environment=environment) as running:
            memory = running.workers()[0].memory_info().rss / 1e6
            yield Fuzzed(running, key, folder, memory)
        assert "failed inside" not in (folder / "serve.log").read_text("utf-8")


def narrowed(document: dict[str, Any]) -> dict[str, Any]:
    """Return what *document* says of predictions, with the names that there are, so that many are answered."""
    document["paths"] = {PREDICT: document["paths"][PREDICT]}
    schemas = document["components"]["schemas"]
    for form in ("Stored", "Explicit", "FromBars"):
        schemas[form]["properties"]["model"] = {"type": "string", "enum": ["trady2"]}
    schemas["Stored"]["properties"]["asset"] = {"type": "string", "enum": ["BTC-EUR", "OLD-EUR"]}
    number = {"type": "number", "minimum": -1e6, "maximum": 1e6}
    values = dict.fromkeys(FEATURES, number) | {FEATURES[-1]: {"anyOf": [number, {"type": "null"}]}}
    schemas["Explicit"]["properties"]["features"] = {
        "type": "object", "properties": values, "required": list(FEATURES), "additionalProperties": False,
    }  # fmt: skip
    # What is long is refused for its length, and takes long to make.
    schemas["FromBars"]["properties"]["bars"]["maxItems"] = 3
    schemas["Batch"]["properties"]["instances"]["maxItems"] = 5
    return document


def cases(report: dict[str, Any]) -> int:
    """Return how many cases ran, of which none may have failed."""
    assert (report["failures"], report["errors"], report["operations"]["errored"]) == ([], [], 0)
    return int(report["test_cases"]["generated"])


def accepted(report: dict[str, Any]) -> int:
    """Return how many requests of the report were answered with a prediction."""
    rates = report["valid_rates"].get("POST /api/v1/analytics/predict/", {})
    return sum(int(phase["accepted"]) for phase in rates.values())


def fuzz(fuzzed: Fuzzed, document: dict[str, Any], *common: str) -> tuple[int, int]:
    """Fuzz by *document* until there were enough cases; returns how many, and how many were answered by the model."""
    report = fuzzed.run(document, *common)
    done, answered, seed = cases(report), accepted(report), 1
    while done < CASES:
        for mode, examples in (("positive", ALLOWED), ("negative", FORBIDDEN)):
            seed += 1
            options = ("--phases", "fuzzing", "--mode", mode, *common)
            report = fuzzed.run(document, *options, examples=examples, seed=seed)
            done, answered = done + cases(report), answered + accepted(report)
    sys.stdout.write(f"{done} cases, {answered} answered by the model\n")
    return done, answered


def test_no_request_of_the_document_fails_inside(fuzzed: Fuzzed) -> None:
    """Allowed and forbidden bodies, types, methods and headers: every answer is as documented, none takes 5 s."""
    done, _ = fuzz(fuzzed, fuzzed.document(), "--header", f"X-API-Key: {fuzzed.key}")
    assert done >= CASES


def test_requests_that_the_model_can_answer_are_answered_as_described(fuzzed: Fuzzed) -> None:
    """With the names there are, many are answered, and every answer fits its schema."""
    header = ("--header", f"Authorization: Bearer {fuzzed.key}")
    # What the narrowed document alone forbids is rightly taken.
    done, answered = fuzz(fuzzed, narrowed(fuzzed.document()), *header, "--exclude-checks", "negative_data_rejection")
    assert done >= CASES
    assert answered >= done / 20


def test_without_a_key_everything_is_refused_as_documented(fuzzed: Fuzzed) -> None:
    """No body gets further than the key."""
    report = fuzzed.run(fuzzed.document(), "--phases", "examples,coverage", "--exclude-checks",
                        "positive_data_acceptance,negative_data_rejection")  # fmt: skip
    assert cases(report) >= 100
    assert accepted(report) == 0


def test_fuzzing_leaves_the_memory_flat(fuzzed: Fuzzed) -> None:
    """Whatever was asked before, the worker has not grown beyond what its code takes."""
    assert fuzzed.served.workers()[0].memory_info().rss / 1e6 < fuzzed.memory + 60
