import logging
import shutil
from pathlib import Path

import pytest

from tests.serving.tiny_version import NOON, publish_tiny, tiny_model
from trady2.data.panel import Panel
from trady2.errors import IntegrityError, NotFoundError
from trady2.learning.model import Model
from trady2.registry.activation import activate
from trady2.registry.version import Version
from trady2.serving.predictor import Predictor
from trady2.serving.routing import Routing


def tamper(name: str, file: str = "model.txt") -> None:
    """Change one byte of a file behind the alias."""
    import trady2.registry.alias as alias

    target = alias.target_folder(name)
    assert target is not None
    path = target / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(bytes(content))


def test_without_an_active_version_nothing_is_answered(home: Path) -> None:
    """An empty store says what to do."""
    predictor = Predictor("trady2", home / "vectors")
    predictor.refresh()
    with pytest.raises(NotFoundError, match=r"trady2 has no active version.*trady2 activate") as caught:
        predictor.answer({"asset": "BTC-EUR"})
    assert caught.value.code == "no_active_model"


def test_an_activation_is_picked_up(predictor: Predictor, panel: Panel) -> None:
    """After another activation the predictor is behind; after a refresh it answers with the other model."""
    assert not predictor.is_behind()
    other = tiny_model(seed=2)
    activate("trady2", publish_tiny(other, "1.1.0").version, reason="better", actor="tester")
    assert predictor.is_behind()
    predictor.refresh()
    assert not predictor.is_behind()
    answer = predictor.answer({"asset": "BTC-EUR"})
    assert answer["version"].startswith("1.1.0+")
    assert answer["probability"] == other.predict_probability(panel)[-1]


def test_a_tampered_version_is_refused_and_the_old_one_answers_on(
    predictor: Predictor, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """One changed byte: the version before goes on answering, log and refusal name the file, and it is logged once."""
    activate("trady2", publish_tiny(tiny_model(seed=2), "1.1.0").version, reason="better", actor="tester")
    tamper("trady2")
    with caplog.at_level(logging.INFO):
        predictor.refresh()
        predictor.refresh()
    assert predictor.answer({"asset": "BTC-EUR"})["version"] == version.version
    assert predictor.refusal is not None
    assert "model.txt" in predictor.refusal.reason
    assert predictor.refusal.since == NOON
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert f"{version.version} answers on" in caplog.text


def test_a_tampered_version_alone_is_refused_by_name(home: Path, version: Version) -> None:
    """After a restart there is no version before it, so the request is refused with the reason."""
    tamper(version.name)
    predictor = Predictor(version.name, home / "vectors")
    predictor.refresh()
    with pytest.raises(IntegrityError, match=r"active version of trady2 is refused.*model\.txt") as caught:
        predictor.answer({"asset": "BTC-EUR"})
    assert caught.value.code == "model_refused"


def test_a_refused_version_is_tried_again(
    predictor: Predictor, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its files are restored, the version that was refused answers without another activation."""
    better = publish_tiny(tiny_model(seed=2), "1.1.0")
    activate("trady2", better.version, reason="better", actor="tester")
    tamper("trady2")
    predictor.refresh()
    assert not predictor.is_behind()
    import trady2.registry.alias as alias

    folder = alias.target_folder("trady2")
    assert folder is not None
    shutil.copy(better.path / "model.txt", folder / "model.txt.restored")
    (folder / "model.txt.restored").rename(folder / "model.txt")
    monkeypatch.setattr(predictor.first, "_retry_at", 0.0)
    assert predictor.is_behind()
    predictor.refresh()
    assert (predictor.refusal, predictor.answering().version) == (None, better.version)
    assert better.version != version.version


def test_one_name_is_followed_while_the_other_stays(predictor: Predictor, home: Path, model: Model) -> None:
    """An activation makes the predictor behind in that name alone."""
    first = publish_tiny(model, name="alts")
    activate("alts", first.version, reason="a test", actor="tester")
    both = Predictor(Routing({"trady2": ["BTC-EUR"], "alts": ["*"]}), home / "vectors")
    both.refresh()
    assert not both.is_behind()
    activate("alts", publish_tiny(tiny_model(seed=2), "1.1.0", name="alts").version, reason="a test", actor="tester")
    assert both.is_behind()
    assert {name: one.is_behind() for name, one in both.following.items()} == {"trady2": False, "alts": True}
    both.following["alts"].refresh()
    assert both.following["alts"].answering().version.startswith("1.1.0+")
    assert both.answering().version == predictor.answering().version
