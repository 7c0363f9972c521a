"""Names that are imported when they are first used, so that ``import trady2.data`` costs nothing (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["lazy_names"]


def lazy_names(package: str, modules: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and ``__dir__`` of *package* for public names and the modules that define them."""

    def get(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no name {name!r}; it has {', '.join(sorted(modules))}")
        value = getattr(import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted(modules)
