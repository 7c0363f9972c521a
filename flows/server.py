"""The local Prefect server: private to a single command, or left running with a worker by `trady2 up`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.console import Console
from trady2.errors import ConflictError, NotFoundError, Trady2Error
from trady2.files import atomic_write
from trady2.home import trady2_home

__all__ = ["POOL", "down", "free_port", "private_server", "quiet_environment", "running_url", "up"]

POOL = "local"
_START_PATIENCE_SECONDS = 180.0
_STOP_PATIENCE_SECONDS = 15.0


def _folder() -> Path:
    return trady2_home() / "prefect"


def _state_file() -> Path:
    return _folder() / "up.json"


def quiet_environment() -> dict[str, str]:
    """Return the settings that keep Prefect silent towards the outside and its state in our folder.

    They count only when they are set before Prefect is imported.
    """
    return {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "trady2",
        "PREFECT_HOME": os.environ.get("PREFECT_HOME") or str(_folder()),
    }


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
        return True
    return False


def running_url() -> str | None:
    """Return the address of the Prefect server to use: the environment's, or the one that `trady2 up` started."""
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    state = _read_state()
    if state and _answers(f"{state['url']}/health"):
        return str(state["url"])
    return None


def _read_state() -> dict[str, object] | None:
    with suppress(FileNotFoundError, json.JSONDecodeError):
        return dict(json.loads(_state_file().read_text("utf-8")))
    return None


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _start(arguments: list[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "prefect", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **environment},
            start_new_session=True,  # Ctrl-C in the terminal must not end it, and it keeps default signals
        )


def _start_server(port: int, console: Console, *, pages: bool) -> tuple[subprocess.Popen[bytes], str]:
    log = _folder() / "server.log"
    url = f"http://127.0.0.1:{port}/api"
    if not (_folder() / "prefect.db").exists():
        console.say("first start of the local Prefect server: creating its database, about 20 s")
    command = ["server", "start", "--host", "127.0.0.1", "--port", str(port), *([] if pages else ["--no-ui"])]
    # Without this the pages ask for data on port 4200, whatever the server's own port is.
    server = _start(command, log, {**quiet_environment(), "PREFECT_SERVER_UI_API_URL": url})
    give_up = time.monotonic() + _START_PATIENCE_SECONDS
    while not _answers(f"{url}/health"):
        if server.poll() is not None or time.monotonic() > give_up:
            server.kill()
            raise Trady2Error(f"the local Prefect server did not start on port {port}; its log {log} says why", log=log)
        time.sleep(0.1)
    return server, url


def _stop(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGTERM)
    give_up = time.monotonic() + _STOP_PATIENCE_SECONDS
    while _alive(pid) and time.monotonic() < give_up:
        time.sleep(0.1)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def private_server(console: Console) -> Iterator[str]:
    """Give the address of a Prefect server on a free loopback port that ends with the block."""
    try:
        server, url = _start_server(free_port(), console, pages=False)
    except Trady2Error:
        server, url = _start_server(free_port(), console, pages=False)  # the port was free only when we looked
    try:
        yield url
    finally:
        _stop(server.pid)


def up(console: Console, *, port: int = 4200) -> dict[str, object]:
    """Start server and worker in the background, deploy everything in prefect.yaml, and say where they are."""
    if (url := running_url()) is not None:
        raise ConflictError(
            f"a Prefect server answers at {url} already; use it, or stop it with `trady2 down`", url=url
        )
    if not Path("prefect.yaml").exists():
        raise NotFoundError(f"no prefect.yaml in {Path.cwd()}; run this from the root of the project")
    server, url = _start_server(port, console, pages=True)
    environment = {**quiet_environment(), "PREFECT_API_URL": url}
    try:
        _prefect(["work-pool", "create", POOL, "--type", "process", "--overwrite"], environment)
        _prefect(["deploy", "--all"], environment)
        worker_arguments = ["worker", "start", "--pool", POOL, "--name", "trady2", "--install-policy", "never"]
        worker = _start(
            worker_arguments, _folder() / "worker.log", {**environment, "PREFECT_WORKER_QUERY_SECONDS": "2"}
        )
    except BaseException:
        _stop(server.pid)
        raise
    state = {"url": url, "server": server.pid, "worker": worker.pid}
    atomic_write(_state_file(), json.dumps(state).encode())
    return {**state, "ui": url.removesuffix("/api"), "logs": str(_folder())}


def _prefect(arguments: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = (done.stdout + done.stderr)[-2000:]
        raise Trady2Error(f"`prefect {' '.join(arguments)}` failed: {told}", output=told)


def down() -> dict[str, object]:
    """Stop what `up` started; raises NotFoundError when nothing runs."""
    state = _read_state()
    if state is None:
        raise NotFoundError("nothing was started here with `trady2 up`; there is nothing to stop")
    for part in ("worker", "server"):
        if _is_prefect(pid := int(str(state[part]))):
            _stop(pid)
    _state_file().unlink()
    return {"stopped": ["worker", "server"], "url": state["url"]}


def _is_prefect(pid: int) -> bool:
    """Tell whether the number still belongs to what we started: after a restart of the machine it may be anybody's."""
    with suppress(OSError):
        return b"prefect" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False
