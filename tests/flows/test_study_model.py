"""The retraining study by the real command, on the session's pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.commands.study import studied
from tests.flows.blinding import blind
from tests.flows.conftest import ASSETS, Desk, Pipeline, desk_beside
from trady2.config import TargetConfig
from trady2.registry import Ledger, read_trials

STUDY = {"cadence_weeks": [1, 2], "max_trainings": 4}


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Desk:
    """Give a desk with the vectors of the pipeline and a home of its own, empty."""
    return desk_beside(pipeline, tmp_path)


def study(desk: Desk) -> dict[str, Any]:
    """Run a short study."""
    return desk.json("study", "--config", desk.configure(study=STUDY), "--output", "out/mine.v1")


def test_a_study_is_told_written_and_counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Result, JSON file and page say the same; each cadence is a trial of its own; no test zone is read."""
    result = study(desk)
    assert [one["weeks"] for one in result["cadences"]] == [1, 2, None]
    assert len(result["trainings"]) == 4
    written = json.loads((desk.folder / "out" / "mine.v1.json").read_text("utf-8"))
    assert written == {key: value for key, value in result.items() if not key.startswith("report_")}
    assert result["statement"].split(".")[0] in (desk.folder / result["report_html"]).read_text("utf-8")

    monkeypatch.setenv("TRADY2_HOME", str(desk.folder / "home"))
    ledger = Ledger(f"sqlite:///{desk.folder / 'home' / 'ledger.db'}")
    target = TargetConfig(horizon_steps=6, return_threshold=0.004)
    trials = read_trials("trady2", target=target, assets=ASSETS, ledger=ledger)
    assert [(one.purpose, one.zone, one.finished) for one in trials.records] == [("study", "before test", True)] * 3
    assert max(one.last or "" for one in trials.records) < result["end"]
    assert {event.kind for event in ledger.events()} == {"trial"}


def test_the_test_zone_is_never_read(desk: Desk, pipeline: Pipeline) -> None:
    """With infinities instead of every value from the test zone on, the result is the same."""
    before = study(desk)
    blind(desk, pipeline, before["end"])
    after = study(desk)
    for name in ("ages", "cadences", "trainings", "statement", "end"):
        assert after[name] == before[name]


def test_too_short_a_history_is_refused(desk: Desk) -> None:
    """The message says what to change."""
    config = desk.configure(study={"cadence_weeks": [52]})
    done = desk.run("study", "--config", config)
    assert done.returncode == 1
    assert "0 trainings every 52 weeks fit into history; a study needs 4" in done.stderr


def test_the_text_shows_ages_cadences_and_the_statement() -> None:
    """What is not known is a dash."""
    skill = {"skill": 0.54, "skill_low": 0.52, "skill_high": 0.56}
    age = {"weeks": 1, **skill, "change": -0.01, "change_low": None, "change_high": None}
    changes = {f"{kind}_change{end}": -0.5 for kind in ("skill", "excess") for end in ("", "_low", "_high")}
    never = {"weeks": None, "trainings": 1, **skill, **changes, "excess": 0.25, "n_trades": 1234}
    common = {"name": "mine", "trainings": [1, 2], "seconds": 12.4, "end": "2024-01-01Z", "statement": "Enough."}
    files = {"report_html": "h", "report_json": "j"}
    lines = studied({**common, **files, "ages": {"ages": [age]}, "cadences": [never]}).splitlines()
    assert lines[0] == "mine  2 trainings in 12 s, before 2024-01-01Z"
    assert lines[5].split("  ")[0] == "1 week"
    assert "[–, –]" in lines[5]
    assert lines[10].startswith("never again  1")
    assert "1,234" in lines[10]
    assert "Enough." in lines
