from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_ends_when_nobody_can_ask() -> None:
    """With its input closed, as when its worker was killed, it goes without a word."""
    command = [sys.executable, "-m", "trady2.serving.vector_child"]
    done = subprocess.run(command, cwd=ROOT, input=b"", capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_it_ends_when_nobody_asks() -> None:
    """After its idle time it is gone although its input stays open."""
    program = "from trady2.serving import vector_child as v\nv._IDLE_SECONDS = 0.1\nv.main()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as child:
        assert child.wait(30) == 0


def test_it_says_what_is_wrong_and_reads_on() -> None:
    """An answer is a line of JSON; an error has its class, its message and its values."""
    plan = {"config": '{"builder": "my:own"}', "step": 3_600_000_000, "market": False}
    head = json.dumps({"plan": plan, "asset": "A", "market": [], "sizes": [1]}).encode() + b"\n"
    command = [sys.executable, "-m", "trady2.serving.vector_child"]
    sent = (head + b"\0" * 48) * 2
    done = subprocess.run(command, cwd=ROOT, input=sent, capture_output=True, timeout=60, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["error"] for one in told] == ["ConfigError"] * 2
    assert told[0]["values"] == {"builder": "my:own"}
