"""Reading YAML."""

from pathlib import Path

import pytest

from trady2.errors import ConfigError, NotFoundError
from trady2.yaml_file import read_yaml


def test_sections_come_as_plain_values(tmp_path: Path) -> None:
    """Numbers, lists and null are what they look like."""
    file = tmp_path / "a.yaml"
    file.write_text("sweep: {grid: {stop_loss: [null, 0.01]}}", "utf-8")
    assert read_yaml(file) == {"sweep": {"grid": {"stop_loss": [None, 0.01]}}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {b: 1, b: 2}", r"no readable YAML: 'b' stands twice"),
        ("a: [1", r"no readable YAML: .*; mend that line"),
        ("a: !!python/object/apply:os.getpid []", r"no readable YAML"),
        ("- a", r"holds no sections; copy configs/ml\.example\.yaml to begin"),
    ],
    ids=["twice", "broken", "code", "list"],
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """A fault names the file, the reason and the way out."""
    file = tmp_path / "a.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=f"(?s)a\\.yaml .*?{message}|a\\.yaml {message}"):
        read_yaml(file)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A file in another encoding is no YAML."""
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="no readable YAML"):
        read_yaml(tmp_path / "a.yaml")
    with pytest.raises(NotFoundError, match="does not exist"):
        read_yaml(tmp_path / "b.yaml")
