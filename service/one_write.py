"""Head and body of an answer in one system call: uvicorn writes them apart, and each write wakes the client.

Measured on loopback, it saves a twelfth of the processor time of a prediction (15 µs of 120 to 210, on a busy machine).
What is gathered here is what uvicorn itself writes, in its order. Where another server stands behind, without a
``transport`` to put something before, nothing changes.
"""

from __future__ import annotations

from typing import Any

__all__ = ["OneWrite"]


class OneWrite:
    """Gathers what is written to the transport behind *send* while the block lasts, and writes it at its end."""

    __slots__ = ("_cycle", "_parts", "_transport")

    def __init__(self, send: Any) -> None:
        """Look behind *send*, the bound method of uvicorn's cycle of one request."""
        self._cycle: Any = getattr(send, "__self__", None)
        self._transport: Any = getattr(self._cycle, "transport", None)
        self._parts: list[bytes] = []

    def __enter__(self) -> None:
        """Stand before the transport."""
        if self._transport is not None:
            self._cycle.transport = self

    def __exit__(self, *_: object) -> None:
        """Step aside and write."""
        if self._transport is not None:
            self._cycle.transport = self._transport
            self._flush()

    def write(self, data: bytes) -> None:
        """Keep *data* for the end."""
        self._parts.append(data)

    def close(self) -> None:
        """Write what there is, then close, as the transport would."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts = []

    def __getattr__(self, name: str) -> Any:
        """Leave everything else to the transport."""
        return getattr(self._transport, name)
