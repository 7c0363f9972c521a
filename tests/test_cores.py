from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trady2.cores import available_cores


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(8)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def test_affinity_alone(tmp_path: Path) -> None:
    """Without a quota, the cores that the scheduler allows are used."""
    assert available_cores(tmp_path) == 8


@pytest.mark.parametrize(("text", "cores"), [("max 100000", 8), ("350000 100000", 3), ("50000 100000", 1)])
def test_quota_of_control_group_2(tmp_path: Path, text: str, cores: int) -> None:
    """A quota of three and a half cores is three; half a core is one."""
    (tmp_path / "cpu.max").write_text(text)
    assert available_cores(tmp_path) == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 8), ("200000", 2)])
def test_quota_of_control_group_1(tmp_path: Path, quota: str, cores: int) -> None:
    """The older layout of control groups is read too."""
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert available_cores(tmp_path) == cores


@pytest.mark.parametrize(("asked", "cores"), [("2", 2), ("64", 8), ("many", 8), ("0", 8)])
def test_openmp_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, cores: int) -> None:
    """OMP_NUM_THREADS can only lower the count."""
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert available_cores(tmp_path) == cores


def test_threads_wait_without_spinning() -> None:
    """OpenMP is told to wait passively before LightGBM loads it, unless the user says otherwise."""
    code = "import os, sys, trady2.learning; print(os.environ['OMP_WAIT_POLICY'], 'lightgbm' in sys.modules)"
    kept = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    for given, expected in (({}, "PASSIVE False"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE False")):
        done = subprocess.run(
            [sys.executable, "-c", code], env={**kept, **given}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected
