from pathlib import Path
from typing import Any

import pytest

from trady2.config_serve import ServeConfig, load_serve
from trady2.errors import ConfigError, NotFoundError


def test_names_assets_and_shadows_are_read(tmp_path: Path) -> None:
    """Only the section is looked at: others may stand in the file, and need not be right."""
    file = tmp_path / "serve.yaml"
    file.write_text(
        "target: nonsense\n"
        'serve:\n  models: {trady2: [BTC-USDT], alts: ["*"]}\n'
        '  shadows: {trady2: [trady2-next, "trady2:1.0.0+20251101_120000"]}\n',
        "utf-8",
    )
    read = load_serve(file)
    assert read.models == {"trady2": ("BTC-USDT",), "alts": ("*",)}
    assert read.shadows == {"trady2": ("trady2-next", "trady2:1.0.0+20251101_120000")}


def test_an_empty_section_changes_nothing(tmp_path: Path) -> None:
    """It is the default; a file without the section is refused, for somebody meant it to have one."""
    file = tmp_path / "serve.yaml"
    file.write_text("serve:\n", "utf-8")
    assert load_serve(file) == ServeConfig()
    file.write_text("name: trady2\n", "utf-8")
    with pytest.raises(ConfigError, match=r"serve\.yaml has no section serve; add it"):
        load_serve(file)
    with pytest.raises(NotFoundError, match=r"nowhere\.yaml does not exist"):
        load_serve(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"models": {"a": ["X"], "b": ["Y", "X"]}}, "asset 'X' stands under a and under b; leave one of them"),
        ({"models": {"a": ["*"], "b": ["*"]}}, r"asset '\*' stands under a and under b"),
        ({"models": {"a": ["X", "X"]}}, "'X' stands twice; name it once"),
        ({"models": {"a": []}}, r"models\.a = \[\] is refused"),
        ({"models": {"a": [""]}}, r"models\.a\.0 = '' is refused"),
        ({"models": {}}, "models = {} is refused"),
        ({"models": {"A": ["X"]}}, "'A' is no model name"),
        ({"models": {"a\n": ["X"]}}, "is no model name"),
        ({"models": {"a": "X"}}, r"models\.a = 'X' is refused"),
        ({"models": {"a": ["X"]}, "shadows": {"a": ["a"]}}, "a cannot shadow itself"),
        ({"models": {"a": ["X"]}, "shadows": {"b": ["c"]}}, "shadows names b, which is not among models"),
        ({"shadows": {"a": ["b:latest"]}}, "'b:latest' names no version; write it as in name:1.0.0"),
        ({"shadows": {"a": ["b", "b"]}}, "'b' stands twice"),
        ({"shadows": {"a": ["b", "c", "d", "e", "f"]}}, "at most 4"),
        ({"modles": {}}, r"unknown key 'modles': did you mean 'models'\?"),
    ],
)
def test_what_cannot_be_served_so_is_refused(values: dict[str, Any], says: str) -> None:
    """Two names for one asset, names that are none, and shadows of nothing or of themselves."""
    with pytest.raises(ConfigError, match=says):
        ServeConfig.read(values, source="serve")
