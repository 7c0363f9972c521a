"""Who may ask a service without API keys: whoever is on the same machine, and no web page from elsewhere."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from service.faults import HttpError

__all__ = ["refuse_strangers"]


def refuse_strangers(headers: Iterable[tuple[bytes, bytes]], server: tuple[str, int | None] | None) -> None:
    """Let a request pass that came over loopback and asked for it by such a name; for a service without keys.

    A web page from elsewhere can bring a browser to ask loopback under a name of its own ("DNS rebinding"): then the
    name in ``Host`` gives it away. Raises HttpError 403.
    """
    if server is not None and server[1] is None:
        return  # a socket of this machine's file system, which no browser reaches
    if server is None or not _is_loopback(server[0]):
        raise HttpError(
            403,
            "no_api_keys",
            "without API keys the service answers on loopback alone; whoever runs it sets TRADY2_API_KEYS",
        )
    host = next((value.decode("latin-1") for name, value in headers if name == b"host"), None)
    if host is not None and not _names_loopback(host):
        raise HttpError(
            403,
            "no_api_keys",
            f"without API keys the service answers to localhost, not to {host[:80]!r}; set TRADY2_API_KEYS",
        )


@lru_cache(maxsize=64)
def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


@lru_cache(maxsize=64)
def _names_loopback(host: str) -> bool:
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower() == "localhost" or _is_loopback(name)
