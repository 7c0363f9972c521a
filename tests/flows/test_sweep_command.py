"""How a sweep is told, and how it is interrupted."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from flows.commands.sweep import swept
from tests.flows.conftest import Desk, Pipeline


def result(**other: object) -> dict[str, object]:
    """Return what the flow gives."""
    best = {"configuration": 3, "threshold": 0.51234, "stop_loss": None, "hold_bars": 12}
    figures = {"total_return": 0.1234, "sharpe_ratio": 1.2345, "max_drawdown": -0.05, "n_trades": 1234}
    block = {"purpose": "on bars", "n_configurations": 1000, "metric": "sharpe_ratio", "top": [best | figures]}
    files = {"report_html": "h", "table": "t", "returns": "r", "summary": "s"}
    return {"version": "v", "sweep": block, "complete": True, "n_trials": 1012, **files, **other}


def test_the_best_stand_in_columns_with_a_warning() -> None:
    """Shares as per cent, no stop as a dash, and the sentence on luck with the number that were tried."""
    lines = swept(result()).splitlines()
    assert lines[0] == "v  1,000 configurations on bars"
    assert lines[3].split()[:3] == ["configuration", "threshold", "stop_loss"]
    assert lines[5].split() == ["3", "0.5123", "–", "12", "+12.34%", "1.234", "-5.00%", "1,234"]
    assert "The best of 1,000 is chosen by luck too, and looks better than it is." in lines[7]
    assert "1,012 trials of this model, target and assets are in the ledger now." in lines


def test_an_interrupted_sweep_says_so() -> None:
    """What was done is shown as such."""
    assert "stopped by an interruption: these were done, and are counted" in swept(result(complete=False))


def wait_until(true: Callable[[], bool]) -> None:
    """Return when it is; fails after two minutes."""
    give_up = time.monotonic() + 120
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.mark.slow
def test_ctrl_c_shows_and_counts_what_was_done(pipeline: Pipeline, tmp_path: Path) -> None:
    """Interrupting a long sweep ends it with 130 within moments; its table and the ledger hold what was done."""
    (tmp_path / "data").symlink_to(pipeline.desk.folder / "data")
    store, home = pipeline.desk.environment["BENTOML_HOME"], tmp_path / "home"
    desk = Desk(tmp_path, {"BENTOML_HOME": store, "TRADY2_HOME": str(home)})
    many = {"threshold": [number / 1_000 for number in range(200, 600)], "hold_bars": list(range(1, 151))}
    words = ["--version", pipeline.trained["version"], "--config", desk.configure(sweep={"grid": many})]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with desk.start("sweep", *words, start_new_session=True, **pipes) as sweeping:
        threads = Path(f"/proc/{sweeping.pid}/task")
        wait_until(lambda: bool(list(home.glob("runs/*/03_grid.json"))))
        before = len(list(threads.iterdir()))
        wait_until(lambda: len(list(threads.iterdir())) > before)
        time.sleep(1)
        os.killpg(sweeping.pid, signal.SIGINT)
        asked = time.monotonic()
        shown, told = sweeping.communicate(timeout=60)
    assert sweeping.returncode == 130, told
    assert time.monotonic() - asked < 20
    assert "Traceback" not in told
    assert "stopped by an interruption: these were done, and are counted" in shown
    done = len(pd.read_parquet(tmp_path / "reports" / "report.sweep.parquet"))
    assert 0 < done < 60_000
    with closing(sqlite3.connect(home / "ledger.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM trady2_ledger WHERE kind = 'trial'").fetchone() == (done,)
