"""What `docker run` would start, as a process on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.dockerfile import Image
from tests.service.bento_process import BENTOML, ROOT
from trady2.client import Client
from trady2.errors import Trady2Error


@contextmanager
def started(image: Image, key: str, environment: Mapping[str, str], *arguments: str) -> Iterator[Client]:
    """Run the image's command with the *environment* that the container gets, and give a client that waits for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [image.here(word) for word in [*image.entrypoint, *(arguments or image.command)]]
    command += ["--host", "127.0.0.1", "--port", port]
    variables = {**image.variables(), **{name: image.here(text) for name, text in environment.items()}}
    log = image.root / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            executable=shutil.which(command[0], path=variables["PATH"]),
            cwd=image.path("."),
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with Client(f"http://127.0.0.1:{port}", key, timeout_seconds=60, retries=60, deadline_seconds=90) as client:
            yield client
    except Trady2Error as error:
        raise AssertionError(log.read_text("utf-8", "replace")[-3000:]) from error
    finally:
        process.terminate()
        try:
            assert process.wait(30) in (0, -signal.SIGTERM)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def run(*command: object, cwd: Path, **environment: str) -> str:
    """Run a *command* that has to end well, and return what it says."""
    variables = {**os.environ, **environment}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def context_of(folder: Path) -> Path:
    """Copy what `docker build .` would send from the repository, and .dockerignore, to *folder*."""
    folder.mkdir()
    for name in (
        ".dockerignore",
        "Dockerfile",
        "bentofile.yaml",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "prefect.yaml",
    ):
        shutil.copy2(ROOT / name, folder / name)
    for name in ("trady2", "service", "flows", "configs", "locks", "deploy"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def packages_or_skip(folder: Path) -> None:
    """Skip where the locked packages cannot be had: neither from an index nor from what uv has kept."""
    command = [BENTOML.with_name("uv"), "pip", "install", "--dry-run", "--quiet", "--require-hashes", "-r"]
    command += ["locks/serve.txt", "--target", folder / "nowhere"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the packages of locks/serve.txt cannot be had here: {done.stderr.strip()[-300:]}")
