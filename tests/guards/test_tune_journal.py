"""The journal of a study."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.guards.test_tune_store import ended
from tests.guards.tuning import store_in
from trady2.errors import ConfigError
from trady2.files import locked
from trady2.guards.tune_journal import open_journal


def test_without_optuna_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tuning is an extra; the message says how to get it."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"Optuna is not installed, which tuning needs; install trady2\[tune\]"):
        open_journal(tmp_path / "journal.log")


def test_an_unfinished_last_line_is_cut_off(tmp_path: Path) -> None:
    """A power cut inside a write costs that line and nothing before it."""
    ended(store_in(tmp_path))
    with (tmp_path / "journal.log").open("ab") as journal:
        journal.write(b'{"op_code": 5, "worker')
    assert len(store_in(tmp_path).tried()) == 1
    assert (tmp_path / "journal.log").read_bytes().endswith(b"\n")


def test_studies_of_two_processes_wait_for_each_other(tmp_path: Path) -> None:
    """The lock of the journal is the kernel's: it can be taken again as soon as it is free."""
    store = store_in(tmp_path)
    with locked(tmp_path / "journal.lock"):
        pass
    ended(store)
    with locked(tmp_path / "journal.lock", patience_seconds=0):
        assert len((tmp_path / "journal.log").read_bytes().splitlines()) > 3
