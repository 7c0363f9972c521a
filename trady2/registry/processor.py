"""What the processor is: another one may sum, or round an exponential, in another way."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Any

__all__ = ["processor"]

_CPUINFO = Path("/proc/cpuinfo")
_VECTOR_UNITS = ("sse4_2", "avx", "fma", "avx2", "avx512f", "avx512bw", "avx512vl", "asimd", "sve", "sve2")


def processor(cpuinfo: Path = _CPUINFO) -> dict[str, Any]:
    """Return the processor's ``model``, its ``cores`` and the ``vector_units`` that numeric libraries choose code by.

    Outside Linux only what Python knows: the model may be empty, the vector units are.
    """
    try:
        text = cpuinfo.read_text("utf-8", errors="replace")
    except OSError:
        text = ""
    model = re.search(r"^(?:model name|Processor|CPU part)\s*:\s*(.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    known = set(flags[1].split()) if flags else set()
    return {
        "model": model[1].strip() if model else platform.processor(),
        "cores": os.cpu_count(),
        "vector_units": [unit for unit in _VECTOR_UNITS if unit in known],
    }
