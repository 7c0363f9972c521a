"""Asset columns as numbers."""

import numpy as np
import pandas as pd
import pytest

from trady2.data.asset_codes import asset_codes
from trady2.errors import DataError


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_codes_point_into_the_sorted_names(kind: str) -> None:
    """Whatever the column is backed by, the codes give the column back, and their order is that of the names."""
    column = pd.Series(["ETH", "BTC", "BTC", "ADA", "ETH"], dtype=kind)
    names, codes = asset_codes(column)
    assert names == ("ADA", "BTC", "ETH")
    assert codes.tolist() == [2, 1, 1, 0, 2]


def test_one_asset_and_none() -> None:
    """A single name has code 0 throughout; no rows have no names; a number is a name as well."""
    names, codes = asset_codes(pd.Series(["BTC"] * 4))
    assert (names, codes.tolist()) == (("BTC",), [0, 0, 0, 0])
    assert asset_codes(pd.Series([], dtype="str"))[0] == ()
    assert asset_codes(pd.Series([7, "7", 5], dtype=object))[0] == ("5", "7")
    assert asset_codes(pd.Series([7, "7", 5], dtype=object))[1].tolist() == [1, 1, 0]


@pytest.mark.parametrize("hole", [None, np.nan])
def test_a_missing_asset_is_refused(hole: object) -> None:
    """A row without an asset belongs to none."""
    with pytest.raises(DataError, match="row 1: 'asset' is missing; name it or drop the row"):
        asset_codes(pd.Series(["BTC", hole, hole, "ETH"], dtype=object))
