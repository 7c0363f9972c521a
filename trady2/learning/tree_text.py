"""LightGBM's model text, read as what it is: trees, and the parameters that they were grown with."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["TreeDifference", "first_difference", "gain_of_columns", "tree_body", "tree_parameters"]

_PARAMETERS = "\nparameters:"
_TELLING = ("num_leaves", "split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value")
_SPLITS = {"split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child"}


class TreeDifference(NamedTuple):
    """The first place where two model texts differ.

    `tree` is None in the head or tail of a text; `place` is the split or leaf inside the tree, or None.
    """

    tree: int | None
    key: str
    place: int | None
    published: str | None
    repeated: str | None

    def __str__(self) -> str:
        """Say where, and both values."""
        where = "outside the trees" if self.tree is None else f"tree {self.tree}"
        if self.place is not None:
            where += f", {'split' if self.key in _SPLITS else 'leaf' if 'leaf' in self.key else 'entry'} {self.place}"
        both = (self.published, self.repeated)
        return f"{where}: {self.key} {' → '.join('nothing' if value is None else value[:60] for value in both)}"


def tree_body(text: str) -> str:
    """Return what decides a prediction: *text* up to its parameters, which also name the number of threads."""
    return text.partition(_PARAMETERS)[0]


def tree_parameters(text: str) -> dict[str, str]:
    """Return the parameters that *text* says its trees were grown with, without the number of threads."""
    block = text.partition(_PARAMETERS)[2].partition("\nend of parameters")[0]
    found = dict(re.findall(r"^\[(\w+): (.*)\]$", block, re.MULTILINE))
    found.pop("num_threads", None)
    return found


def gain_of_columns(text: str, width: int) -> NDArray[np.float64]:
    """Return the gain of all splits of each of *width* columns, (width,), to the six digits that the text holds."""
    gain = np.zeros(width)
    for _, tree in _trees(text):
        columns = np.array(tree.get("split_feature", "").split(), np.int64)
        np.add.at(gain, columns, np.array(tree.get("split_gain", "").split(), np.float64))
    return gain


def first_difference(published: str, repeated: str) -> TreeDifference | None:
    """Return the first place where the trees of two texts differ, None where their bodies are the same.

    What shapes a prediction is looked at first: in each tree splits, thresholds and leaves before gains and counts.
    """
    if tree_body(published) == tree_body(repeated):
        return None
    names = _names(published), _names(repeated)
    for before, after in zip_longest(_trees(published), _trees(repeated)):
        if before is None or after is None:
            number = (before or after or (0, {}))[0]
            told = ["nothing" if one is None else f"{one[1]['num_leaves']} leaves" for one in (before, after)]
            return TreeDifference(number, "tree", None, *told)
        if found := _in_tree(before[0], before[1], after[1], names):
            return found
    return _in_fields(None, _fields(_outside(published)), _fields(_outside(repeated)))


def _in_tree(
    number: int, published: dict[str, str], repeated: dict[str, str], names: tuple[list[str], list[str]]
) -> TreeDifference | None:
    keys = [*_TELLING, *sorted((published.keys() | repeated.keys()) - set(_TELLING))]
    order = dict.fromkeys(keys)
    found = _in_fields(number, {k: published.get(k, "") for k in order}, {k: repeated.get(k, "") for k in order})
    if found is None or found.key != "split_feature":
        return found
    named = [
        known[int(value)] if value is not None and int(value) < len(known) else value
        for known, value in zip(names, (found.published, found.repeated), strict=True)
    ]
    return found._replace(published=named[0], repeated=named[1])


def _in_fields(number: int | None, published: dict[str, str], repeated: dict[str, str]) -> TreeDifference | None:
    for key in {**published, **repeated}:
        before, after = published.get(key), repeated.get(key)
        if before == after:
            continue
        pairs = list(zip_longest((before or "").split(), (after or "").split()))
        place = next((place for place, (one, other) in enumerate(pairs) if one != other), 0)
        one, other = pairs[place] if pairs else (before, after)
        return TreeDifference(number, key, place if len(pairs) > 1 else None, one, other)
    return None


def _trees(text: str) -> list[tuple[int, dict[str, str]]]:
    parts = tree_body(text).partition("\nend of trees")[0].split("\nTree=")[1:]
    return [(int(part.partition("\n")[0]), _fields(part)) for part in parts]


def _outside(text: str) -> str:
    head, _, rest = tree_body(text).partition("\nTree=")
    return head + "\n" + rest.partition("\nend of trees")[2]


def _fields(part: str) -> dict[str, str]:
    return dict(re.findall(r"^([^=\n]+)=(.*)$", part, re.MULTILINE))


def _names(text: str) -> list[str]:
    return _fields(_outside(text)).get("feature_names", "").split()
