"""Where state lives."""

from pathlib import Path

import pytest

from trady2.home import bentoml_home, ledger_url, store_home, trady2_home


def test_state_lies_beside_the_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without TRADY2_HOME, our folder is inside BentoML's."""
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path))
    monkeypatch.delenv("TRADY2_HOME", raising=False)
    monkeypatch.delenv("TRADY2_LEDGER_URL", raising=False)
    assert trady2_home() == tmp_path / "trady2"
    assert ledger_url() == f"sqlite:///{tmp_path}/trady2/ledger.db"


def test_the_environment_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """TRADY2_HOME and TRADY2_LEDGER_URL win."""
    monkeypatch.setenv("TRADY2_HOME", str(tmp_path / "h"))
    monkeypatch.setenv("TRADY2_LEDGER_URL", "postgresql+psycopg://db/trady2")
    assert (trady2_home(), ledger_url()) == (tmp_path / "h", "postgresql+psycopg://db/trady2")


def test_the_store_is_bentomls_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without BENTOML_HOME, it is where BentoML itself would look."""
    monkeypatch.delenv("BENTOML_HOME", raising=False)
    assert bentoml_home() == Path.home() / "bentoml"


def test_the_store_may_lie_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """TRADY2_STORE moves models and aliases, and neither BentoML's home nor the ledger."""
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path))
    monkeypatch.delenv("TRADY2_HOME", raising=False)
    monkeypatch.setenv("TRADY2_STORE", "")
    assert store_home() == tmp_path
    monkeypatch.setenv("TRADY2_STORE", str(tmp_path / "baked"))
    assert (store_home(), bentoml_home(), trady2_home()) == (tmp_path / "baked", tmp_path, tmp_path / "trady2")
