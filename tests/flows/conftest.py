"""One small pipeline, run through the real command, that many tests look at."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
import yaml

from flows.cli import main
from trady2.data.simulation import simulate_bars

ROOT = Path(__file__).parents[2]
ASSETS = ("SIM-ALFA", "SIM-BETA")


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Desk:
    """A user's desk: a folder of their own, a store of their own, and the `trady2` command."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep everything of the command inside the folder."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "TRADY2_"))}
        home = {"BENTOML_HOME": str(self.folder / "bentoml"), "PYTHONPATH": str(ROOT)}
        self.environment = {**kept, **home, **self.environment}

    def run(self, *arguments: str) -> Done:
        """Run ``trady2`` with *arguments* in the folder, inside this process: a start of Python costs seconds."""
        before, folder, outs = dict(os.environ), Path.cwd(), (io.StringIO(), io.StringIO())
        os.environ.clear()
        os.environ.update(self.environment)
        os.chdir(self.folder)
        code = 0
        try:
            with redirect_stdout(outs[0]), redirect_stderr(outs[1]), patch("sys.argv", ["trady2", *arguments]):
                main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)
        return Done(code, outs[0].getvalue(), outs[1].getvalue())

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start ``trady2`` as a process of its own."""
        command = [sys.executable, "-m", "flows.cli", *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, text=True, **options)

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run a command that has to succeed and return its one JSON object."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def configure(self, file: str = "ml.yaml", **sections: Any) -> str:
        """Write a small configuration, with *sections* laid over it, and return its name."""
        config: dict[str, Any] = {
            "target": {"horizon_steps": 6, "return_threshold": 0.004},
            "model": {"max_rounds": 60, "early_stopping_rounds": 20, "learning_rate": 0.1, "min_data_in_leaf": 60},
            "backtest": {"fee_bps": 8.0},
        }
        for name, section in sections.items():
            config[name] = {**config.get(name, {}), **section} if isinstance(section, dict) else section
        (self.folder / file).write_text(yaml.safe_dump(config), "utf-8")
        return file


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give an empty desk."""
    return Desk(tmp_path)


@dataclass
class Pipeline:
    """A desk on which everything was done once, and what each command answered."""

    desk: Desk
    imported: dict[str, Any]
    built: dict[str, Any]
    trained: dict[str, Any]


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Import, build and train once for the whole session."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    for seed, asset in enumerate(ASSETS, start=1):
        simulate_bars(4_000, seed=seed, edge=0.1, asset=asset).to_csv(desk.folder / f"{asset}.csv", index=False)
    imported = desk.json("bars", "import", *(f"{asset}.csv" for asset in ASSETS))
    config = desk.configure()
    return Pipeline(
        desk, imported, desk.json("features", "build", "--config", config), desk.json("train", "--config", config)
    )


def desk_beside(pipeline: Pipeline, folder: Path, **environment: str) -> Desk:
    """Return a desk in *folder* with the vectors of the pipeline and a home of its own."""
    (folder / "data").symlink_to(pipeline.desk.folder / "data")
    return Desk(folder, {**environment, "TRADY2_HOME": str(folder / "home")})
