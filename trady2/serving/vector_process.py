"""Features from bars in a child of the worker: numba and TA-Lib take 70 MB and more, which the worker does without.

The child is started by the first request that brings bars, serves one after the other, and goes when nobody has asked
for ten minutes, when it does not answer in time, or with its worker. What ends it does not end the worker.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from trady2 import errors
from trady2.errors import ConflictError
from trady2.serving.vector_child import Bars, Plan, Vector

__all__ = ["VectorProcess"]

_log = logging.getLogger(__name__)
_PATIENCE_SECONDS: Final = 60.0


class VectorProcess:
    """Computes like `trady2.serving.vector_child.vector_of`, in a process of its own; threads may share it."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    def __call__(self, plan: Plan, asset: str, own: Bars, market: Mapping[str, Bars]) -> Vector:
        """Return the last vector of *own*; raises what `vector_of` does, and ConflictError where no child can do it."""
        parts = [own, *market.values()]
        head = {"plan": asdict(plan), "asset": asset, "market": list(market), "sizes": [len(one.time) for one in parts]}
        arrays = [array.tobytes() for one in parts for array in (one.time, one.prices)]
        request = b"".join([json.dumps(head).encode(), b"\n", *arrays])
        with self._lock:
            # A child may have left for want of requests, or have been ended by somebody: the second is a new one.
            told = self._asked(request) or self._asked(request)
        if told is None:
            raise ConflictError("the process that computes features from bars was ended twice; try again", code="busy")
        return _vector(*told)

    def close(self) -> None:
        """End the child; the next call starts another one."""
        child, self._child = self._child, None
        if child is not None:
            for pipe in (child.stdin, child.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            child.kill()
            child.wait()

    def _asked(self, request: bytes) -> tuple[dict[str, Any], bytes] | None:
        child = self._child = self._child or _started()
        assert child.stdin is not None  # noqa: S101 - both are pipes, for the type checker
        assert child.stdout is not None  # noqa: S101 - see above
        watch = threading.Timer(_PATIENCE_SECONDS, child.kill)
        watch.start()
        try:
            child.stdin.write(request)
            child.stdin.flush()
            told: dict[str, Any] = json.loads(child.stdout.readline())
            size = 4 * len(told.get("names", ()))
            content = child.stdout.read(size)
            if len(content) == size:
                return told, content
        except (OSError, ValueError):
            pass
        finally:
            watch.cancel()
        self.close()
        _log.warning("the process that computes features from bars ended with code %s", child.returncode)
        return None


def _started() -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "trady2.serving.vector_child"]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )


def _vector(told: Mapping[str, Any], content: bytes) -> Vector:
    if "error" not in told:
        return tuple(told["names"]), np.frombuffer(content, np.float32)
    kind = getattr(errors, told["error"], None)
    if kind is None:
        raise ImportError(told["message"])
    raise kind(told["message"], **told["values"])
