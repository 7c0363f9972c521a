"""The card that BentoML reads, held against the one that BentoML writes."""

import json

import pytest
import yaml

from tests.registry.conftest import BentoML
from trady2.registry import Version, activate
from trady2.registry.card import CARD_FILE, alias_card, pinned_digest, version_card
from trady2.registry.store import aliases_folder

BY_BENTOML = """
import bentoml, yaml
from bentoml._internal.models.model import ModelContext
wanted = yaml.safe_load(open({card!r}))
context = ModelContext("lightgbm", wanted["context"]["framework_versions"])
tag = wanted["name"] + ":" + {tag!r}
with bentoml.models.create(tag, labels=wanted["labels"], metadata=wanted["metadata"], context=context):
    pass
print(bentoml.models.get(tag).path_of("model.yaml"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("alias", [False, True], ids=["version", "alias"])
def test_the_card_says_what_bentoml_would_write(three: list[Version], bentoml: BentoML, alias: bool) -> None:
    """Key by key, in the same order, it equals what `bentoml.models.create` writes, but for tag and time."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    folder = aliases_folder("trady2") / three[0].folder if alias else three[0].path
    ours = yaml.safe_load((folder / CARD_FILE).read_text())
    path = bentoml.python(BY_BENTOML.format(card=str(folder / CARD_FILE), tag="9.9.9-20251101_120000"))
    with open(path) as opened:  # noqa: PTH123 - a path that another program printed
        theirs = yaml.safe_load(opened)
    assert list(ours) == list(theirs)
    for key in ("version", "creation_time"):
        assert type(ours.pop(key)) is type(theirs.pop(key))
    assert ours == theirs


def test_the_alias_is_never_the_latest(three: list[Version]) -> None:
    """The alias's card has the version `active`, the year 1970 and the target's tag; the version's has its birth."""
    manifest = three[0].manifest
    version, alias = (yaml.safe_load(card(manifest, "0" * 64)) for card in (version_card, alias_card))
    assert (version["version"], version["creation_time"]) == (three[0].folder, "2025-11-01T12:00:00+00:00")
    assert (alias["version"], alias["creation_time"][:4]) == ("active", "1970")
    assert alias["labels"]["target"] == three[0].tag
    assert alias["metadata"] == version["metadata"]


def test_hostile_text_stays_text(three: list[Version]) -> None:
    """Quotes, colons, line breaks and digits that look like a number stay the strings that they are."""
    environment = json.loads(json.dumps(three[0].manifest["environment"]))
    environment["python"] = '3.11 "x": [\n'
    environment["libraries"]["lightgbm"] = "1e5"
    card = yaml.safe_load(version_card({**three[0].manifest, "environment": environment}, "1" * 64))
    assert card["context"]["python_version"] == '3.11 "x": [\n'
    assert card["context"]["framework_versions"] == {"lightgbm": "1e5"}
    assert card["metadata"]["manifest_sha256"] == "1" * 64


def test_the_pin_is_found_without_yaml(three: list[Version]) -> None:
    """The pinned digest is the manifest's; a card with none or two of them pins nothing."""
    card = (three[0].path / CARD_FILE).read_bytes()
    assert len(pinned_digest(card)) == 64
    assert pinned_digest(card) == yaml.safe_load(card)["metadata"]["manifest_sha256"]
    assert (pinned_digest(card + card), pinned_digest(b"name: x")) == ("", "")
