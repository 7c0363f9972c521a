"""Where two JSON values differ, number by number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["PlainDifference", "count_values", "largest_step", "plain_differences"]


class PlainDifference(NamedTuple):
    """One place, such as ``folds[3].threshold``, and what stands there; None where nothing does."""

    path: str
    published: Any
    repeated: Any

    def __str__(self) -> str:
        """Say where, and both values."""
        both = [text if len(text) <= 60 else text[:57] + "…" for text in (repr(self.published), repr(self.repeated))]
        return f"{self.path or 'value'} {both[0]} → {both[1]}"


def plain_differences(published: Any, repeated: Any, path: str = "") -> Iterator[PlainDifference]:
    """Give every place where *repeated* does not hold what *published* does, numbers to the last bit.

    Keys that only *repeated* has are left out: later code may measure more. Lists of other lengths are one difference.
    """
    if isinstance(published, Mapping) and isinstance(repeated, Mapping):
        for key, value in published.items():
            inside = f"{path}.{key}" if path else str(key)
            yield from plain_differences(value, repeated.get(key), inside)
    elif _is_list(published) and _is_list(repeated) and len(published) == len(repeated):
        for place, (before, after) in enumerate(zip(published, repeated, strict=True)):
            yield from plain_differences(before, after, f"{path}[{place}]")
    elif _is_list(published) and _is_list(repeated):
        yield PlainDifference(f"{path or 'value'} (how many)", len(published), len(repeated))
    elif published != repeated or isinstance(published, bool) != isinstance(repeated, bool):
        yield PlainDifference(path, published, repeated)


def count_values(value: Any) -> int:
    """Count the values in a JSON value that hold no others."""
    if isinstance(value, Mapping):
        return sum(map(count_values, value.values()))
    return sum(map(count_values, value)) if _is_list(value) else 1


def largest_step(differences: Sequence[PlainDifference]) -> float | None:
    """Return the largest difference between two numbers, None where no two numbers differ."""
    steps = [
        abs(one.published - one.repeated)
        for one in differences
        if _is_number(one.published) and _is_number(one.repeated)
    ]
    return max(steps, default=None)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
