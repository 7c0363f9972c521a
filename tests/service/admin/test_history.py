from __future__ import annotations

import pytest

from service.admin.history import recent, version_before
from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.learning.model import Model
from trady2.registry import alias
from trady2.registry.activation import activate, rollback


@pytest.mark.parametrize(
    ("pile", "active", "before"),
    [
        ([], None, None),
        (["a"], "a", None),
        (["a", "b"], "b", "a"),
        (["a", "b"], "a", "b"),
        ([], "a", None),
        (["a", "b"], None, "a"),
    ],
)
def test_the_version_before(pile: list[str], active: str | None, before: str | None) -> None:
    """The one under the top of the pile, on which what is active lies even when the ledger does not know."""
    assert version_before(pile, active) == before


@pytest.mark.usefixtures("home")
def test_a_rollback_goes_where_the_page_said(model: Model) -> None:
    """Also after the alias was changed by other means."""
    first, second = publish_tiny(model).version, publish_tiny(tiny_model(seed=2), "1.1.0").version
    for version in (first, second):
        activate("trady2", version, reason="a test", actor="tester")
    target = alias.aliases_folder("trady2") / first.replace("+", "-")
    alias.switch("trady2", target)
    said = version_before(recent("trady2")[1], first)
    assert said == rollback("trady2", reason="a test", actor="tester").version == second
    assert [event.kind for event in recent("trady2")[0][:2]] == ["rolled_back", "alias_changed"]
