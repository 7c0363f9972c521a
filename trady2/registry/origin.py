"""Where a version comes from against where one is now, and which difference best explains that a result moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["OriginDifference", "likely_cause", "origin_differences"]

_RECORDED = ("python", "machine", "platform")


class OriginDifference(NamedTuple):
    """Something recorded in a manifest that is another thing now; None where one of both does not say."""

    what: str
    published: Any
    now: Any


def origin_differences(
    manifest: Mapping[str, Any], *, environment: Mapping[str, Any], provenance: Mapping[str, Any]
) -> list[OriginDifference]:
    """Return what differs between the *manifest* of a version and now, what most often matters first.

    Args:
        manifest: of the version.
        environment: `trady2.registry.manifest.environment` of now.
        provenance: digests of code, lock file and of the configuration in the manifest, as of now.
    """
    origin, there = manifest.get("provenance") or {}, manifest.get("environment") or {}
    pairs = [
        ("configuration", origin.get("config_sha256"), provenance.get("config_sha256")),
        *_paired(there.get("libraries"), environment.get("libraries")),
        ("code", origin.get("code_sha256"), provenance.get("code_sha256")),
        *_paired(there.get("processor"), environment.get("processor"), "processor "),
        *((key, there.get(key), environment.get(key)) for key in _RECORDED),
        ("lock file", origin.get("lock_sha256"), provenance.get("lock_sha256")),
    ]
    return [OriginDifference(*pair) for pair in pairs if pair[1] is not None and pair[1] != pair[2]]


def _paired(
    before: Mapping[str, Any] | None, now: Mapping[str, Any] | None, prefix: str = ""
) -> list[tuple[str, Any, Any]]:
    return [(prefix + key, value, (now or {}).get(key)) for key, value in (before or {}).items()]


def likely_cause(
    moved: Collection[str],
    origin: Sequence[OriginDifference],
    parameters: Mapping[str, tuple[str | None, str | None]],
    *,
    by_threads: Mapping[int, bool],
    judged_known: bool = True,
    commit: str | None = None,
) -> str:
    """Name the likely cause of parts that *moved*, and the way out.

    Args:
        moved: names of the parts.
        origin: from `origin_differences`.
        parameters: of the trees that differ: published and now.
        by_threads: for each number of threads whether all was equal.
        judged_known: whether the ledger knows what was judged before the version.
        commit: that the version was trained at.
    """
    known = {one.what: one for one in origin}
    trees = any(name.startswith("trees") for name in moved)
    if parameters and trees:
        told = ", ".join(f"{key} {before} → {now}" for key, (before, now) in sorted(parameters.items()))
        code = " or by other code" if "code" in known else ""
        return (
            f"the trees of the version were grown with other parameters than its manifest gives now ({told}), so the "
            f"manifest was changed or is read by another library{code}; restore the version from a copy"
        )
    if "configuration" in known:
        return (
            "the configuration in the manifest is not the one that the version was trained with (its digest differs): "
            "the manifest was changed; restore the version from a copy"
        )
    if len(set(by_threads.values())) > 1:
        fine = ", ".join(str(count) for count, equal in by_threads.items() if equal)
        return f"the number of threads: with {fine} all is equal; set model.num_threads to that and report this case"
    if set(moved) <= {"verdict"} and not judged_known:
        return (
            "the ledger here does not know the version's own judgement, so how many were judged before it cannot be "
            "repeated; ask where the version was trained"
        )
    return _by_origin(known, commit, trees=trees)


def _by_origin(known: Mapping[str, OriginDifference], commit: str | None, *, trees: bool) -> str:
    libraries = [one for what, one in known.items() if _is_library(what)]
    if trees and "lightgbm" in known:
        return f"{_told(known['lightgbm'])}: trees are the same only within one version of it; install that one"
    if "code" in known:
        where = f"; check out commit {commit} to repeat it" if commit else ""
        return f"the code of trady2 is another one (digest {_told(known['code'], digits=12)}){where}"
    if libraries:
        return f"other libraries ({', '.join(map(_told, libraries))}); install those of the manifest"
    machine = [one for what, one in known.items() if what.startswith("processor ") or what in _RECORDED]
    if machine:
        told = ", ".join(map(_told, machine))
        return f"another machine ({told}): sums and exponentials may round otherwise there; repeat it on one alike"
    return (
        "nothing that was recorded differs: the files of the version do not come from its manifest, or something in "
        "the training hangs on chance; compare the parts above with another repetition"
    )


def _is_library(what: str) -> bool:
    return what not in {"configuration", "code", "lock file", *_RECORDED} and not what.startswith("processor ")


def _told(one: OriginDifference, digits: int = 60) -> str:
    return f"{one.what} {str(one.published)[:digits]} → {str(one.now)[:digits]}"
