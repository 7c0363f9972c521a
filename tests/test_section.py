"""The sentences that faults in a configuration become."""

import pytest

from trady2.config import TargetConfig
from trady2.errors import ConfigError
from trady2.section import nearest


def test_nearest_names_the_likely_one() -> None:
    """A misspelt name gets the one it resembles most."""
    assert nearest("horzon_steps", ["horizon_steps", "return_threshold"]) == "did you mean 'horizon_steps'?"


def test_nearest_lists_all_when_none_is_near() -> None:
    """Without a likely one, all known names are listed in order."""
    assert nearest("zzz", ["b", "a"]) == "known are a, b"


def test_a_missing_key_says_so() -> None:
    """Leaving out what has no default names the key."""
    with pytest.raises(ConfigError, match="TargetConfig: 'return_threshold' is missing; add it"):
        TargetConfig(horizon_steps=1)  # type: ignore[call-arg]


def test_nothing_is_converted_silently() -> None:
    """A number in quotes is no number."""
    with pytest.raises(ConfigError, match="horizon_steps = '12' is refused: it has to be a valid integer"):
        TargetConfig(horizon_steps="12", return_threshold=0.1)  # type: ignore[arg-type]


def test_the_source_is_named() -> None:
    """A fault in a file names the file."""
    with pytest.raises(ConfigError, match=r"mine\.yaml: 'horizon_steps' is missing"):
        TargetConfig.read({"return_threshold": 0.1}, source="mine.yaml")
