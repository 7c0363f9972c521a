"""Numbers as plotly.js gets them to see."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np


def unpacked(values: dict[str, Any]) -> np.ndarray:
    """Doubles as plotly.js reads them, and times as `page.js` counts them out."""
    if "steps" in values:
        steps = np.frombuffer(base64.b64decode(values["steps"]), dtype="<u4").astype(np.float64)
        return values["start"] + values["step"] * steps
    return np.frombuffer(base64.b64decode(values["bdata"]), dtype="<f8")


def by_name(chart: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The lines and marks of a chart by their names."""
    return {trace["name"]: trace for trace in chart["data"] if "name" in trace}
