from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.serving.tiny_version import NOON
from trady2.serving import prediction_log
from trady2.serving.prediction_log import PredictionLog
from trady2.serving.predictor import Predictor

ANSWER_DICT = {
    "asset": "BTC-EUR", "timestamp": None, "decision_time": "2025-11-01T12:00:00Z", "horizon": {"steps": 4},
    "probability": 0.1, "expected_return": None, "score": 0.1, "threshold": 0.5, "signal": False,
    "reason": "below_threshold", "reason_features": [], "model": "trady2", "version": "1.0.0+20251101_120000",
}  # fmt: skip
ANSWER = json.dumps(ANSWER_DICT)


def of(asset: str) -> str:
    """Return the answer for an asset."""
    return json.dumps({**ANSWER_DICT, "asset": asset})


def lines_in(folder: Path) -> list[dict[str, Any]]:
    """Return the complete lines of all files, in the order of their names."""
    texts = [file.read_text("utf-8") for file in sorted(folder.glob("*.jsonl"))]
    return [json.loads(line) for text in texts for line in text.splitlines(keepends=True) if line.endswith("\n")]


def test_a_line_tells_what_was_answered(predictor: Predictor, tmp_path: Path) -> None:
    """The whole answer, numbers to the last bit, behind the time and the request's id."""
    log = PredictionLog(tmp_path / "log", now=lambda: NOON)
    answer = predictor.answer({"asset": "BTC-EUR"})
    assert log.add([json.dumps(answer)], "abc")
    assert lines_in(log.folder) == [{"time": "2025-11-01T12:00:00+00:00", "request_id": "abc"} | answer]


def test_a_batch_is_written_in_its_order(tmp_path: Path) -> None:
    """One line for each answer of a request, all under its id."""
    log = PredictionLog(tmp_path)
    assert log.add([of(name) for name in "abc"], "one")
    assert [(line["asset"], line["request_id"]) for line in lines_in(tmp_path)] == [
        ("a", "one"),
        ("b", "one"),
        ("c", "one"),
    ]


def test_each_day_and_each_process_has_its_file(tmp_path: Path) -> None:
    """At midnight UTC another file begins; a second log in the folder never writes into the first one's."""
    days = iter([NOON, NOON + timedelta(hours=11), NOON + timedelta(hours=12), NOON])
    log = PredictionLog(tmp_path, now=lambda: next(days))
    for name in "abcd":
        assert log.add([of(name)], name)
    log.close()
    PredictionLog(tmp_path, now=lambda: NOON).add([ANSWER], "other")
    names = sorted(file.name.partition("-")[0] for file in tmp_path.iterdir())
    assert names == ["20251101", "20251101", "20251102"]
    assert sorted(line["request_id"] for line in lines_in(tmp_path)) == ["a", "b", "c", "d", "other"]


def test_threads_never_mix_their_lines(tmp_path: Path) -> None:
    """Eight threads that log at once, while another one syncs, leave whole lines only."""
    log = PredictionLog(tmp_path)
    with ThreadPoolExecutor(9) as threads:
        syncing = threads.submit(lambda: [log.sync() for _ in range(20)])
        parts = [threads.submit(lambda n=n: [log.add([ANSWER] * 3, f"{n}-{i}") for i in range(100)]) for n in range(8)]
        assert all(all(part.result()) for part in parts)
        assert len(syncing.result()) == 20
    assert len(lines_in(tmp_path)) == 8 * 100 * 3


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    """A process that is killed while it logs has lost none of the lines that it had said were logged."""
    program = (
        "import sys\nfrom trady2.serving.prediction_log import PredictionLog\n"
        f"log, answer = PredictionLog({str(tmp_path)!r}), {ANSWER!r}\n"
        "for number in range(10**9):\n"
        "    if log.add([answer], str(number)):\n        sys.stdout.write(f'{number}\\n'), sys.stdout.flush()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(500)]
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.read().splitlines(keepends=True)
    acknowledged = [line.strip() for line in told if line.endswith("\n")]
    assert len(acknowledged) >= 500
    assert set(acknowledged) <= {line["request_id"] for line in lines_in(tmp_path)}


class FullDisk:
    """A disk that takes *room* bytes and no more, in pieces of at most seven."""

    def __init__(self, room: int) -> None:
        """Leave *room* bytes."""
        self.room = room
        self.write = os.write

    def __call__(self, handle: int, content: bytes) -> int:
        """Write like `os.write` on a disk that is nearly full."""
        if not self.room:
            raise OSError(28, "No space left on device")
        written = self.write(handle, content[: min(7, self.room)])
        self.room -= written
        return written


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    """A disk that is full in the middle of the second line; refusals are tried again at once."""
    length = len(json.dumps({"time": NOON.isoformat(), "request_id": "1", **ANSWER_DICT}))
    disk = FullDisk(length + length // 2)
    monkeypatch.setattr(prediction_log.os, "write", disk)
    monkeypatch.setattr(prediction_log, "_RETRY_SECONDS", 0.0)
    return disk


def test_a_full_disk_loses_nothing_and_says_what_is_not_logged(
    tmp_path: Path, full: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    """The refused lines wait, in order, behind the half line that fitted, and are written once there is room."""
    log = PredictionLog(tmp_path, now=lambda: NOON)
    with caplog.at_level(logging.ERROR):
        assert [log.add([ANSWER], str(number)) for number in range(1, 5)] == [True, False, False, False]
    assert [line["request_id"] for line in lines_in(tmp_path)] == ["1"]
    assert (log.waiting_bytes > 0, log.dropped) == (True, 0)
    assert len(caplog.records) == 1
    assert "No space left on device" in caplog.text
    full.room = 10**6
    log.sync()
    assert (log.waiting_bytes, log.add([ANSWER], "5")) == (0, True)
    assert [line["request_id"] for line in lines_in(tmp_path)] == ["1", "2", "3", "4", "5"]


def test_memory_stays_bounded_while_the_disk_is_full(
    tmp_path: Path, full: FullDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bound lines are dropped and counted, whole ones only; those that waited are written later."""
    monkeypatch.setattr(prediction_log, "_MOST_WAITING_BYTES", 2_000)
    log = PredictionLog(tmp_path, now=lambda: NOON)
    assert [log.add([ANSWER], str(number)) for number in range(1, 101)] == [True] + [False] * 99
    assert log.waiting_bytes <= 2_000
    full.room = 10**6
    log.sync()
    written = [line["request_id"] for line in lines_in(tmp_path)]
    assert written == [str(number) for number in range(1, len(written) + 1)]
    assert (log.dropped, len(written) + log.dropped) == (100 - len(written), 100)


def test_a_folder_that_cannot_be_made_does_not_stop_answers(tmp_path: Path) -> None:
    """Where a file stands in the folder's place, nothing is logged, nothing raises, and the lines wait."""
    (tmp_path / "log").write_text("no folder")
    log = PredictionLog(tmp_path / "log")
    assert not log.add([ANSWER], "1")
    assert log.waiting_bytes > 0
    (tmp_path / "log").unlink()
    log._retry_at = 0.0
    log.close()
    assert [line["request_id"] for line in lines_in(tmp_path / "log")] == ["1"]


def test_the_disk_is_reached_by_sync_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding never waits for the disk; a sync without news does not touch it; its failure is told, not raised."""
    synced: list[int] = []

    def refusing(handle: int) -> None:
        synced.append(handle)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(prediction_log.os, "fdatasync", refusing)
    log = PredictionLog(tmp_path)
    assert log.add([ANSWER], "1")
    assert synced == []
    log.sync()
    log.sync()
    assert len(synced) == 1


def test_times_are_utc(tmp_path: Path) -> None:
    """By its own clock a log tells the time with its zone."""
    PredictionLog(tmp_path).add([ANSWER], "1")
    (line,) = lines_in(tmp_path)
    assert abs(datetime.fromisoformat(line["time"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_file_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    """What is said to be logged lies in a file that has a name, though somebody removed the folder meanwhile."""
    log = PredictionLog(tmp_path / "log", now=lambda: NOON)
    assert log.add([ANSWER], "1")
    shutil.rmtree(log.folder)
    assert log.add([ANSWER], "2")
    assert [line["request_id"] for line in lines_in(log.folder)] == ["2"]
    log.close()


def test_old_days_go_by_the_files_and_not_by_the_clock(tmp_path: Path) -> None:
    """Of three days two stay; a clock that jumps a year ahead costs one more day, and other files are left alone."""
    days = [NOON, NOON + timedelta(days=1), NOON + timedelta(days=2), NOON + timedelta(days=400)]
    (tmp_path / "notes.jsonl").write_text("mine")
    left = []
    for day in days:
        log = PredictionLog(tmp_path, now=lambda day=day: day, keep_days=2)  # type: ignore[misc]
        assert log.add([ANSWER], day.isoformat())
        log.close()
        left.append(sorted(file.name[:8] for file in tmp_path.glob("2*.jsonl")))
    assert left == [["20251101"], ["20251101", "20251102"], ["20251102", "20251103"], ["20251103", "20261206"]]
    assert (tmp_path / "notes.jsonl").read_text() == "mine"


def test_the_file_that_is_written_to_stays(tmp_path: Path) -> None:
    """A clock that goes back writes into an old day, which is not taken away under it."""
    for day in (5, 6):
        (tmp_path / f"2025110{day}-x.jsonl").write_text("")
    log = PredictionLog(tmp_path, now=lambda: NOON, keep_days=1)
    assert log.add([ANSWER], "1")
    log.sync()
    assert sorted(file.name[:8] for file in tmp_path.iterdir()) == ["20251101", "20251106"]
    assert log.add([ANSWER], "2")
    assert [line["request_id"] for line in lines_in(tmp_path)] == ["1", "2"]
    log.close()
