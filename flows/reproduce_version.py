"""reproduce-version: a registered version → the same training in fresh processes → what moved, and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import run_files
from flows.engine import current_engine, flow, task
from flows.pinning import pinned_config, pinned_panel, require_training
from flows.repetition_process import repeat_in_process
from flows.reproduction_telling import part_rows, reproduced_line, reproduced_markdown
from flows.runs import new_run, read_json, write_json
from trady2.config import Config
from trady2.errors import ConfigError

if TYPE_CHECKING:
    from trady2.data.panel import Panel
    from trady2.registry.integrity import Sealed

__all__ = ["reproduce_version_flow"]

_MOST_THREADS = 1_024


@task("open", retries=2)
def open_published(name: str, version: str, threads: Sequence[int]) -> str:
    """Verify the version, and keep what its training was told in a new run."""
    from trady2.registry.judgements import judged_before
    from trady2.registry.loading import open_version

    if not threads or not all(1 <= count <= _MOST_THREADS for count in threads):
        raise ConfigError(f"threads = {list(threads)} cannot be; write such as --threads 1,2", threads=list(threads))
    opened = open_version(name, version)
    manifest = opened.manifest
    require_training(manifest, ("config", "data", "run", "zones"))
    judged, rules = judged_before(name, manifest["run"])
    run = new_run("reproduce-version")
    known = {"name": name, "version": opened.version.version, "path": str(opened.version.path)}
    write_json(run / "01_version.json", {**known, "sha256": opened.sha256, "threads": list(threads)})
    certificate = manifest.get("leak_certificate") or {"passed": None}
    told = {"features": manifest["features"], "leak_certificate": certificate, "judged": judged}
    write_json(run / "02_request.json", {**told, "rules_sha256": rules})
    current_engine().say(f"{name} {opened.version.version}, {len(judged)} judged before it")
    return str(run)


@task("data", retries=2)
def check_data(run_name: str) -> None:
    """Compare the vectors with the digest in the manifest; without the same data there is nothing to repeat."""
    run = Path(run_name)
    manifest = _sealed(run).manifest
    panel, published = pinned_panel(manifest), manifest["data"]["digest"]
    write_json(run / "03_data.json", {"digest": published, "rows": len(panel)})
    current_engine().say(f"{len(panel):,} × {len(panel.feature_names)}, the same")


@task("repeat")
def repeat_training(run_name: str, threads: int) -> dict[str, Any]:
    """Train again in a fresh process with so many threads, and compare all that came out."""
    from trady2.registry.repetition import compare_versions, moved_parameters

    run, engine = Path(run_name), current_engine()
    published, request = _sealed(run), read_json(run / "02_request.json")
    config = pinned_config(published.manifest, threads=threads)
    log = run / f"04_threads_{threads}.log"
    repeated = repeat_in_process(request, config, log=log)
    parts = compare_versions(published, repeated.sealed, _panel(published, config))
    moved = [part.name for part in parts if not part.equal]
    result = {
        "threads": threads,
        "equal": not moved,
        "moved": moved,
        "parts": [part.as_json() for part in parts],
        "parameters": moved_parameters(published, repeated.sealed),
        "sha256": repeated.sealed.manifest["files"]["model.joblib"]["sha256"],
        "seconds": round(repeated.seconds, 2),
        "cpu_seconds": round(repeated.cpu_seconds, 2),
        "log": str(log),
    }
    write_json(run / f"04_threads_{threads}.json", result)
    if moved:
        _keep(repeated.sealed, run / f"04_threads_{threads}")
    engine.show_table(f"reproduced-{threads}", part_rows(result))
    engine.say(f"{threads}: {'all equal' if not moved else 'moved: ' + ', '.join(moved)}")
    return result


@task("explain")
def explain_differences(run_name: str, repetitions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Tell what moved, what differs between then and now, and the likely cause."""
    from flows.provenance import provenance
    from trady2.registry.manifest import environment
    from trady2.registry.origin import likely_cause, origin_differences

    run, engine = Path(run_name), current_engine()
    known, manifest = read_json(run / "01_version.json"), _sealed(run).manifest
    config = Config.read(manifest["config"], source=f"manifest of {known['version']}")
    now = {"environment": environment(), "provenance": provenance(config)}
    origin = origin_differences(manifest, **now)
    moved = list(dict.fromkeys(name for one in repetitions for name in one["moved"]))
    cause = None
    if moved:
        cause = likely_cause(
            moved,
            origin,
            {key: tuple(pair) for one in repetitions for key, pair in one["parameters"].items()},
            by_threads={one["threads"]: one["equal"] for one in repetitions},
            judged_known=read_json(run / "02_request.json")["rules_sha256"] is not None,
            commit=(manifest.get("provenance") or {}).get("commit"),
        )
    result = {
        **{key: known[key] for key in ("name", "version", "sha256")},
        "equal": not moved,
        "moved": moved,
        "likely_cause": cause,
        "data": read_json(run / "03_data.json"),
        "repetitions": list(repetitions),
        "origin": [one._asdict() for one in origin],
        "run": str(run),
    }
    write_json(run / "05_reproduced.json", result)
    engine.show_markdown("reproduced", reproduced_markdown(result))
    engine.say(reproduced_line(result))
    return result


def _sealed(run: Path) -> Sealed:
    from trady2.registry.loading import read_version

    known = read_json(run / "01_version.json")
    return read_version(known["name"], known["version"])


def _panel(published: Sealed, config: Config) -> Panel:
    return run_files.load_panel(config, published.manifest["features"])


def _keep(repeated: Sealed, folder: Path) -> None:
    """Keep the files of a repetition that differs, to look at; the page of its report is left out."""
    from trady2.registry.canonical import canonical_json

    folder.mkdir()
    for name, content in {**repeated.files, "manifest.json": canonical_json(repeated.manifest)}.items():
        if name != "report.html":
            (folder / name).write_bytes(content)


@flow("reproduce-version")
def reproduce_version_flow(version: str, name: str = "trady2", threads: Sequence[int] = (1, 2)) -> dict[str, Any]:
    """Repeat the training of a registered version in fresh processes, and compare everything that it recorded.

    Nothing enters the ledger or the store: a repetition is no trial, and no read of the test zone.

    Args:
        version: The exact version, such as 1.0.0+20251101_120000.
        name: The model's name.
        threads: How many threads the trees are grown by; the training is repeated once for each.
    """
    run = open_published(name, version, threads)
    check_data(run)
    return explain_differences(run, [repeat_training(run, count) for count in threads])
