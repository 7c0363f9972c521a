"""The append-only, hash-chained memory, in SQLite and in PostgreSQL."""

import hashlib
import json
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sql

from tests.registry.conftest import Forks
from trady2.errors import ConfigError, ConflictError, DataError, IntegrityError
from trady2.registry import Ledger


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Start a PostgreSQL of our own on a local socket, as another user when we are root; gives its address."""
    programs = [
        shutil.which(name) or next(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), None)
        for name in ("initdb", "postgres")
    ]
    owner = "postgres" if os.geteuid() == 0 else None
    if not all(programs) or (owner and owner not in {entry.pw_name for entry in pwd.getpwall()}):
        pytest.skip("needs initdb and postgres (apt-get install postgresql), and their user when run as root")
    folder = Path(tempfile.mkdtemp(prefix="trady2-pg-"))
    if owner:
        shutil.chown(folder, owner)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": owner, "cwd": folder}
    data = str(folder / "data")
    subprocess.run([programs[0], "-D", data, "-U", "trady2", "-A", "trust", "-N"], check=True, **quiet)
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    server = subprocess.Popen([programs[1], "-D", data, *options], **quiet)
    url = f"postgresql://trady2@/postgres?host={folder}"
    try:
        wait_for(url)
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # ends sessions instead of waiting for them
        server.wait()
        shutil.rmtree(folder)


def wait_for(url: str) -> None:
    """Return when the server answers; fails after 30 s."""
    for _ in range(300):
        try:
            return Ledger(url).events() and None
        except ConflictError:
            time.sleep(0.1)
    pytest.fail("PostgreSQL did not start within 30 s")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty ledger of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'ledger.db'}"
    address = str(request.getfixturevalue("cluster"))
    change(address, "DROP TABLE IF EXISTS trady2_ledger")
    return address


def change(url: str, statement: str) -> None:
    """Do to the table what nobody should."""
    engine = sql.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sql.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def filled(url: str, count: int = 5) -> Ledger:
    """Append some events."""
    ledger = Ledger(url)
    for number in range(count):
        ledger.append("trial", name="trady2", version=f"1.0.{number % 2}", actor="ann", payload={"number": number})
    return ledger


def test_an_empty_ledger_is_whole(url: str) -> None:
    """Before the first event there is nothing, and reading creates nothing."""
    assert (Ledger(url).events(), Ledger(url).verify()) == ([], 0)
    if url.startswith("sqlite"):
        assert not Path(url.removeprefix("sqlite:///")).exists()


def test_events_come_back_as_they_were_written(url: str) -> None:
    """Everything of an event is kept, times in UTC, and events can be chosen by name, version and kind."""
    ledger = Ledger(url)
    before = datetime.now(UTC)
    written = ledger.append(
        "activated", name="trady2", version="1.0.0", actor="Zoë", reason='because: "ä"\n', payload={"a": [1.5, None]}
    )
    ledger.append("trained", name="other", actor="ann")
    events = Ledger(url).events()
    assert events[0] == written
    assert before <= events[0].at <= datetime.now(UTC)
    assert (events[0].reason, events[0].payload, events[1].version) == ('because: "ä"\n', {"a": [1.5, None]}, None)
    assert [event.number for event in ledger.events(name="other")] == [2]
    assert [event.number for event in ledger.events(version="1.0.0")] == [1]
    assert [event.number for event in ledger.events(kinds=("trained", "deleted"))] == [2]


def test_the_chain_can_be_followed_by_anybody(url: str) -> None:
    """Each hash is the SHA-256 of the row's other columns as sorted JSON, the first follows 64 zeros."""
    filled(url)
    engine = sql.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sql.NullPool)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM trady2_ledger ORDER BY number").mappings().all()
    previous = "0" * 64
    for row in rows:
        rest = {key: value for key, value in row.items() if key != "hash"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert (row["previous"], row["hash"]) == (previous, hashlib.sha256(text.encode()).hexdigest())
        previous = row["hash"]
    assert Ledger(url).verify() == len(rows) == 5


CHANGES = {
    "at": "UPDATE trady2_ledger SET at = '2020-01-01T00:00:00.000000Z' WHERE number = 3",
    "kind": "UPDATE trady2_ledger SET kind = 'trained' WHERE number = 3",
    "name": "UPDATE trady2_ledger SET name = 'other' WHERE number = 3",
    "version": "UPDATE trady2_ledger SET version = NULL WHERE number = 3",
    "actor": "UPDATE trady2_ledger SET actor = 'eve' WHERE number = 3",
    "reason": "UPDATE trady2_ledger SET reason = 'none' WHERE number = 3",
    "payload": "UPDATE trady2_ledger SET payload = '{}' WHERE number = 3",
    "hash": "UPDATE trady2_ledger SET hash = 'ffff' WHERE number = 3",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_a_changed_event_breaks_the_chain(url: str, statement: str) -> None:
    """Whatever is changed in an event, verification names that event."""
    ledger = filled(url)
    change(url, statement)
    with pytest.raises(IntegrityError, match="is broken at event 3: it is not what was written") as caught:
        ledger.verify()
    assert caught.value.number == 3


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DELETE FROM trady2_ledger WHERE number = 3", "at event 3: it is missing: 4 follows 2"),
        ("DELETE FROM trady2_ledger WHERE number = 1", "at event 1: it is missing: 2 follows 0"),
        ("UPDATE trady2_ledger SET number = 9 WHERE number = 4", "at event 4: it is missing: 5 follows 3"),
        (
            "UPDATE trady2_ledger SET previous = 'eeee' WHERE number = 4",
            "at event 4: it does not follow from the event before it",
        ),
    ],
    ids=["removed", "first", "moved", "unlinked"],
)
def test_a_broken_chain_names_its_first_broken_link(url: str, statement: str, message: str) -> None:
    """Removed, moved and unlinked events are found, the first one is named."""
    ledger = filled(url)
    change(url, statement)
    with pytest.raises(IntegrityError, match=message):
        ledger.verify()


def test_many_events_are_one_transaction(url: str) -> None:
    """A batch follows what was there, keeps its order, and makes one chain with what comes after."""
    ledger = filled(url, 2)
    written = ledger.append_many("trial", [{"number": number} for number in range(1_000)], name="n", actor="ann")
    assert ledger.append("trained", name="n", actor="ann").number == 1_003
    assert ledger.verify() == 1_003
    assert ledger.events(name="n", kinds=("trial",)) == written
    assert [event.payload["number"] for event in written] == list(range(1_000))
    assert ledger.append_many("trial", [], name="n", actor="ann") == []
    assert ledger.verify() == 1_003


def test_a_batch_is_there_as_a_whole_or_not_at_all(url: str) -> None:
    """One payload that cannot be written leaves none of the batch."""
    ledger = filled(url, 2)
    with pytest.raises(DataError, match=r"value\.x is a object"):
        ledger.append_many("trial", [{"x": 1}, {"x": object()}], name="n", actor="ann")
    assert (len(ledger.events()), ledger.verify()) == (2, 2)


def test_a_thousand_events_take_far_less_than_a_second(url: str) -> None:
    """The CPU of a batch of a thousand trials, beside that of the database, stays below a second."""
    payload = {"parameters": {f"key_{number}": number / 7 for number in range(20)}, "sha256": "0" * 64}
    began = time.process_time()
    Ledger(url).append_many("trial", [payload] * 1_000, name="n", actor="ann")
    assert time.process_time() - began < 1


def test_an_event_has_one_successor(url: str) -> None:
    """The database itself refuses a second event that follows the same one."""
    filled(url, 2)
    with pytest.raises(sql.exc.IntegrityError, match=r"(?i)unique"):
        change(
            url,
            "INSERT INTO trady2_ledger SELECT 3, at, kind, name, version, actor, reason, payload, previous, hash "
            "FROM trady2_ledger WHERE number = 2",
        )


@pytest.mark.slow
def test_writers_at_once_make_one_chain(url: str, children: Forks) -> None:
    """Four processes appending at once, to a ledger that none of them found: all recorded, one chain."""
    options = [{"url": url, "count": 10, "actor": f"writer {number}"} for number in range(4)]
    processes = [children.start({"verb": "append", "options": option}) for option in options]
    assert [children.wait(process) for process in processes] == [0] * 4, children.said()[1]
    events = Ledger(url).events()
    assert Ledger(url).verify() == 40
    for option in options:
        mine = [event.payload["number"] for event in events if event.actor == option["actor"]]
        assert mine == list(range(10))


@pytest.mark.slow
def test_batches_of_writers_at_once_do_not_mix(url: str, children: Forks) -> None:
    """Three processes writing batches at once: one chain, in which each batch stands together."""
    options = [{"url": url, "count": 4, "batch": 100, "actor": f"writer {number}"} for number in range(3)]
    processes = [children.start({"verb": "append", "options": option}) for option in options]
    assert [children.wait(process) for process in processes] == [0] * 3, children.said()[1]
    events = Ledger(url).events()
    assert Ledger(url).verify() == 1_200
    for start in range(0, 1_200, 100):
        batch = events[start : start + 100]
        assert len({event.actor for event in batch}) == 1
        assert [event.payload["row"] for event in batch] == list(range(100))


def test_a_payload_has_to_be_plain(url: str) -> None:
    """What cannot be written leaves no event."""
    with pytest.raises(DataError, match=r"value\.x is a object"):
        Ledger(url).append("trial", name="trady2", actor="ann", payload={"x": object()})
    assert Ledger(url).events() == []


def test_the_address_comes_from_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The ledger lies beside the model store unless TRADY2_LEDGER_URL says otherwise."""
    Ledger().append("trial", name="trady2", actor="ann")
    assert (home / "trady2" / "ledger.db").is_file()
    monkeypatch.setenv("TRADY2_LEDGER_URL", f"sqlite:///{tmp_path / 'other.db'}")
    assert Ledger().events() == []


@pytest.mark.parametrize("address", ["mysql://ann:secret@host/db", "oracle://ann:secret@host/db"])
def test_other_databases_are_refused_without_their_password(address: str) -> None:
    """Only SQLite and PostgreSQL have the locks that one chain needs; the message hides the password."""
    with pytest.raises(ConfigError, match="is no ledger: give sqlite:///… or postgresql://…") as caught:
        Ledger(address)
    assert "secret" not in str(caught.value)


def test_a_damaged_file_and_a_busy_one_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no database has to be restored; one that is locked has to be waited for."""
    file = tmp_path / "ledger.db"
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(IntegrityError, match=r"is damaged: .*restore it from a copy"):
        Ledger(f"sqlite:///{file}").events()
    file.unlink()
    monkeypatch.setattr("trady2.registry.ledger._PATIENCE_SECONDS", 0.01)
    ledger = filled(f"sqlite:///{file}", 1)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(ConflictError, match=r"cannot be used now: .*locked.*then try again"):
            ledger.append("trial", name="trady2", actor="ann")
    finally:
        holder.close()
    assert ledger.append("trial", name="trady2", actor="ann").number == 2


def test_an_unreachable_server_says_so() -> None:
    """A server that does not answer is a conflict to be looked at, not a traceback."""
    with pytest.raises(ConflictError, match="cannot be used now"):
        Ledger("postgresql://ann:secret@/db?host=/nowhere").events()


def test_a_noted_head_tells_a_chain_that_was_cut(url: str) -> None:
    """Without its last events a chain is whole, but no longer holds the hash that somebody noted."""
    ledger = Ledger(url)
    events = [ledger.append("trained", name="trady2", actor="ann", payload={"n": n}) for n in range(4)]
    hashes = [event.hash for event in events]
    assert ledger.hashes(known=hashes[-1]) == ledger.hashes() == hashes
    with ledger._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM trady2_ledger WHERE number = 4")
    assert ledger.hashes(known=hashes[2]) == hashes[:3]
    with pytest.raises(IntegrityError, match=r"3 events and none with the hash .* its end was cut off"):
        ledger.hashes(known=hashes[-1])
