"""The rows of all files of an import as one set of arrays, each row with the reason why it is kept out, if any."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from trady2.data.panel import PRICES
from trady2.data.reading import RawBars

__all__ = ["Rows"]

Flags = npt.NDArray[np.bool_]


@dataclass
class Rows:
    """Rows in the order of the files.

    Attributes:
        file: (n,) number of the file.
        place: (n,) position in that file's table.
        micro: (n,) µs since 1970 UTC.
        values: OHLCV, (n,) float64 each.
        quote_volume: (n,) float64, NaN where the file has none.
        code: (n,) 0 for a row that stays, else a position in `reasons`.
        dropped: (n,) exact duplicates.
    """

    file: npt.NDArray[np.int32]
    place: npt.NDArray[np.int64]
    micro: npt.NDArray[np.int64]
    values: dict[str, npt.NDArray[np.float64]]
    quote_volume: npt.NDArray[np.float64]
    code: npt.NDArray[np.int16]
    dropped: Flags
    reasons: list[str] = field(default_factory=lambda: [""])

    @classmethod
    def of(cls, raws: list[RawBars], keep: list[Flags | None]) -> Rows:
        """Join files; *keep* flags, per file, the rows of the wanted asset (None for all)."""
        places = [
            np.arange(len(raw.micro)) if flags is None else np.flatnonzero(flags)
            for raw, flags in zip(raws, keep, strict=True)
        ]
        parts = list(zip(raws, places, strict=True))
        empty = [np.full(len(raw.micro), np.nan) if raw.quote_volume is None else raw.quote_volume for raw in raws]
        return cls(
            file=np.repeat(np.arange(len(raws), dtype=np.int32), [len(place) for place in places]),
            place=np.concatenate(places),
            micro=np.concatenate([raw.micro[place] for raw, place in parts]),
            values={name: np.concatenate([raw.ohlcv[name][place] for raw, place in parts]) for name in PRICES},
            quote_volume=np.concatenate([quote[place] for quote, place in zip(empty, places, strict=True)]),
            code=np.zeros(sum(map(len, places)), np.int16),
            dropped=np.zeros(sum(map(len, places)), bool),
        )

    def __len__(self) -> int:
        return len(self.micro)

    @property
    def good(self) -> Flags:
        """(n,) flags of the rows that stay."""
        return np.asarray((self.code == 0) & ~self.dropped, bool)

    def fault(self, reason: str, wrong: Flags) -> None:
        """Keep the flagged rows out; a row that already has a reason keeps it."""
        if wrong.any():
            if reason not in self.reasons:
                self.reasons.append(reason)
            self.code[wrong & self.good] = self.reasons.index(reason)

    def faults(self) -> Counter[str]:
        """Count the rows kept out, by reason."""
        counts = np.bincount(self.code, minlength=len(self.reasons)).tolist()
        return +Counter(dict(zip(self.reasons[1:], counts[1:], strict=True)))

    def bars(self) -> tuple[npt.NDArray[np.datetime64], dict[str, npt.NDArray[np.float64]]]:
        """Return the times (k,) datetime64[us] UTC and the OHLCV of the rows that stay, in time order."""
        stay = np.flatnonzero(self.good)
        stay = stay[np.argsort(self.micro[stay], kind="stable")]
        return self.micro[stay].view("datetime64[us]"), {name: values[stay] for name, values in self.values.items()}
