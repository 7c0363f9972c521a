"""How many processor cores this process may really use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["available_cores"]

_CGROUP = Path("/sys/fs/cgroup")


def available_cores(cgroup: Path = _CGROUP) -> int:
    """Return the cores left by processor affinity, the container's quota and ``OMP_NUM_THREADS``, at least 1.

    One thread more than there are cores makes LightGBM several times slower, so a quota of 1.5 cores is one core.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        cores = min(cores, int(asked))
    return max(1, int(min(cores, _quota(cgroup))))


def _quota(cgroup: Path) -> float:
    with suppress(OSError, ValueError):  # cgroup 2: "max 100000" or "150000 100000"
        quota, period = (cgroup / "cpu.max").read_text("ascii").split()
        return float(quota) / float(period) if quota != "max" else float("inf")
    with suppress(OSError, ValueError):  # cgroup 1: -1 stands for no limit
        quota = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text("ascii")
        period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text("ascii")
        return float(quota) / float(period) if float(quota) > 0 else float("inf")
    return float("inf")
