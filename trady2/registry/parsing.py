"""From bytes whose digests were right to a model that repeats its golden predictions."""

from __future__ import annotations

from collections.abc import Mapping

from trady2.learning.down_head import DOWN_FILE
from trady2.learning.model import Model
from trady2.registry.canonical import read_json
from trady2.registry.golden import replay
from trady2.registry.integrity import Sealed, broken

__all__ = ["parsed", "usable"]


def parsed(files: Mapping[str, bytes], *, version: str) -> Model:
    """Build the model from its texts and ``calibrator.json``; ``model.joblib`` is never unpickled.

    Raises IntegrityError when the text of the second head is missing or one too many, or when a text names a key twice:
    which of the two counts would be up to the reader.
    """
    settings = read_json(files["calibrator.json"], source=f"{version}: calibrator.json")
    if settings.get("down") is not None and DOWN_FILE not in files:
        raise broken(version, DOWN_FILE, "is missing, though calibrator.json has a second head")
    down = _text(files, DOWN_FILE, version) if DOWN_FILE in files else None
    return Model.from_files(_text(files, "model.txt", version), settings, down)


def usable(sealed: Sealed, *, version: str) -> Model:
    """Parse the *sealed* files and hold the model against its manifest; raises IntegrityError when it differs."""
    model = parsed(sealed.files, version=version)
    if list(model.features) != sealed.manifest["features"]:
        raise broken(version, "calibrator.json", "names other features than the manifest")
    replay(model, sealed.manifest["golden"], version=version)
    return model


def _text(files: Mapping[str, bytes], file: str, version: str) -> str:
    try:
        text = files[file].decode("utf-8")
    except UnicodeDecodeError as error:
        raise broken(version, file, "is no text") from error
    _refuse_repeated_keys(text, file, version)
    return text


def _refuse_repeated_keys(text: str, file: str, version: str) -> None:
    trees: set[str] = set()
    seen: set[str] = set()
    for line in text.partition("\nend of trees")[0].splitlines():
        key, mark, value = line.partition("=")
        if key == "Tree" and mark:
            seen.clear()
            repeated = value in trees
            trees.add(value)
        else:
            repeated = bool(mark) and key in seen
            seen.add(key)
        if repeated:
            raise broken(version, file, f"has the line {line[:60]!r} in a place where its key stood before")
