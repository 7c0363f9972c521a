"""YAML as safe as it gets: no tags, no key twice, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trady2.errors import ConfigError, NotFoundError

__all__ = ["read_yaml"]


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the sections of a YAML file.

    Raises:
        NotFoundError: there is no such file.
        ConfigError: it is no YAML, holds no sections, or a key that stands twice.
    """
    try:
        values = yaml.load(path.read_text("utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506 - a subclass of SafeLoader
    except FileNotFoundError:
        raise NotFoundError(f"{path} does not exist; copy configs/ml.example.yaml to begin", path=str(path)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no readable YAML: {error}; mend that line", path=str(path)) from error
    if not isinstance(values, Mapping):
        raise ConfigError(f"{path} holds no sections; copy configs/ml.example.yaml to begin", path=str(path))
    return dict(values)


class _UniqueKeyLoader(yaml.SafeLoader):
    """A key that stands twice is an error instead of a surprise."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)
