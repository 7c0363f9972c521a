"""A store of its own for every test, tiny real models, and children that run commands or are killed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from trady2.learning.down_head import DownHead
from trady2.learning.model import Calibrator, Model
from trady2.learning.signal import Payoffs
from trady2.registry import Version, publish, versions

ROOT = Path(__file__).parents[2]
BORN = datetime(2025, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a BentoML home of its own, with the ledger in it."""
    for name in ("TRADY2_HOME", "TRADY2_LEDGER_URL", "TRADY2_PUBLIC_KEY", "TRADY2_PRIVATE_KEY", "TRADY2_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "bentoml"))
    return tmp_path / "bentoml"


def trained(seed: int, *, down: bool = False) -> Model:
    """Train a tiny model on random rows; another seed, another model; *down* gives it a head for falls."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(400, 4)).astype(np.float32)
    rows[::7, 1] = np.nan
    options = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5, "seed": seed}
    texts = []
    for margin in (rows[:, 0], -rows[:, 3]):
        label = (margin + random.normal(size=400) > 0).astype(int)
        texts.append(lightgbm.train(options, lightgbm.Dataset(rows, label), num_boost_round=5).model_to_string())
    head = DownHead(texts[1], Calibrator("platt", (0.75, 0.2 * seed)), 5, Payoffs(0.02, 0.025))
    return Model(
        text=texts[0],
        features=("a", "b", "c", "d"),
        calibrator=Calibrator("platt", (1.25, -0.1 * seed)),
        threshold=0.55,
        missing_allowed=frozenset({"b"}),
        minimum=np.nanmin(rows, axis=0),
        maximum=np.nanmax(rows, axis=0),
        horizon_steps=4,
        step_seconds=3600,
        best_iteration=5,
        down=head if down else None,
    )


@pytest.fixture(scope="session")
def models() -> tuple[Model, Model, Model]:
    """Three models that differ, the first with two heads."""
    return trained(1, down=True), trained(2), trained(3)


@pytest.fixture(scope="session")
def model(models: tuple[Model, ...]) -> Model:
    """One of them."""
    return models[0]


@pytest.fixture(scope="session")
def golden() -> np.ndarray:
    """Rows to predict: ordinary ones, one with a missing value, one at the edge of float32."""
    rows = np.random.default_rng(9).normal(size=(8, 4)).astype(np.float32)
    rows[3, 1] = np.nan
    rows[5, 2] = np.finfo(np.float32).max
    return rows


@pytest.fixture(scope="session")
def published(models: tuple[Model, ...], golden: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish 1.0.0, 1.0.1 and 1.0.2, each a different model, born an hour apart; gives their BentoML home."""
    folder = tmp_path_factory.mktemp("published") / "bentoml"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TRADY2_HOME", "TRADY2_LEDGER_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("BENTOML_HOME", str(folder))
        for number, model in enumerate(models):
            files = {**model.files(), "report.html": b"<html></html>"}
            manifest = {"scorecard": {"roc_auc": 0.5 + number / 100, "brier": float("nan")}}
            born = BORN.replace(hour=12 + number)
            publish("trady2", f"1.0.{number}", files, manifest, golden=golden, actor="ann", born=born)
    return folder


@pytest.fixture
def three(home: Path, published: Path) -> list[Version]:
    """Give the test a copy of the store with three versions, and the versions in it."""
    shutil.copytree(published, home)
    return versions("trady2")


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    stdout: str
    stderr: str


class Forks:
    """The forking process, as the tests speak to it."""

    def __init__(self, kind: str, folder: Path) -> None:
        """Start it and wait until its imports are done."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "BENTOML_DO_NOT_TRACK": "True"}
        command = [sys.executable, "-m", "tests.registry.forking", kind]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        )
        self._folder = folder
        self._count = 0
        self._answer()

    def start(self, command: Mapping[str, Any], cwd: Path | None = None) -> int:
        """Start a child in the environment of the test and return its process id."""
        self._count += 1
        names = ("BENTOML_HOME", "TRADY2_LEDGER_URL", "PATH")
        whole = {
            "env": {name: os.environ[name] for name in names if name in os.environ},
            "cwd": str(cwd or self._folder),
            "stdout": str(self._folder / f"stdout{self._count}"),
            "stderr": str(self._folder / f"stderr{self._count}"),
            **command,
        }
        return int(self._ask(whole)["process"])

    def wait(self, process: int) -> int:
        """Wait for a child and return its exit code, negative for a signal."""
        return int(self._ask({"wait": process})["code"])

    def said(self) -> tuple[str, str]:
        """Return what the last child wrote to its output and error streams."""
        return (self._folder / f"stdout{self._count}").read_text(), (self._folder / f"stderr{self._count}").read_text()

    def close(self) -> None:
        """End the forking process, which ends with its input."""
        self._process.communicate()

    def _ask(self, command: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@pytest.fixture(scope="session")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Children that publish and activate."""
    forks = Forks("registry", tmp_path_factory.mktemp("children"))
    yield forks
    forks.close()


@pytest.fixture(scope="session")
def cli_forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Children that run the `bentoml` command."""
    forks = Forks("cli", tmp_path_factory.mktemp("cli"))
    yield forks
    forks.close()


class BentoML:
    """The plain `bentoml` command line."""

    def __init__(self, forks: Forks) -> None:
        """Speak through the forking process."""
        self._forks = forks

    def __call__(self, *arguments: str, cwd: Path | None = None) -> Ended:
        """Run `bentoml` with *arguments* and return how it ended."""
        code = self._forks.wait(self._forks.start({"cli": arguments}, cwd))
        return Ended(code, *self._forks.said())

    def python(self, code: str) -> str:
        """Run *code* where bentoml is imported, and return what it printed."""
        ended = self("python", code)
        assert ended.code == 0, ended.stderr
        return ended.stdout.strip()


@pytest.fixture
def bentoml(cli_forks: Forks) -> BentoML:
    """Run the `bentoml` command on the store of this test."""
    return BentoML(cli_forks)


@pytest.fixture
def prepared(tmp_path: Path, models: tuple[Model, ...], golden: np.ndarray) -> dict[str, str]:
    """Write what children publish, and return where it lies."""
    folder = tmp_path / "prepared"
    folder.mkdir()
    for name, content in {**models[2].files(), "report.html": b"<html>" * 50_000}.items():
        (folder / name).write_bytes(content)
    np.save(tmp_path / "golden.npy", golden)
    return {"files": str(folder), "golden": str(tmp_path / "golden.npy")}
