"""tune-model: vectors up to the zone calibrate → many sets of parameters, walked along them → the best as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import run_files
from flows.engine import current_engine, flow, task
from flows.runs import new_run, read_json, run_config, write_json
from flows.trial_records import TuneRecords
from flows.tune_files import study_facts, study_folder, write_best
from trady2.config import load_config

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.guards.tune_store import Store
    from trady2.guards.tune_tried import Tried

__all__ = ["tune_model_flow"]


@task("open", retries=2)
def open_study(config: str, study: str | None) -> str:
    """Find where the zone calibrate begins by the clock alone, and the folder in which the tries are kept."""
    from trady2.data.digest import panel_digest
    from trady2.guards.tune_zone import tuning_end

    read = load_config(config)
    end = tuning_end(run_files.load_panel(read, []), read)
    seen = run_files.load_panel_before(read, str(end))
    facts = study_facts(read, panel_digest(seen), str(end))
    folder = study_folder(read.name, study, facts)
    run = new_run("tune-model")
    write_json(run / "00_config.json", read.model_dump(mode="json"))
    known = {"end": str(end), "digest": facts["data_sha256"], "assets": list(seen.assets), "facts": facts}
    write_json(run / "01_study.json", {**known, "folder": str(folder)})
    current_engine().say(f"{len(seen):,} rows before {end}Z; study {folder.name}")
    return str(run)


@task("search")
def search(run_name: str, trials: int | None, minutes: float | None, actor: str) -> None:
    """Try parameters until the budget is spent; every try is told to the ledger before it is fitted."""
    from trady2.guards.tune import Listener, tune

    run, engine = Path(run_name), current_engine()
    config, known = run_config(run), read_json(run / "01_study.json")
    records = TuneRecords(run, known, actor)
    store = _store(run, config)
    listener = Listener(records.begins, records.ends, engine.progress)
    wanted, limit = trials or config.tune.n_trials, minutes or config.tune.minutes
    try:
        tune(
            run_files.load_panel_before(config, known["end"]),
            config,
            store,
            n_trials=wanted,
            minutes=limit,
            listener=listener,
        )
    except KeyboardInterrupt:
        engine.say("stopped: what ended is kept, the next call goes on from there")
        write_json(run / "02_stopped.json", {"stopped": True})
    engine.say(f"{len(store.tried()):,} of {wanted:,} tries")


def _store(run: Path, config: Config) -> Store:
    from trady2.guards.tune_store import Store

    known = read_json(run / "01_study.json")
    return Store(Path(known["folder"]), config, known["facts"])


@task("choose", retries=2)
def choose_best(run_name: str, output: str) -> dict[str, Any]:
    """Take the best complete try, say how much of it is luck, and write its configuration."""
    from trady2.guards.tune_result import ranked, tuned
    from trady2.guards.tune_space import with_parameters
    from trady2.guards.tune_walk import Ground
    from trady2.learning.target import label_arrays

    run, engine = Path(run_name), current_engine()
    config, known = run_config(run), read_json(run / "01_study.json")
    panel, store = run_files.load_panel_before(config, known["end"]), _store(run, config)
    found = tuned(store, Ground.of(panel, label_arrays(panel, config.target), config))
    file = write_best(Path(output), with_parameters(config, found.best.parameters), found)
    result = {
        "name": config.name,
        "study": Path(known["folder"]).name,
        "folder": known["folder"],
        "config": str(file),
        "end": f"{known['end']}Z",
        "complete": not (run / "02_stopped.json").exists(),
        "run": str(run),
        **found.as_json(),
    }
    write_json(run / "03_tuned.json", result)
    engine.show_table("tuning", [_row(one) for one in ranked(found.tried)[:20]])
    engine.show_markdown("tuning-luck", found.statement)
    engine.say(f"try {found.best.number} of {len(found.tried)}: direction skill {found.best.direction_skill:.4f}")
    return result


def _row(one: Tried) -> dict[str, Any]:
    kept = ("number", "state", "folds", "direction_skill", "direction_t", "n_trades")
    told = one.as_json()
    return {**{key: told[key] for key in kept}, **one.parameters}


@flow("tune-model")
def tune_model_flow(
    config: str,
    output: str = "configs/tuned.yaml",
    study: str | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    actor: str = "prefect",
) -> dict[str, Any]:
    """Look for better parameters of the model on the zones train and stop; every try is counted, none sees the test.

    Args:
        config: The YAML file; its section tune says where and how long.
        output: The YAML file that the best configuration is written to.
        study: Name of the search; by default the same data and rules go on with the same one.
        trials: How many tries the study shall have, instead of tune.n_trials.
        minutes: After how many no new try is begun, instead of tune.minutes.
        actor: Who asks; it goes into the ledger.
    """
    run = open_study(config, study)
    search(run, trials, minutes, actor)
    return choose_best(run, output)
