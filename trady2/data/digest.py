"""The digest of a panel: what a model was trained on, as one number."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import numpy.typing as npt

from trady2.data.panel import PRICES, Panel

__all__ = ["panel_digest"]

_CHUNK_ROWS = 65_536


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


def _plain(values: npt.NDArray[np.floating], kind: str) -> npt.NDArray[np.floating]:
    """Return the values in C order, little-endian, with one NaN and one zero."""
    plain: npt.NDArray[np.floating] = np.add(values, 0.0, dtype=np.dtype(kind), order="C")
    plain[np.isnan(plain)] = np.nan
    return plain
