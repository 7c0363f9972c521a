"""A real `bentoml serve` beside the tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.service.tiny_service import GOOD
from trady2.client import Client
from trady2.errors import NotFoundError, Trady2Error

ROOT = Path(__file__).parents[2]
BENTOML = Path(sys.executable).parent / "bentoml"


@dataclass
class Served:
    """A running service and its first answer ever, if that was a refusal."""

    process: subprocess.Popen[bytes]
    client: Client
    log: Path
    first_refusal: Trady2Error | None

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer."""
        return [child for child in psutil.Process(self.process.pid).children(recursive=True) if _answers(child)]

    def all_answer_with(self, version: str) -> bool:
        """Tell whether twenty answers in a row, which go to either worker, are of *version*."""
        try:
            return all(self.client.predict_features(GOOD)["version"] == version for _ in range(20))
        except NotFoundError:
            return False


@contextmanager
def serving(
    *arguments: str, cwd: Path, log: Path, environment: Mapping[str, str], inside: Sequence[str] = ()
) -> Iterator[Served]:
    """Run `bentoml serve` with *arguments* on a free port of loopback until the block ends; *inside* a command."""
    port = _free_port()
    command = [*inside, BENTOML, "serve", *arguments, "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        with Client(f"http://127.0.0.1:{port}", timeout_seconds=60, retries=0) as client:
            yield Served(process, client, log, _first_refusal(client, process))
    finally:
        process.terminate()
        process.wait(30)


def until(done: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until *done()* is true; fail when it takes longer than anybody would wait."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def _answers(process: psutil.Process) -> bool:
    try:
        return "_bentoml_impl.worker.service" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # it has ended meanwhile
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _first_refusal(client: Client, process: subprocess.Popen[bytes]) -> Trady2Error | None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.predict_features(GOOD)
        except Trady2Error as error:
            if error.code != "unreachable":
                return error
            time.sleep(0.1)
        else:
            return None
    raise AssertionError("the service did not start")
