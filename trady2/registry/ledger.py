"""The memory of the registry: append-only events, each chained to the one before by a SHA-256.

An event's hash covers its number, time, kind, subject, actor, reason, payload and the hash of its predecessor, so
a changed, removed or inserted row breaks the chain at a place that `Ledger.verify` names. Events cut off at the very
end leave a shorter chain that is whole; whoever needs to notice that keeps the last hash elsewhere.

SQLite by default, in its rollback journal and with full synchronisation rather than WAL: one file, on any file
system, that a kill or a power cut leaves whole; an append costs milliseconds and happens a few times per training.
PostgreSQL when ``TRADY2_LEDGER_URL`` says so. One ledger belongs to one model store: what is missing from the store
counts as deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.exc import DatabaseError, OperationalError

from trady2.errors import ConfigError, ConflictError, IntegrityError
from trady2.home import ledger_url
from trady2.registry.canonical import canonical_json, read_json, utc_text, utc_time

__all__ = ["Event", "Ledger"]

_GENESIS = "0" * 64
_PATIENCE_SECONDS = 30
_TABLE = sql.Table(
    "trady2_ledger",
    sql.MetaData(),
    sql.Column("number", sql.BigInteger, primary_key=True, autoincrement=False),
    sql.Column("at", sql.String(27), nullable=False),
    sql.Column("kind", sql.String(64), nullable=False, index=True),
    sql.Column("name", sql.String(63), nullable=False, index=True),
    sql.Column("version", sql.String(64)),
    sql.Column("actor", sql.Text, nullable=False),
    sql.Column("reason", sql.Text, nullable=False),
    sql.Column("payload", sql.Text, nullable=False),
    sql.Column("previous", sql.String(64), nullable=False, unique=True),  # two successors of one event: impossible
    sql.Column("hash", sql.String(64), nullable=False),
)
# Taken before the last event is read, so that two writers cannot both see the same one as the last.
_WRITER_LOCK = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7482339127)"}


@dataclass(frozen=True)
class Event:
    """One line of the ledger: who did what to which version, when (UTC) and why."""

    number: int
    at: datetime
    kind: str
    name: str
    version: str | None
    actor: str
    reason: str
    payload: dict[str, Any]
    previous: str
    hash: str


class Ledger:
    """The events at one database address; an object of this class holds no connection open."""

    def __init__(self, url: str | None = None) -> None:
        """Take the database *url*, by default that of `trady2.home.ledger_url`; raises ConfigError for others."""
        address = sql.make_url(url or ledger_url())
        if address.drivername in ("postgres", "postgresql"):
            address = address.set(drivername="postgresql+psycopg")
        dialect = address.get_backend_name()
        if dialect not in _WRITER_LOCK:
            shown = address.render_as_string(hide_password=True)
            raise ConfigError(f"{shown} is no ledger: give sqlite:///… or postgresql://…", url=shown)
        self._address, self._lock = address, _WRITER_LOCK[dialect]
        self._file = Path(address.database) if dialect == "sqlite" and address.database else None
        options = {"timeout": _PATIENCE_SECONDS} if self._file else {}
        self._engine = sql.create_engine(address, poolclass=sql.NullPool, connect_args=options)
        if self._file:
            sql.event.listen(self._engine, "connect", _durable)

    def append(
        self,
        kind: str,
        *,
        name: str,
        actor: str,
        version: str | None = None,
        reason: str = "",
        payload: Mapping[str, Any] | None = None,
    ) -> Event:
        """Write an event of this *kind* behind the last one, durably, and return it."""
        written = self.append_many(kind, [payload or {}], name=name, actor=actor, version=version, reason=reason)
        return written[0]

    def append_many(
        self,
        kind: str,
        payloads: Sequence[Mapping[str, Any]],
        *,
        name: str,
        actor: str,
        version: str | None = None,
        reason: str = "",
    ) -> list[Event]:
        """Write an event per payload, one behind the other, in one transaction: all of them or none; return them."""
        texts = [canonical_json(payload).decode() for payload in payloads]
        if not texts:
            return []
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        alike = {"kind": kind, "name": name, "version": version, "actor": actor, "reason": reason}
        with self._transaction(write=True) as connection:
            _TABLE.create(connection, checkfirst=True)
            newest = sql.select(_TABLE.c.number, _TABLE.c.hash).order_by(_TABLE.c.number.desc()).limit(1)
            number, previous = connection.execute(newest).first() or (0, _GENESIS)
            rows = _chained(number, previous, utc_text(datetime.now(UTC)), alike, texts)
            connection.execute(sql.insert(_TABLE), rows)
        return [_event(row) for row in rows]

    def events(
        self, *, name: str | None = None, version: str | None = None, kinds: Sequence[str] | None = None
    ) -> list[Event]:
        """Return the events in order, those of one *name*, *version* or of some *kinds* if given."""
        query = sql.select(_TABLE).order_by(_TABLE.c.number)
        if name is not None:
            query = query.where(_TABLE.c.name == name)
        if version is not None:
            query = query.where(_TABLE.c.version == version)
        if kinds is not None:
            query = query.where(_TABLE.c.kind.in_(kinds))
        return [_event(row) for row in self._rows(query)]

    def verify(self) -> int:
        """Walk the whole chain and return its length; raises IntegrityError that names the first broken link."""
        return len(self.hashes())

    def hashes(self, *, known: str | None = None) -> list[str]:
        """Walk the whole chain and return the hash of each event; raises IntegrityError as `verify` does.

        It is raised as well when *known*, the hash of an event that was noted before, is not among them: then the end
        of the chain was cut off, or all of it was written anew.
        """
        previous, found = _GENESIS, []
        rows = self._rows(sql.select(_TABLE).order_by(_TABLE.c.number))
        for number, row in enumerate(rows, start=1):
            if row["number"] != number:
                raise self._torn(number, f"is missing: {row['number']} follows {number - 1}")
            if row["previous"] != previous:
                raise self._torn(number, "does not follow from the event before it")
            if row["hash"] != _hash(row):
                raise self._torn(number, "is not what was written")
            previous = row["hash"]
            found.append(previous)
        if known is not None and known not in found:
            raise IntegrityError(
                f"the ledger {self._shown()} has {len(found)} events and none with the hash {known}: its end was "
                "cut off, or it was written anew; restore it from a copy",
                known=known,
            )
        return found

    def _rows(self, query: sql.Select[Any]) -> Sequence[Mapping[str, Any]]:
        if self._file and not self._file.exists():
            return []
        with self._transaction(write=False) as connection:
            if not sql.inspect(connection).has_table(_TABLE.name):
                return []
            return [dict(row) for row in connection.execute(query).mappings()]

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[sql.Connection]:
        try:
            with self._engine.begin() as connection:
                if write:
                    connection.exec_driver_sql(self._lock)
                yield connection
        except DatabaseError as error:
            shown = self._shown()
            if isinstance(error, OperationalError):
                text = (
                    f"the ledger {shown} cannot be used now: {error.orig}; see that it runs and is free, then try again"
                )
                raise ConflictError(text, url=shown) from error
            text = f"the ledger {shown} is damaged: {error.orig}; restore it from a copy"
            raise IntegrityError(text, url=shown) from error

    def _torn(self, number: int, reason: str) -> IntegrityError:
        return IntegrityError(
            f"the ledger {self._shown()} is broken at event {number}: it {reason}; restore the ledger from a copy",
            number=number,
            reason=reason,
        )

    def _shown(self) -> str:
        return self._address.render_as_string(hide_password=True)


def _durable(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come first, and is not IMMEDIATE
    connection.execute("PRAGMA synchronous = EXTRA")


def _chained(
    number: int, previous: str, at: str, alike: Mapping[str, Any], payloads: Sequence[str]
) -> list[dict[str, Any]]:
    """Return rows that follow the event *number* and each other."""
    rows = []
    for place, payload in enumerate(payloads, start=number + 1):
        row: dict[str, Any] = {"number": place, "at": at, **alike, "payload": payload, "previous": previous}
        row["hash"] = previous = _hash(row)
        rows.append(row)
    return rows


def _hash(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json({key: row[key] for key in row if key != "hash"})).hexdigest()


def _event(row: Mapping[str, Any]) -> Event:
    values = {field.name: row[field.name] for field in fields(Event)}
    payload = read_json(row["payload"].encode(), source=f"event {row['number']} of the ledger")
    return Event(**{**values, "at": utc_time(row["at"]), "payload": payload})
