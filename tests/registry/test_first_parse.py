"""What kills the process that parses it is refused; the process that asked lives on."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.registry.conftest import ROOT
from tests.registry.test_integrity import rewrite
from trady2.errors import IntegrityError
from trady2.home import trady2_home
from trady2.registry import Version, first_parse, load, open_active, open_version
from trady2.registry.activation import activate
from trady2.registry.canonical import canonical_json
from trady2.registry.card import version_card
from trady2.registry.first_parse import try_parse
from trady2.registry.integrity import read_sealed


@pytest.fixture(autouse=True)
def nothing_parsed_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what other tests of this process have parsed."""
    monkeypatch.setattr(first_parse, "_told_here", {})


def forge(version: Version, **files: bytes) -> None:
    """Put other bytes into a version and bring manifest and card into agreement with them, as a forger would."""
    manifest = json.loads((version.path / "manifest.json").read_text("utf-8"))
    for stem, content in files.items():
        name = f"{stem}.json" if stem == "calibrator" else f"{stem}.txt"
        rewrite(version.path / name, content)
        manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    text = canonical_json(manifest)
    rewrite(version.path / "manifest.json", text)
    rewrite(version.path / "model.yaml", version_card(manifest, hashlib.sha256(text).hexdigest()))


def test_a_truncated_text_with_right_digests_ends_a_child_alone(
    three: list[Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    """LightGBM aborts on half a text: the version is refused by name, file and signal, the next one loads."""
    text = (three[0].path / "model.txt").read_bytes()
    forge(three[0], model=text[: len(text) // 2])
    told, asked, real = [], [], first_parse._ask_child
    monkeypatch.setattr(first_parse, "_ask_child", lambda *of: asked.append(of[1]) or real(*of))
    for _ in range(2):
        with pytest.raises(IntegrityError, match=r"ended the process that parsed it: SIG(ABRT|SEGV)") as caught:
            load("trady2", three[0].version)
        told.append(caught.value)
    assert str(told[0]).startswith(f"{three[0].tag}: model.txt or model_down.txt or calibrator.json ended")
    assert asked == [three[0].tag]  # certain, so no second child
    assert str(told[1]) == str(told[0])
    assert told[0].version == three[0].tag
    load("trady2", three[1].version)


def test_a_text_that_wants_all_memory_is_refused(three: list[Version]) -> None:
    """A tree that claims two thousand million leaves is refused before this process meets it."""
    text = (three[1].path / "model.txt").read_text("utf-8")
    head, mark, tail = text.partition("num_leaves=")
    forge(three[1], model=f"{head}{mark}2000000000{tail[tail.index(chr(10)) :]}".encode())
    with pytest.raises(IntegrityError, match=rf"{three[1].tag}: model\.txt|model\.txt cannot be read"):
        load("trady2", three[1].version)


def test_other_predictions_are_told_by_the_child(three: list[Version]) -> None:
    """A forgery that parses but predicts something else is refused with the row, before this process parses it."""
    other = (three[2].path / "model.txt").read_bytes()
    forge(three[1], model=other)
    with pytest.raises(IntegrityError, match=r"model\.txt predicts raw score .* for golden vector 0") as caught:
        try_parse(read_sealed(three[1].path, name="trady2", folder=three[1].folder), version=three[1].tag)
    assert (caught.value.file, caught.value.row, caught.value.version) == ("model.txt", 0, three[1].tag)


def test_a_content_that_nobody_foresaw_is_an_integrity_error(three: list[Version]) -> None:
    """Right digests around settings of another shape are refused, without a traceback of their own kind."""
    settings = json.loads((three[1].path / "calibrator.json").read_text("utf-8"))
    forge(three[1], calibrator=json.dumps({**settings, "features": 7}).encode())
    with pytest.raises(IntegrityError, match=r"calibrator\.json cannot be parsed: TypeError"):
        load("trady2", three[1].version)


def test_a_child_that_hangs_is_ended(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that is not done in time is ended, and the version refused."""
    monkeypatch.setattr(first_parse, "_PATIENCE_SECONDS", 0.01)
    with pytest.raises(IntegrityError, match=r"kept the process that parsed it for 0\.01 s, then it was ended"):
        load("trady2", three[0].version)
    # The machine may have been busy, so the next load tries again.
    assert first_parse._told_here == {}


def test_what_came_through_is_not_tried_again(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """One child per version and machine: neither this process nor one that shares the home starts another."""
    asked = []
    real = first_parse._ask_child
    monkeypatch.setattr(first_parse, "_ask_child", lambda *of: asked.append(of[1]) or real(*of))
    for _ in range(2):
        load("trady2", three[0].version)
    monkeypatch.setattr(first_parse, "_told_here", {})
    activate("trady2", three[0].version, reason="test", actor="ann")
    assert open_active("trady2").sha256 == three[0].sha256
    assert asked == [three[0].tag]
    load("trady2", three[1].version)
    assert asked == [three[0].tag, three[1].tag]


def test_other_libraries_try_again(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update of LightGBM the parse is a first one once more."""
    load("trady2", three[0].version)
    monkeypatch.setattr(first_parse, "installed", lambda library: f"{library} 99")
    monkeypatch.setattr(first_parse, "_PATIENCE_SECONDS", 0.01)
    with pytest.raises(IntegrityError, match="kept the process that parsed it"):
        open_version("trady2", three[0].version)


def test_a_home_that_cannot_be_written_is_no_hindrance(three: list[Version], home: Path) -> None:
    """Where no mark can be left, the version loads all the same, and this process remembers."""
    trady2_home().mkdir(parents=True, exist_ok=True)
    (trady2_home() / "parsed").write_text("in the way")
    load("trady2", three[0].version)
    assert (home / "trady2" / "parsed").read_text() == "in the way"
    assert list(first_parse._told_here.values()) == [None]


def test_the_child_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and addresses of the parent do not reach the process that parses."""
    monkeypatch.setenv("TRADY2_PRIVATE_KEY", "secret")
    monkeypatch.setenv("TRADY2_LEDGER_URL", "sqlite:///elsewhere")
    assert {name for name in first_parse._environment() if name.startswith("TRADY2")} == set()


def test_the_child_is_limited(three: list[Version]) -> None:
    """With less memory than a parse needs, the child says so by its end."""
    sealed = read_sealed(three[0].path, name="trady2", folder=three[0].folder)
    command = [sys.executable, "-m", "trady2.registry.parse_child", str(64 << 20), "2"]
    done = subprocess.run(
        command,
        input=first_parse.packed(sealed, three[0].tag),
        capture_output=True,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        check=False,
    )
    assert done.returncode != 0
