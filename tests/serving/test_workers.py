"""An activation knows when every living worker has followed it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.errors import ConflictError, IntegrityError
from trady2.home import trady2_home
from trady2.learning.model import Model
from trady2.registry import alias
from trady2.registry.activation import activate, rollback
from trady2.registry.version import Version
from trady2.serving.predictor import Predictor
from trady2.serving.workers import Presence, await_workers, workers

ROOT = Path(__file__).parents[2]
# A worker that is there and never follows, until it is killed.
STUCK = """
import time
from trady2.serving.workers import Presence
present = Presence(["trady2"])
print("here", flush=True)
time.sleep(60)
"""


class Follower:
    """A worker in a thread: it looks for another activation as the service does."""

    def __init__(self, folder: Path) -> None:
        """Be there, catch up once, then follow."""
        self.predictor = Predictor("trady2", folder / "vectors")
        self.presence = Presence(["trady2"])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        while not self._stop.wait(0.05):
            if self.predictor.is_behind():
                self.predictor.refresh()
                self.presence.tell(self.predictor.first)

    def end(self) -> None:
        """Follow no more and leave."""
        self._stop.set()
        self._thread.join()
        self.presence.leave()


@pytest.fixture
def two(home: Path) -> Iterator[list[Follower]]:
    """Two workers that follow."""
    followers = [Follower(home) for _ in range(2)]
    yield followers
    for follower in followers:
        follower.end()


def switched(version: Version) -> Version:
    """Activate a version and return it."""
    activate("trady2", version.version, reason="a test", actor="tester")
    return version


def test_waiting_ends_when_every_worker_answers_with_it(two: list[Follower], model: Model) -> None:
    """After it, each worker has the version in memory: on the way there, back, and there again."""
    first, second = publish_tiny(model), publish_tiny(tiny_model(seed=2), "1.1.0")
    for version in (first, second, first, second):
        switched(version)
        assert await_workers("trady2", version.version, patience_seconds=20) == 2
        assert [follower.predictor.snapshot.version for follower in two] == [version.version] * 2
    assert rollback("trady2", reason="back", actor="tester").version == first.version
    assert await_workers("trady2", first.version, patience_seconds=20) == 2
    assert {(worker.version, worker.refused) for worker in workers("trady2")} == {(first.version, None)}


def test_the_same_version_activated_again_is_waited_for_too(two: list[Follower], model: Model) -> None:
    """A worker that is still on its way to the version between two activations of one is not taken for done."""
    first = switched(publish_tiny(model))
    await_workers("trady2", first.version, patience_seconds=20)
    before = {worker.seen for worker in workers("trady2")}
    switched(first)
    await_workers("trady2", first.version, patience_seconds=20)
    after = {worker.seen for worker in workers("trady2")}
    assert (len(before), len(after), before & after) == (1, 1, set())
    assert len(two) == 2


def test_a_refusal_is_told_at_once(two: list[Follower], model: Model) -> None:
    """A worker that refuses what is active ends the waiting, by name and reason; the others are as they were."""
    first, second = publish_tiny(model), publish_tiny(tiny_model(seed=2), "1.1.0")
    for version in (second, first):
        switched(version)
        await_workers("trady2", version.version, patience_seconds=20)
    folder = alias.target_folder("trady2").parent / second.folder
    (folder / "model.txt").chmod(0o666)
    alias.switch("trady2", folder)
    with pytest.raises(IntegrityError, match=rf"refuses it and answers with {first.semver}.*model\.txt may be written"):
        await_workers("trady2", second.version, patience_seconds=20)
    assert [follower.predictor.snapshot.version for follower in two] == [first.version] * 2


def test_without_any_worker_nothing_answers(home: Path, model: Model) -> None:
    """No worker in the folder is told after the patience, with the folder."""
    version = switched(publish_tiny(model))
    with pytest.raises(ConflictError, match=r"after 0\.1 s no worker of the service is seen in .*workers; start it"):
        await_workers("trady2", version.version, patience_seconds=0.1)
    assert home.exists()


def test_a_worker_that_does_not_follow_is_named_until_it_dies(home: Path, model: Model) -> None:
    """A living worker that is behind fails the waiting; killed, it counts no more and leaves nothing."""
    version = switched(publish_tiny(model))
    stuck = subprocess.Popen([sys.executable, "-c", STUCK], stdout=subprocess.PIPE, cwd=ROOT)
    assert stuck.stdout
    assert stuck.stdout.readline() == b"here\n"
    with pytest.raises(ConflictError, match=r"1 of 1 workers have not followed: .* answers with nothing; their log"):
        await_workers("trady2", version.version, patience_seconds=0.2)
    stuck.kill()
    stuck.wait()
    stuck.stdout.close()
    assert len(list((trady2_home() / "workers").iterdir())) == 2
    assert workers("trady2") == []
    assert list((trady2_home() / "workers").iterdir()) == []
    assert home.exists()


def test_an_overtaken_activation_says_so(two: list[Follower], model: Model) -> None:
    """When somebody else activates another version meanwhile, waiting for the first one ends."""
    first, second = publish_tiny(model), publish_tiny(tiny_model(seed=2), "1.1.0")
    switched(first)
    switched(second)
    with pytest.raises(ConflictError, match=rf"was activated, but by now {second.semver}.* is active"):
        await_workers("trady2", first.version, patience_seconds=20)
    assert len(two) == 2


def test_workers_of_other_names_are_not_waited_for(home: Path, version: Version) -> None:
    """A worker is asked only about the names that it serves."""
    other = Presence(["other"])
    assert workers("trady2") == []
    assert [worker.version for worker in workers("other")] == [None]
    predictor = Predictor("trady2", home / "vectors")
    mine = Presence(["trady2"])
    predictor.refresh()
    mine.tell(predictor.first)
    assert await_workers("trady2", version.version, patience_seconds=5) == 1
    for presence in (other, mine):
        presence.leave()
        presence.leave()
    assert list((trady2_home() / "workers").iterdir()) == []


def test_a_folder_that_cannot_be_written_hinders_no_answer(
    home: Path, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker says in its log that nobody can wait for it, and answers."""
    (trady2_home() / "workers").write_text("in the way")
    presence, predictor = Presence(["trady2"]), Predictor("trady2", home / "vectors")
    predictor.refresh()
    presence.tell(predictor.first)
    presence.leave()
    assert predictor.snapshot.version == version.version
    assert "will not see this worker" in caplog.text
    assert workers("trady2") == []


def test_a_full_disk_keeps_the_waiting_waiting(home: Path, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is not taken for said: whoever waits sees the worker as behind."""
    presence, predictor = Presence(["trady2"]), Predictor("trady2", home / "vectors")

    def refuse(*_: object) -> None:
        raise OSError("No space left on device")

    predictor.refresh()
    with monkeypatch.context() as full:
        full.setattr("trady2.serving.workers.atomic_write", refuse)
        presence.tell(predictor.first)
    assert presence.unsaid
    with pytest.raises(ConflictError, match="1 of 1 workers have not followed"):
        await_workers("trady2", version.version, patience_seconds=0.1)
    presence.tell(predictor.first)
    assert await_workers("trady2", version.version, patience_seconds=1) == 1
    presence.leave()


def test_waiting_costs_little(two: list[Follower], version: Version) -> None:
    """Looking once at two workers takes well under the twentieth of a second between two looks."""
    await_workers("trady2", version.version, patience_seconds=20)
    started = time.process_time()
    for _ in range(50):
        assert len(workers("trady2")) == len(two)
    assert (time.process_time() - started) / 50 < 0.02
