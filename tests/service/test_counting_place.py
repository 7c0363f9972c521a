from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.counting_place import take_place

ROOT = Path(__file__).parents[2]
MAKER = (
    "import os\nfrom service.counting_place import make_place\nmake_place()\nprint(os.environ['TRADY2_COUNTING_PLACE'])"
)

STILL = "print(os.path.isdir(os.environ['TRADY2_COUNTING_PLACE']))"


def test_the_place_lies_in_memory_and_goes_with_its_maker() -> None:
    """It is made where no disk is, and nothing of it is left when the process has ended, children notwithstanding."""
    program = f"{MAKER}\nif os.fork() == 0:\n    raise SystemExit\nos.wait()\n{STILL}"
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    place, there = told.stdout.split()
    assert there == "True"
    assert Path(place).parent in (Path("/dev/shm"), Path(os.environ.get("TMPDIR", "/tmp")))  # noqa: S108 - compared
    assert not Path(place).exists()


def test_the_library_counts_in_the_place_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a place, or with one that is gone, BentoML's stays."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "bentos")
    for place, expected in ((None, "bentos"), (tmp_path / "gone", "bentos"), (tmp_path, str(tmp_path))):
        if place is None:
            monkeypatch.delenv("TRADY2_COUNTING_PLACE", raising=False)
        else:
            monkeypatch.setenv("TRADY2_COUNTING_PLACE", str(place))
        take_place()
        assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == expected
