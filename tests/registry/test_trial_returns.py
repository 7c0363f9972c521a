"""Daily returns of trials beside the ledger."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trady2.errors import DataError, IntegrityError, NotFoundError
from trady2.registry.trial_returns import load_returns, store_returns


def daily(n_days: int = 5, n_trials: int = 3, seed: int = 0) -> pd.DataFrame:
    """Return some daily returns."""
    days = pd.date_range("2024-02-27", periods=n_days, tz="UTC", unit="us", name="timestamp")
    return pd.DataFrame(np.random.default_rng(seed).normal(0, 0.01, (n_days, n_trials)), index=days)


def test_returns_come_back_to_the_bit(home: Path) -> None:
    """What was stored is found by its digest, in the home folder, and is the same frame."""
    returns = daily()
    digest = store_returns(returns)
    pd.testing.assert_frame_equal(load_returns(digest), returns, check_exact=True, check_freq=False)
    assert [file.name for file in (home / "trady2" / "trials").iterdir()] == [f"{digest}.parquet"]


def test_the_digest_is_that_of_the_content() -> None:
    """Equal returns have one digest and one file, the sign of zero does not count; any other value has another."""
    returns = daily()
    returns.iloc[0, 0] = 0.0
    digest = store_returns(returns)
    negative = returns.copy()
    negative.iloc[0, 0] = -0.0
    assert store_returns(negative) == digest
    assert store_returns(returns.rename(columns={0: "a", 1: "b", 2: "c"})) == digest
    others = [returns + 1e-18 * (returns == 0), returns.iloc[:, ::-1], returns.iloc[1:], returns.shift(freq="D")]
    assert len({digest, *(store_returns(other) for other in others)}) == 5


@pytest.mark.parametrize(
    "returns",
    [
        daily().drop(daily().index[2]),
        daily().shift(freq="h"),
        daily().replace(daily().iloc[1, 1], np.nan),
        daily().replace(daily().iloc[1, 1], np.inf),
        daily().iloc[:0],
    ],
    ids=["gap", "not midnight", "nan", "infinite", "empty"],
)
def test_only_whole_days_are_stored(returns: pd.DataFrame) -> None:
    """Rows that are no days in a row, and values that are no numbers, are refused."""
    with pytest.raises(DataError, match=r"are not one finite number for each day in UTC; give them by day"):
        store_returns(returns)


def test_a_missing_file_says_where_to_get_it() -> None:
    """Another machine may share the ledger and not the files."""
    with pytest.raises(NotFoundError, match=r"the returns abc are not in .*trials; copy that folder from where"):
        load_returns("abc")


def test_changed_bytes_are_noticed(home: Path) -> None:
    """A file with other returns, or with no returns at all, is refused."""
    digest, other = store_returns(daily()), store_returns(daily(seed=1))
    folder = home / "trady2" / "trials"
    (folder / f"{other}.parquet").replace(folder / f"{digest}.parquet")
    with pytest.raises(IntegrityError, match=f"does not hold the returns {digest}; restore it from a copy"):
        load_returns(digest)
    (folder / f"{digest}.parquet").write_bytes(b"no parquet")
    with pytest.raises(IntegrityError, match=f"does not hold the returns {digest}; restore it from a copy"):
        load_returns(digest)
