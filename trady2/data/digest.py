"""The digest of a panel: what a model was trained on, as one number, and where another panel differs from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from trady2.data.panel import PRICES, Panel

__all__ = ["changed_parts", "panel_digest", "panel_parts"]

_CHUNK_ROWS = 65_536
_DIGITS = 16


def panel_digest(panel: Panel) -> str:
    """Return the SHA-256 of a panel's logical content as 64 hex digits.

    Names, times and values count; files, row groups and the order of writing do not. Every NaN counts as the
    same NaN, and zero has no sign.
    """
    digest = hashlib.sha256()
    head = {
        "format": "trady2.panel.1",
        "assets": panel.assets,
        "features": panel.feature_names,
        "rows": len(panel),
        "step_us": int(panel.step.astype("timedelta64[us]").astype(np.int64)),
    }
    digest.update(json.dumps(head, sort_keys=True, ensure_ascii=True).encode())
    digest.update(np.ascontiguousarray(panel.asset_code, "<i4").data)
    digest.update(np.ascontiguousarray(panel.timestamp.astype("datetime64[us]").astype("<i8")).data)
    for name in PRICES:
        for start in range(0, len(panel), _CHUNK_ROWS):
            digest.update(_plain(getattr(panel, name)[start : start + _CHUNK_ROWS], "<f8").data)
    for start in range(0, len(panel), _CHUNK_ROWS):
        digest.update(_plain(panel.features[start : start + _CHUNK_ROWS], "<f4").data)
    return digest.hexdigest()


def panel_parts(panel: Panel) -> dict[str, Any]:
    """Return short digests of a panel's parts, by which `changed_parts` says what became another.

    ``assets`` holds for each asset its rows, first and last time and the digests of its times, prices and features;
    ``columns`` the digest of each feature over all rows. 16 hex digits: they find a place, `panel_digest` decides.
    """
    assets = {}
    for code, name in enumerate(panel.assets):
        rows = panel.asset_rows(code)
        times = panel.timestamp[rows].astype("datetime64[us]")
        span = {"rows": len(times), "first": f"{times[0]}Z", "last": f"{times[-1]}Z"} if len(times) else {"rows": 0}
        prices = [_plain(getattr(panel, price)[rows], "<f8") for price in PRICES]
        digests = {"times": [times.astype("<i8")], "prices": prices, "features": _chunks(panel.features[rows])}
        assets[name] = {**span, **{part: _short(arrays) for part, arrays in digests.items()}}
    return {"assets": assets, "columns": _column_digests(panel)}


def changed_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Say in words what differs between what `panel_parts` told *before* and *after*; empty where nothing does."""
    found = []
    for name in sorted(before["assets"].keys() | after["assets"].keys()):
        old, new = before["assets"].get(name), after["assets"].get(name)
        if old is None or new is None:
            found.append(f"{name} {'is new' if old is None else 'is gone'}")
        elif old != new:
            found.append(f"{name}: {_changed_in_asset(old, new)}")
    columns = [name for name, digest in before["columns"].items() if after["columns"].get(name) != digest]
    if columns and len(columns) < len(before["columns"]):
        more = f" and {len(columns) - 5} others" if len(columns) > 5 else ""
        found.append(f"of the features {', '.join(columns[:5])}{more}")
    return found


def _changed_in_asset(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    spans = [
        f"{key} {old.get(key)} → {new.get(key)}" for key in ("rows", "first", "last") if old.get(key) != new.get(key)
    ]
    parts = [part for part in ("times", "prices", "features") if old[part] != new[part]]
    return ", ".join(spans) or f"other {' and '.join(parts)}"


def _column_digests(panel: Panel) -> dict[str, str]:
    digests = [hashlib.sha256() for _ in panel.feature_names]
    for chunk in _chunks(panel.features):
        for digest, column in zip(digests, np.ascontiguousarray(chunk.T), strict=True):
            digest.update(column.data)
    return {name: digest.hexdigest()[:_DIGITS] for name, digest in zip(panel.feature_names, digests, strict=True)}


def _chunks(features: npt.NDArray[np.float32]) -> Iterator[npt.NDArray[np.floating]]:
    for start in range(0, len(features), _CHUNK_ROWS):
        yield _plain(features[start : start + _CHUNK_ROWS], "<f4")


def _short(arrays: Iterable[npt.NDArray[np.generic]]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:_DIGITS]


def _plain(values: npt.NDArray[np.floating], kind: str) -> npt.NDArray[np.floating]:
    """Return the values in C order, little-endian, with one NaN and one zero."""
    plain: npt.NDArray[np.floating] = np.add(values, 0.0, dtype=np.dtype(kind), order="C")
    plain[np.isnan(plain)] = np.nan
    return plain
