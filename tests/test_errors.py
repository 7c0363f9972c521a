"""The error tree, drawn and lived."""

import pickle
import re

import pytest

from trady2 import errors
from trady2.errors import ConfigError, DataError, NotFoundError, Trady2Error


def drawn_tree() -> dict[str, int]:
    """Return class names and their depth as the docstring draws them."""
    assert errors.__doc__ is not None
    drawn = re.findall(r"^ {4}((?:│   |    )?(?:├── |└── )?)(\w+Error)", errors.__doc__, re.MULTILINE)
    return {name: len(branch) // 4 for branch, name in drawn}


def test_docstring_draws_the_class_tree() -> None:
    """The tree in the docstring is the tree of the classes."""
    classes = [getattr(errors, name) for name in errors.__all__]
    depth = {kind.__name__: sum(issubclass(base, Trady2Error) for base in kind.__mro__) - 1 for kind in classes}
    assert depth == drawn_tree()


def test_values_are_attributes() -> None:
    """A program reads the values of an error as attributes."""
    error = DataError("row 3 has no close", row=3, asset="BTC-EUR")
    assert (error.row, error.asset, str(error)) == (3, "BTC-EUR", "row 3 has no close")


def test_a_value_that_is_not_there_is_named() -> None:
    """Asking for a value that an error lacks says which it has."""
    with pytest.raises(AttributeError, match=r"no value 'column'; it has \['row'\]"):
        _ = DataError("x", row=1).column


def test_errors_travel_between_processes() -> None:
    """Message and values survive pickling, as between a worker and its parent."""
    copy = pickle.loads(pickle.dumps(NotFoundError("no BTC", asset="BTC")))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), copy.asset) == (NotFoundError, "no BTC", "BTC")


@pytest.mark.parametrize(
    ("kind", "builtin"), [(ConfigError, ValueError), (DataError, ValueError), (NotFoundError, LookupError)]
)
def test_errors_are_also_what_python_calls_them(kind: type[Trady2Error], builtin: type[Exception]) -> None:
    """Who knows only Python's own errors catches ours too."""
    assert issubclass(kind, builtin)
