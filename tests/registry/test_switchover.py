"""Intent, switch, outcome."""

import shutil
from pathlib import Path

import pytest

from trady2.registry import Ledger, Version, activate, active, open_active, open_version
from trady2.registry.store import models_folder
from trady2.registry.switchover import switch_over


def test_the_intent_is_written_before_the_switch(three: list[Version], monkeypatch: pytest.MonkeyPatch) -> None:
    """When the switch fails, the ledger has the intent, the alias is unchanged, and the next activation settles it."""
    activate("trady2", three[0].version, reason="test", actor="ann")
    opened = open_version("trady2", three[1].version)

    def fail(_name: str, _folder: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("trady2.registry.alias.switch", fail)
        with pytest.raises(OSError, match="Input/output error"):
            switch_over(opened, Ledger(), "activated", reason="r", actor="ann", payload={})
    assert (Ledger().events()[-1].kind, active("trady2").version) == ("activating", three[0].version)
    activate("trady2", three[2].version, reason="test", actor="ann")
    kinds = [(event.kind, event.version) for event in Ledger().events()][-4:]
    assert kinds == [
        ("activating", three[1].version),
        ("abandoned", three[1].version),
        ("activating", three[2].version),
        ("activated", three[2].version),
    ]


def test_a_real_folder_in_the_way_is_moved_and_recorded(three: list[Version]) -> None:
    """What an import put in the alias's place is kept, the ledger says where, and the alias is a link again."""
    link = models_folder("trady2") / "active"
    shutil.copytree(three[0].path, link)
    activate("trady2", three[1].version, reason="test", actor="ann")
    (event,) = Ledger().events(kinds=("set_aside",))
    moved = Path(event.payload["to"])
    assert (link.is_symlink(), (moved / "model.joblib").read_bytes()) == (
        True,
        (three[0].path / "model.joblib").read_bytes(),
    )
    assert open_active("trady2").version.version == three[1].version
