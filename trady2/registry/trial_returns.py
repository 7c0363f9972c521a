"""The daily returns of trials, in Parquet beside the ledger: one file a batch, named by the digest of its content.

A row is a trial: its first day and a list with a return for each day from there on, so that neither many trials nor
many days make many columns. The ledger keeps the digest, so a file that was changed is noticed, and the same returns
are the same file. A file is written before the ledger speaks of it: a kill in between leaves a file too many, never one
too few.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trady2.errors import DataError, IntegrityError, NotFoundError
from trady2.files import atomic_path
from trady2.home import trady2_home

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame

__all__ = ["load_returns", "store_returns"]

_DAY = np.timedelta64(86_400_000_000, "us")


def store_returns(returns: DataFrame) -> str:
    """Write *returns* under ``$TRADY2_HOME/trials`` and return their digest, the name of the file.

    Args:
        returns: rows are all days of a span by their start in UTC, without a gap; a column per trial.

    Raises:
        DataError: rows that are no days in a row, or a value that is not finite.
    """
    days = returns.index.to_numpy(dtype="datetime64[us]")
    values = np.ascontiguousarray(returns.to_numpy(dtype=np.float64).T) + 0.0
    whole = len(days) > 0 and (np.diff(days) == _DAY).all() and days[0] == days[0].astype("datetime64[D]")
    if not whole or not np.isfinite(values).all():
        what = f"the returns from {days[0]}Z to {days[-1]}Z" if len(days) else "the returns"
        raise DataError(f"{what} are not one finite number for each day in UTC; give them by day, 0 where flat")
    digest = _digest(days, values)
    series = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), len(days))
    first = pa.array(np.repeat(days[:1], len(values)), pa.timestamp("us", tz="UTC"))
    with atomic_path(_file(digest)) as draft:
        pq.write_table(pa.table({"first_day": first, "returns": series}), draft, compression="zstd")
    return digest


def load_returns(digest: str) -> DataFrame:
    """Return the returns with this *digest*: days by trials, numbered from 0.

    Raises:
        NotFoundError: the file is not here, as on another machine that shares the ledger alone.
        IntegrityError: it does not hold what was written.
    """
    from pandas import DataFrame, DatetimeIndex

    file = _file(digest)
    try:
        table = pq.read_table(file)
        first = table.column("first_day")[0].as_py()
        series = table.column("returns").combine_chunks()
        values = series.flatten().to_numpy().reshape(len(series), -1)
        days = np.datetime64(first.replace(tzinfo=None), "us") + np.arange(values.shape[1]) * _DAY
    except FileNotFoundError:
        raise NotFoundError(
            f"the returns {digest} are not in {file.parent}; copy that folder from where the trial ran", file=str(file)
        ) from None
    except (pa.ArrowException, LookupError, ValueError) as error:
        raise _changed(file, digest) from error
    if _digest(days, values) != digest:
        raise _changed(file, digest)
    return DataFrame(values.T, index=DatetimeIndex(days, tz="UTC", name="timestamp"), copy=False)


def _changed(file: Path, digest: str) -> IntegrityError:
    return IntegrityError(f"{file} does not hold the returns {digest}; restore it from a copy", file=str(file))


def _file(digest: str) -> Path:
    return trady2_home() / "trials" / f"{digest}.parquet"


def _digest(days: NDArray[np.datetime64], values: NDArray[np.float64]) -> str:
    """Return the SHA-256 of days and values: equal returns have one digest, however Parquet encodes them."""
    head = {"format": "trady2.returns/1", "days": len(days), "trials": len(values)}
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    digest.update(np.ascontiguousarray(days.astype("<i8")).data)
    digest.update(np.ascontiguousarray(values, "<f8").data)
    return digest.hexdigest()
