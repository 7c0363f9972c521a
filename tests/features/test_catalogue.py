from __future__ import annotations

import inspect

import pytest

from trady2.config import FeaturesConfig
from trady2.errors import ConfigError
from trady2.features import feature_names
from trady2.features.catalogue import all_indicators, find_indicator


def test_an_unknown_indicator_names_the_nearest() -> None:
    """A slip of the pen is answered with the right name, under the key where it stands."""
    with pytest.raises(ConfigError, match=r"features\.indicators\.rsj: no such indicator; did you mean 'rsi'"):
        feature_names(FeaturesConfig(indicators={"rsj": {}}))
    with pytest.raises(ConfigError, match=r"higher\.adxx: no such indicator; did you mean 'adx'"):
        find_indicator("adxx", key="higher")


def test_every_indicator_says_what_it_is() -> None:
    """Name and function agree, and the docstring has a formula or a source."""
    for name, indicator in all_indicators().items():
        assert indicator.function.__name__ == name
        assert inspect.getdoc(indicator.function).startswith("Return "), name
