from pathlib import Path

import numpy as np
import pytest

from tests.serving.tiny_version import FEATURES, NOON, explicit, tiny_panel
from trady2.data.latest import read_latest
from trady2.data.panel import Panel
from trady2.errors import DataError
from trady2.serving.predictor import Predictor
from trady2.serving.request import Ask
from trady2.serving.row import explicit_row, stored_row

GOOD = dict.fromkeys(FEATURES, 0.5)


def test_a_stored_row_is_the_vector_in_the_models_order(predictor: Predictor, panel: Panel, home: Path) -> None:
    """Its values are those of the panel, to the bit, missing ones included; it is made once."""
    vector = read_latest(home / "vectors", "BTC-EUR")
    row = stored_row(predictor.answering(), Ask("BTC-EUR"), vector, NOON)
    assert stored_row(predictor.answering(), Ask("BTC-EUR"), vector, NOON) is row
    assert row.timestamp is not None
    assert row.timestamp.isoformat() == "2025-11-01T11:00:00+00:00"
    np.testing.assert_array_equal(row.values, panel.features[-1])
    assert row.values.dtype == np.float32


def test_an_explicit_row_is_ordered_by_the_model(predictor: Predictor) -> None:
    """The order of the request does not count."""
    sent = dict(reversed(explicit(tiny_panel("X"), 5).items()))
    row = explicit_row(predictor.answering(), Ask("X", features=sent))
    np.testing.assert_array_equal(row.values, tiny_panel("X").features[5])
    assert (row.asset, row.timestamp) == ("X", None)


def test_doubles_are_rounded_to_float32(predictor: Predictor) -> None:
    """What a client computes in float64 becomes what training saw."""
    row = explicit_row(predictor.answering(), Ask(None, features={**GOOD, "momentum_12": 0.1}))
    assert row.values[0] == np.float32(0.1)


def test_null_means_missing_where_training_missed_it(predictor: Predictor) -> None:
    """For `market_beta` null is a value like any other; for the rest it is refused."""
    row = explicit_row(predictor.answering(), Ask(None, features={**GOOD, "market_beta": None}))
    assert np.isnan(row.values).tolist() == [False, False, False, False, True]
    with pytest.raises(DataError, match="feature 'range_24' is null, but had no missing value in training"):
        explicit_row(predictor.answering(), Ask(None, features={**GOOD, "range_24": None}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 3.5e38, 10**50, True, "1", [1], {}])
def test_what_is_no_finite_float32_is_refused(predictor: Predictor, value: object) -> None:
    """Truth values, texts and numbers out of range are named with their feature."""
    with pytest.raises(DataError, match=r"feature 'volume_z' = .* is refused; it has to be a finite number") as caught:
        explicit_row(predictor.answering(), Ask(None, features={**GOOD, "volume_z": value}))
    assert caught.value.code == "invalid_value"


def test_an_unknown_feature_names_the_missing_one_it_resembles(predictor: Predictor) -> None:
    """A typing error is told by the nearest of the names that are missing."""
    sent = {("volume_s" if name == "volume_z" else name): value for name, value in GOOD.items()}
    with pytest.raises(DataError, match=r"unknown feature 'volume_s': did you mean 'volume_z'\?") as caught:
        explicit_row(predictor.answering(), Ask(None, features=sent))
    assert caught.value.missing == ["volume_z"]


def test_missing_features_are_counted(predictor: Predictor) -> None:
    """The first is named, the others are counted, and the list is a value."""
    with pytest.raises(DataError, match=r"'range_24' and 3 others of the 5 that 1\.0\.0\+\d+_\d+ needs") as caught:
        explicit_row(predictor.answering(), Ask(None, features={"momentum_12": 1.0}))
    assert caught.value.missing == list(FEATURES[1:])
