"""Two real workers under load while something breaks: what is answered, for how long nothing is, and what is logged."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.service.bento_process import until
from tests.service.fault_ground import Ground, apart, can_mount, ground, inside
from tests.service.fault_load import BROKEN, loaded
from tests.service.tiny_service import GOOD, last_open, settle
from tests.serving.tiny_version import store, tiny_panel
from trady2.registry import alias
from trady2.registry.activation import activate

pytestmark = pytest.mark.slow
LONG = "TRADY2_LONG" in os.environ
ROUNDS = 10 if LONG else 1
LONGEST_SILENCE_SECONDS = 5.0  # of all clients together, on a machine that is busy with other tests
BODIES = ({"features": GOOD}, {"asset": "BTC-EUR"}, {"features": GOOD}, {"asset": "BTC-EUR", "explain": True})
needs_mounts = pytest.mark.skipif(not can_mount(), reason="needs a mount namespace: root, or user namespaces")


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One service for the faults that it gets over."""
    with pytest.MonkeyPatch.context() as patch, ground(settle(tmp_path_factory.mktemp("faults"), patch)) as made:
        yield made


def test_a_killed_worker_takes_nothing_along(there: Ground) -> None:
    """The other one answers on, another takes its place, connections to it break, and no logged line is lost."""
    with loaded(there.served.client.url, BODIES, key=there.key) as load:
        until(lambda: load.answered(0.0))
        for number in range(ROUNDS):
            victim = there.workers()[number % 2]
            os.kill(victim.pid, signal.SIGKILL)
            until(lambda gone=victim: gone.pid not in {one.pid for one in there.workers()})  # type: ignore[misc]
            until(lambda: len(there.workers()) == 2 and there.settled(refused=False))
            after = time.monotonic()
            until(lambda since=after: load.answered(since))  # type: ignore[misc]
    judged = there.judged(load)
    assert set(judged.outcomes) <= {200, BROKEN}
    assert judged.outcomes.get(BROKEN, 0) <= 4 * ROUNDS  # at most what each client had under way
    assert (judged.lost, judged.doubled, judged.versions) == ([], [], {there.good.version})
    assert judged.silence < LONGEST_SILENCE_SECONDS


def missing(there: Ground) -> None:
    """Let the alias lead to a version that does not exist."""
    there.point("../../aliases/trady2/9.9.9-20300101_000000")


def astray(there: Ground) -> None:
    """Let the alias dangle."""
    there.point("../../nowhere")


def looped(there: Ground) -> None:
    """Let the alias lead to itself."""
    there.point("active")


def damaged(file: str, change: Callable[[bytes], bytes]) -> Callable[[Ground], None]:
    """Return a fault: the alias leads to the other version, in which *file* is changed."""

    def happen(there: Ground) -> None:
        place = there.alias_folder(there.other) / file
        content = place.read_bytes()
        place.unlink()  # the version itself has a name for the same bytes
        place.write_bytes(change(content))
        place.chmod(0o444)
        there.point(f"../../aliases/trady2/{there.other.folder}")

    happen.__name__ = f"{file} {change.__name__}"
    return happen


def tampered(content: bytes) -> bytes:
    """Flip a bit in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def truncated(content: bytes) -> bytes:
    """Cut it in half."""
    return content[: len(content) // 2]


def emptied(_content: bytes) -> bytes:
    """Leave nothing."""
    return b""


def replaced(there: Ground) -> None:
    """Put an empty folder in the place of the alias."""
    there.link.unlink()
    there.link.mkdir()


def flattened(there: Ground) -> None:
    """Put a file in the place of the alias."""
    there.link.unlink()
    there.link.write_text("1.0.0")


FAULTS = [
    missing, astray, looped, damaged("model.txt", tampered), damaged("model.txt", truncated),
    damaged("model.txt", emptied), damaged("manifest.json", tampered), damaged("model.yaml", emptied), replaced,
    flattened,
]  # fmt: skip


@pytest.fixture
def mended(there: Ground) -> Iterator[Ground]:
    """The ground, made whole again afterwards."""
    whole = there.alias_folder(there.other)
    shutil.copytree(whole, there.folder / "whole")
    yield there
    shutil.rmtree(whole)
    (there.folder / "whole").rename(whole)
    if there.link.is_dir() and not there.link.is_symlink():
        there.link.rmdir()
    there.link.unlink(missing_ok=True)
    alias.switch("trady2", there.alias_folder(there.good))
    until(lambda: there.settled(refused=False))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.__name__))
def test_an_alias_that_leads_wrong_is_refused(mended: Ground, fault: Callable[[Ground], None]) -> None:
    """Every request is answered by the version before, and both workers say what they refuse."""
    with loaded(mended.served.client.url, BODIES, key=mended.key) as load:
        until(lambda: load.answered(0.0))
        fault(mended)
        until(lambda: mended.settled(refused=True))
        after = time.monotonic()
        until(lambda: load.answered(after))
    judged = mended.judged(load)
    assert set(judged.outcomes) == {200}
    assert (judged.versions, judged.lost, judged.doubled) == ({mended.good.version}, [], [])
    assert judged.silence < LONGEST_SILENCE_SECONDS


@pytest.mark.parametrize("fault", FAULTS if LONG else FAULTS[:1], ids=lambda fault: str(fault.__name__))
def test_workers_that_start_while_the_alias_leads_wrong_answer_as_before(
    mended: Ground, fault: Callable[[Ground], None]
) -> None:
    """Both workers are killed in turn: the version before answers all the time, and the refusal is told."""
    with loaded(mended.served.client.url, BODIES, key=mended.key) as load:
        fault(mended)
        until(lambda: mended.settled(refused=True))
        for _ in range(2):
            before = mended.workers()
            os.kill(before[0].pid, signal.SIGKILL)
            until(lambda gone=before[0].pid: gone not in {one.pid for one in mended.workers()})  # type: ignore[misc]
            until(lambda: mended.settled(refused=True))
        after = time.monotonic()
        until(lambda: load.answered(after))
    judged = mended.judged(load)
    assert set(judged.outcomes) <= {200, BROKEN}
    assert (judged.versions, judged.lost, judged.doubled) == ({mended.good.version}, [], [])
    assert mended.served.log.read_text("utf-8").count(f"{mended.good.version} answers on") >= 4


def test_keys_that_turn_to_garbage_go_on_counting(there: Ground) -> None:
    """While the file of keys cannot be read, the keys before it let in; strangers stay out."""
    file = there.folder / "keys"
    entry = file.read_text()
    with (
        loaded(there.served.client.url, BODIES, key=there.key) as load,
        loaded(there.served.client.url, BODIES, key="stranger", clients=1) as strange,
    ):
        for content in (b"\xff\xfe\x00garbage", b"", entry.encode()[:30]):
            file.write_bytes(content)
            time.sleep(1.2)  # a changed file is looked at within a second
        file.unlink()
        time.sleep(1.2)
        file.write_text(entry)
    assert set(there.judged(load).outcomes) == {200}
    assert set(there.judged(strange).outcomes) == {(401, "unauthorized")}


def test_a_log_folder_that_is_deleted_is_made_again(there: Ground) -> None:
    """Whatever is acknowledged after the folder was removed is in the new one."""
    with loaded(there.served.client.url, BODIES, key=there.key) as load:
        until(lambda: load.answered(0.0))
        there.log.rename(there.folder / "removed")
        shutil.rmtree(there.folder / "removed")
        after = time.monotonic()
        until(lambda: load.answered(after, 100))
    judged = there.judged(load)
    assert set(judged.outcomes) == {200}
    sent_after = {one.request_id for one in load.since(after)}
    assert [identity for identity in judged.lost if identity in sent_after] == []
    assert all(one.logged for one in load.since(after))
    assert judged.doubled == []


def test_vectors_that_vanish_and_come_half_are_refused_by_name(there: Ground) -> None:
    """Deleted: 404; half a file: 422; renamed into place again: answers; explicit features never notice."""
    vectors, panel = there.folder / "vectors/asset=BTC-EUR", tiny_panel("BTC-EUR", last_open=last_open())
    (file,) = vectors.glob("*.parquet")
    content = file.read_bytes()
    with (
        loaded(there.served.client.url, [{"asset": "BTC-EUR"}], key=there.key) as stored,
        loaded(there.served.client.url, [{"features": GOOD}], key=there.key, clients=1) as explicit,
    ):
        for number in range(3 * ROUNDS):
            time.sleep(0.3)
            if number % 3 == 0:
                file.unlink()
            elif number % 3 == 1:
                file.write_bytes(content[: len(content) // 2])
            else:
                store(there.folder / "vectors", panel)
                after = time.monotonic()
                until(lambda since=after: stored.answered(since))  # type: ignore[misc]
    judged = there.judged(stored)
    assert set(judged.outcomes) == {200, (404, "unknown_asset"), (422, "invalid_request")}
    assert (judged.lost, judged.doubled) == ([], [])
    assert set(there.judged(explicit).outcomes) == {200}


@needs_mounts
def test_a_store_that_turns_read_only_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers go on, an activation from elsewhere is followed, and a worker that starts meanwhile answers too."""
    folder = settle(tmp_path, monkeypatch)
    store_folder = str(folder / "store")
    with ground(folder, command=apart("true")) as there:
        with loaded(there.served.client.url, BODIES, key=there.key) as load:
            until(lambda: load.answered(0.0))
            inside(there.served, "mount", "--bind", store_folder, store_folder)
            inside(there.served, "mount", "-o", "remount,bind,ro", store_folder)
            activate("trady2", there.other.version, reason="a test", actor="tester")
            until(lambda: {one.version for one in load.asked[-20:]} == {there.other.version})
            os.kill(there.workers()[0].pid, signal.SIGKILL)
            until(lambda: "will not see this worker" in there.served.log.read_text("utf-8"))
            after = time.monotonic()
            until(lambda: load.answered(after, 200))
            inside(there.served, "umount", store_folder)
        judged = there.judged(load)
        assert set(judged.outcomes) <= {200, BROKEN}
        assert judged.outcomes.get(BROKEN, 0) <= 4
        assert judged.versions == {there.good.version, there.other.version}
        assert (judged.lost, judged.doubled) == ([], [])
        assert judged.silence < LONGEST_SILENCE_SECONDS


@needs_mounts
def test_a_disk_that_is_full_loses_no_acknowledged_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers go on and say that they are not logged; with room again their lines are written, each once."""
    folder = settle(tmp_path, monkeypatch)
    (folder / "log").mkdir()
    with ground(folder, command=apart("mount", "-t", "tmpfs", "-o", "size=16m", "none", str(folder / "log"))) as there:
        log = Path(f"/proc/{there.served.process.pid}/root{there.log}")
        with loaded(there.served.client.url, BODIES, key=there.key) as load:
            until(lambda: load.answered(0.0))
            for _ in range(ROUNDS):
                _fill(log / "filler")
                until(lambda: not load.asked[-1].logged)
                after = time.monotonic()
                until(lambda since=after: load.answered(since, 100))  # type: ignore[misc]
                (log / "filler").unlink()
                until(lambda: all(one.logged for one in load.asked[-20:]))
        time.sleep(2.5)  # a worker that is asked nothing writes what waits within a second
        judged = there.judged(load, log)
        in_log = sum(1 for one in load.asked if not one.logged)
        assert set(judged.outcomes) == {200}
        assert in_log >= 100
        assert (judged.lost, judged.doubled) == ([], [])
        assert judged.silence < LONGEST_SILENCE_SECONDS
        assert "takes no predictions" in there.served.log.read_text("utf-8")


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filler:
        for size in (1 << 16, 1):
            try:
                while filler.write(b"x" * size):
                    pass
            except OSError:
                continue


def faketime() -> str | None:
    """Return the library that lets a process see another time, Debian's libfaketime or TRADY2_FAKETIME, if there."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return os.environ.get("TRADY2_FAKETIME") or (str(found[0]) if found else None)


@pytest.mark.skipif(not faketime(), reason="needs libfaketime (Debian: apt-get install libfaketime)")
def test_a_clock_that_jumps_makes_vectors_stale_and_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two days ahead stored vectors are stale; back, and two days behind, they are not; features always answer."""
    folder, clock = settle(tmp_path, monkeypatch), tmp_path / "clock"
    clock.write_text("+0")
    faked = {
        "LD_PRELOAD": faketime() or "", "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
    }  # fmt: skip
    stale, seen = (409, "stale_vector"), {}
    with ground(folder, **faked) as there, loaded(there.served.client.url, [{"features": GOOD}], key=there.key) as load:
        for jump in ("+2d", "-2d", "+0", "-2d", "+400d", "+0"):
            draft = tmp_path / "next"
            draft.write_text(jump)
            draft.replace(clock)
            time.sleep(0.2)
            with loaded(there.served.client.url, [{"asset": "BTC-EUR"}], key=there.key, clients=2) as stored:
                time.sleep(1.2)
            seen[jump] = set(there.judged(stored).outcomes)
            (there.folder / "keys").touch()  # keys are looked at by a clock that does not jump
        activate("trady2", there.other.version, reason="a test", actor="tester")
        until(lambda: there.settled(refused=False, version=there.other))
    judged = there.judged(load)
    assert set(judged.outcomes) == {200}
    assert (judged.lost, judged.doubled) == ([], [])
    assert judged.silence < LONGEST_SILENCE_SECONDS
    assert seen == {"+2d": {stale}, "-2d": {200}, "+0": {200}, "+400d": {stale}}
    assert len({file.name.partition("-")[0] for file in there.log.iterdir()}) >= 4  # a file for each day it was
