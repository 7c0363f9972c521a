"""The section ``serve:``: which model names are served at once, which answers for an asset, and which only watch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from trady2.errors import ConfigError
from trady2.section import Section
from trady2.yaml_file import read_yaml

__all__ = ["EVERY_OTHER", "ServeConfig", "load_serve"]

EVERY_OTHER: Final = "*"
"""Stands for every asset that no entry names."""

_NAME: Final = re.compile(r"[a-z0-9](?:[-._a-z0-9]{0,61}[a-z0-9])?")
_VERSION: Final = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}[+-][0-9]{8}_[0-9]{6}")
_MOST_NAMES: Final = 32


def _name(text: str) -> str:
    if _NAME.fullmatch(text):
        return text
    raise ValueError(f"{text!r} is no model name: 1 to 63 of a-z, 0-9, '-', '_', '.', the first and last no sign")


def _watcher(text: str) -> str:
    name, colon, version = text.partition(":")
    if colon and not _VERSION.fullmatch(version):
        raise ValueError(f"{text!r} names no version; write it as in name:1.0.0+20251101_120000")
    _name(name)
    return text


def _each_once(assets: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((asset for asset in assets if assets.count(asset) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} stands twice; name it once")
    return assets


Name = Annotated[str, AfterValidator(_name)]
Assets = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
    Field(strict=False, min_length=1),
    AfterValidator(_each_once),
]
Watchers = Annotated[
    tuple[Annotated[str, AfterValidator(_watcher)], ...],
    Field(strict=False, min_length=1, max_length=4),
    AfterValidator(_each_once),
]


class ServeConfig(Section):
    """Model names and the assets that each answers for; None: one name, the environment's, answers for all.

    An entry that names the asset goes before ``"*"``. `shadows` are other names, whose active version is followed, or
    a fixed ``name:version``; they score what the name they stand under is asked, and never answer.
    """

    models: Annotated[Mapping[Name, Assets], Field(min_length=1, max_length=_MOST_NAMES)] | None = None
    shadows: Annotated[Mapping[Name, Watchers], Field(max_length=_MOST_NAMES)] = {}

    @model_validator(mode="after")
    def _one_name_for_an_asset(self) -> Self:
        taken: dict[str, str] = {}
        for name, assets in (self.models or {}).items():
            for asset in assets:
                if asset in taken:
                    raise ValueError(f"asset {asset!r} stands under {taken[asset]} and under {name}; leave one of them")
                taken[asset] = name
        return self

    @model_validator(mode="after")
    def _shadows_of_what_is_served(self) -> Self:
        for name, watchers in self.shadows.items():
            if self.models is not None and name not in self.models:
                raise ValueError(f"shadows names {name}, which is not among models; add it there, or name another")
            if name in watchers:
                raise ValueError(f"{name} cannot shadow itself; name another, or a fixed version of it")
        return self


def load_serve(path: str | Path) -> ServeConfig:
    """Read the section ``serve:`` of a YAML file in which others may stand, unread.

    Raises:
        NotFoundError: there is no such file.
        ConfigError: it has no such section, or something is wrong in it.
    """
    values = read_yaml(Path(path))
    if "serve" not in values:
        raise ConfigError(f"{path} has no section serve; add it as in configs/ml.example.yaml", path=str(path))
    return ServeConfig.read(values["serve"] or {}, source=f"{path}: serve")
