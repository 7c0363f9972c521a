import os
from pathlib import Path

import pytest

from service import settings
from service.service import Trady2
from trady2.errors import ConfigError, NotFoundError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in ("TRADY2_VECTORS", "TRADY2_NAME", *settings._PATHS):
        monkeypatch.setenv(name, "")
    return tmp_path


def test_a_relative_folder_of_vectors_is_fixed_at_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of a built Bento run in its folder, so the parent says where the vectors really are."""
    for given, expected in ((None, tmp_path / "data/vectors"), ("mine", tmp_path / "mine"), ("/srv/v", Path("/srv/v"))):
        monkeypatch.setenv("TRADY2_VECTORS", given or "")
        Trady2.inner.anchor()
        assert Path(os.environ["TRADY2_VECTORS"]) == expected


def test_the_file_of_names_is_read_and_its_path_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it configures is served, whatever the working folder is later."""
    (tmp_path / "serve.yaml").write_text('serve: {models: {majors: [BTC-EUR], alts: ["*"]}}', "utf-8")
    monkeypatch.setenv("TRADY2_SERVE_CONFIG", "serve.yaml")
    settings.anchor()
    monkeypatch.chdir("/")
    assert settings.predictor(None).routing.assets == {"majors": ("BTC-EUR",), "alts": ("*",)}


def test_without_a_file_one_name_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the environment, or trady2."""
    assert settings.predictor(None).routing.assets == {"trady2": ("*",)}
    monkeypatch.setenv("TRADY2_NAME", "mine")
    assert settings.predictor(None).routing.names == ("mine",)


def test_what_cannot_be_served_ends_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the parent, before a worker could fail again and again: with the file, the key and the way out."""
    monkeypatch.setenv("TRADY2_SERVE_CONFIG", "serve.yaml")
    with pytest.raises(NotFoundError, match=r"serve\.yaml does not exist"):
        settings.anchor()
    (tmp_path / "serve.yaml").write_text("serve: {models: {a: [X], b: [X]}}", "utf-8")
    with pytest.raises(ConfigError, match=r"serve\.yaml: serve: asset 'X' stands under a and under b"):
        settings.anchor()
    monkeypatch.setenv("TRADY2_SERVE_CONFIG", "")
    monkeypatch.setenv("TRADY2_NAME", "Not A Name")
    with pytest.raises(ConfigError, match="'Not A Name' is no model name"):
        settings.anchor()


def test_workers_give_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The C library is told how, unless whoever runs the service has told it."""
    for name in settings._MEMORY:
        monkeypatch.setenv(name, "7")
    monkeypatch.delenv("MALLOC_ARENA_MAX")
    settings.anchor()
    assert [os.environ[name] for name in settings._MEMORY] == ["2", "7", "7"]


@pytest.mark.parametrize("days", ["0", "-1", "a week", "1.5", "٣"])
def test_days_of_the_log_are_a_number(days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is none ends the start."""
    monkeypatch.setenv("TRADY2_PREDICTION_LOG_DAYS", days)
    with pytest.raises(ConfigError, match="is no number of days"):
        settings.anchor()


def test_shadows_need_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would score into nothing; with the log on they are there."""
    (tmp_path / "serve.yaml").write_text("serve: {shadows: {trady2: [next]}}", "utf-8")
    monkeypatch.setenv("TRADY2_SERVE_CONFIG", "serve.yaml")
    monkeypatch.setenv("TRADY2_PREDICTION_LOG", "off")
    with pytest.raises(ConfigError, match=r"serve\.shadows score into the prediction log, which is off"):
        settings.anchor()
    monkeypatch.setenv("TRADY2_PREDICTION_LOG", str(tmp_path / "log"))
    settings.anchor()
    made = settings.predictor(settings.prediction_log())
    assert made.shadows is not None
    assert list(made.shadows.following) == ["next"]
