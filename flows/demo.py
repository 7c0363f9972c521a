"""The demo: everything once, under an embedded Prefect server, ending with a prediction over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from flows.console import Console
from flows.demo_config import simulated_files, write_demo_config
from flows.running import prefect_server
from flows.runs import write_json
from flows.server import free_port
from trady2.client import Client
from trady2.errors import Trady2Error

__all__ = ["run_demo", "served"]

_SERVE_PATIENCE_SECONDS = 60.0
_ROOT = Path(__file__).parents[1]


def run_demo(folder: Path, bars: list[str]) -> dict[str, Any]:
    """Run the whole flow in *folder* on simulated bars, or on the files in *bars*; returns what was made.

    Nothing outside of *folder* is written: the model store, the ledger and Prefect's database lie in it.
    """
    begin, home, console = time.monotonic(), folder.absolute(), Console()
    os.environ["BENTOML_HOME"] = str(home / "bentoml")
    os.environ["TRADY2_HOME"] = str(home / "bentoml" / "trady2")
    os.environ.pop("TRADY2_LEDGER_URL", None)
    sources = bars or simulated_files(home / "raw", console)
    with prefect_server(console):
        results = _flows(home, sources)
    train = results["train"]
    asset = train["assets"][0]
    console.say(f"serving {train['version']}")
    with served(home, train["name"], home / "vectors") as url, Client(url) as client:
        prediction = dict(client.predict(asset, as_of="latest"))
    write_json(home / "prediction.json", prediction)
    return _summary(home, results, prediction, time.monotonic() - begin)


def _flows(home: Path, sources: list[str]) -> dict[str, Any]:
    from flows import deployments

    imported = deployments.import_bars(paths=sources, bars=str(home / "bars"))
    config = str(write_demo_config(home))
    built = deployments.build_features(config=config)
    train = deployments.train_model(config=config, actor="demo")
    version, name = train["version"], train["name"]
    active = deployments.activate_model(version=version, reason="the demo shows it", actor="demo", name=name)
    output = str(home / "reports" / "demo")
    backtest = deployments.backtest_model(version=version, output=output, name=name, actor="demo")
    return {"import": imported, "build": built, "train": train, "active": active, "backtest": backtest}


@contextmanager
def served(home: Path, name: str, vectors: Path) -> Iterator[str]:
    """Give the address of a real ``bentoml serve`` on a free loopback port that ends with the block."""
    port, log = free_port(), home / "serve.log"
    environment = {**os.environ, "TRADY2_NAME": name, "TRADY2_VECTORS": str(vectors)}
    command = [sys.executable, "-m", "bentoml", "serve", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=_ROOT, stdout=out, stderr=out, env=environment)  # noqa: S603 - our own
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(server, url, log)
        yield url
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)
        server.kill()


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    give_up = time.monotonic() + _SERVE_PATIENCE_SECONDS
    while time.monotonic() < give_up and server.poll() is None:
        with suppress(Trady2Error), Client(url, timeout_seconds=5) as client:
            client.models()
            return
        time.sleep(0.1)
    raise Trady2Error(f"`bentoml serve` did not answer at {url}; its log {log} says why", log=str(log))


def _summary(home: Path, results: dict[str, Any], prediction: dict[str, Any], seconds: float) -> dict[str, Any]:
    train, here = results["train"], f"BENTOML_HOME={_short(home / 'bentoml')}"
    made = {
        "bars": _short(home / "bars"),
        "assets": ", ".join(results["import"]["assets"]),
        "vectors": f"{_short(home / 'vectors')}: {sum(one['rows_total'] for one in results['build'].values()):,}",
        "version": train["version"],
        "sha256": train["sha256"],
        "verdict": train["verdict"],
        "report": _short(Path(results["backtest"]["report_html"])),
        "prediction": _short(home / "prediction.json"),
        "seconds": f"{seconds:.0f}",
    }
    trady2, vectors = ".venv/bin/trady2", _short(home / "vectors")
    following = [
        f"  open {made['report']} in a browser",
        f"  {here} {trady2} versions",
        f"  {here} {trady2} predict --asset {prediction['asset']} --as-of latest --vectors {vectors}",
        f"  {here} TRADY2_VECTORS={vectors} .venv/bin/bentoml serve    # and a page at http://127.0.0.1:3000/",
        f"  {trady2} train --help",
    ]
    return {"made": made, "prediction": prediction, "next": following}


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
