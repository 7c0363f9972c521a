"""The child that parses a version first: it limits itself, and nothing that it does outlives it.

    python -m trady2.registry.parse_child BYTES_OF_MEMORY SECONDS_OF_CPU < parcel

A damaged text ends LightGBM's process rather than raising anything, and a forged one may ask for all memory there is:
here that ends a child which holds nothing. It writes one line of JSON: ``null``, or what is wrong with the version.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trady2.registry.integrity import Sealed

__all__ = ["PARSED", "main", "packed", "said_of"]

PARSED = ("model.txt", "model_down.txt", "calibrator.json")
"""The files of a version that are parsed; the rest is only compared."""


def packed(sealed: Sealed, version: str) -> bytes:
    """Write what the child needs: a line of JSON, then the bytes of the files that are parsed."""
    files = {name: sealed.files[name] for name in PARSED if name in sealed.files}
    manifest = {key: sealed.manifest.get(key) for key in ("features", "golden")}
    sizes = {name: len(content) for name, content in files.items()}
    head = {"version": version, "manifest": manifest, "sizes": sizes}
    return b"".join([json.dumps(head).encode(), b"\n", *files.values()])


def said_of(parcel: bytes) -> dict[str, Any] | None:
    """Parse what `packed` wrote and replay the golden predictions; returns what is wrong, None when nothing is."""
    from trady2.errors import IntegrityError
    from trady2.registry.integrity import Sealed, broken
    from trady2.registry.parsing import usable

    line, _, content = parcel.partition(b"\n")
    head, files, place = json.loads(line), {}, 0
    for name, size in head["sizes"].items():
        files[name] = content[place : place + size]
        place += size
    try:
        usable(Sealed(head["manifest"], "", files), version=head["version"])
    except IntegrityError as error:
        return _told(str(error), error.values)
    except Exception as error:  # right digests and a content that nobody foresaw: a forger's, or another release's
        reason = f"cannot be parsed: {type(error).__name__}: {error}"
        wrong = broken(head["version"], " or ".join(files), reason)
        return _told(str(wrong), wrong.values)
    return None


def main() -> None:
    """Limit this process, then say in one line of JSON what is wrong with the version on standard input."""
    memory, seconds = (int(word) for word in sys.argv[1:3])
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
    ):
        resource.setrlimit(limit, (most, most))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory runs out, this child goes first
    for module in ("pandas", "sklearn"):  # LightGBM would import them, which takes seconds
        sys.modules.setdefault(module, None)  # type: ignore[arg-type]  # Python's way to say: not to be had
    sys.stdout.write(json.dumps(said_of(sys.stdin.buffer.read())) + "\n")


def _told(message: str, values: Mapping[str, object]) -> dict[str, Any]:
    return {"message": message, "values": {key: value for key, value in values.items() if _is_plain(value)}}


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | list | None)


if __name__ == "__main__":
    main()
