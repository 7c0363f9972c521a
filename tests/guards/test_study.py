from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.guards.quick_market import market
from tests.guards.studying import study_config, turning_market
from trady2.errors import NotEnoughDataError
from trady2.guards.study import Study, study


@pytest.fixture(scope="module")
def steady() -> Study:
    """A study of a market whose rule never changes."""
    return study(market(), study_config())


@pytest.fixture(scope="module")
def turning() -> Study:
    """A study of a market whose rule turns over five weeks before the end."""
    return study(turning_market(), study_config(max_trainings=10))


def test_where_the_rule_stays_no_cadence_is_worse(steady: Study) -> None:
    """Old models are as good as fresh ones, and the text says that nothing tells the cadences apart."""
    assert steady.ages.skilled
    assert all(abs(one.skill_change) < 0.03 for one in steady.cadences)
    assert "[" in steady.statement


def test_where_the_rule_turns_old_models_are_found_out(turning: Study) -> None:
    """A model that never saw the new rule is surely worse than one that did, and the text names it."""
    never = turning.cadences[-1]
    assert never.weeks is None
    assert never.excess_change_high < 0
    assert never.is_worse
    skilled = (replace(turning.cadences[0], skill_low=0.51), *turning.cadences[1:])
    said = replace(turning, cadences=skilled).statement
    assert "Shown to be worse than training every week:" in said
    assert "never again" in said


def test_the_words_follow_the_numbers(steady: Study) -> None:
    """Each case has its sentence."""
    fading = replace(steady.ages, skilled=True, half_life_weeks=6.4, half_life_low=3.6, half_life_high=None)
    said = replace(steady, ages=fading).statement
    assert "halves in about 6 weeks (90 % interval: 4 to no end)." in said
    assert "and no fading is seen." in replace(steady, ages=replace(fading, half_life_weeks=None)).statement
    blind = replace(steady, ages=replace(fading, skilled=False)).statement
    assert "no skill is shown that could fade." in blind
    first = replace(steady.cadences[0], skill_low=0.49)
    blind = replace(steady, cadences=(first, *steady.cadences[1:])).statement
    assert blind.endswith("shows no skill along this history, so no schedule can be told from another.")
    alike = [replace(one, is_worse=False) for one in steady.cadences]
    same = replace(steady, ages=fading, cadences=tuple(alike)).statement
    assert "No slower cadence is shown to be worse than training every week" in same
    apart = replace(steady, ages=fading, cadences=(*alike[:2], replace(alike[2], is_worse=True), alike[3])).statement
    assert "Shown to be worse than training every week: every 4 weeks. The slowest before them: every 2 weeks." in apart


def test_a_study_is_plain_json(steady: Study) -> None:
    """With every training and without a NaN."""
    plain = json.loads(json.dumps(steady.as_json(), allow_nan=False))
    assert [len(plain[key]) for key in ("trainings", "cadences")] == [8, 4]
    assert plain["trainings"][0] == {"start": f"{steady.walk.starts[0]}Z", "trees": steady.walk.trees[0]}
    assert plain["statement"] == steady.statement


def test_a_market_that_moves_one_way_is_refused() -> None:
    """Training sees enough rises and falls, the walk none."""
    panel = market(rows=2_000)
    config = study_config()
    later = panel.decision_time >= panel.decision_time.max() - panel.step * 168 * 8
    calm = panel.close.copy()
    calm[later] = 100.0
    with pytest.raises(NotEnoughDataError, match=r"the walk has no rise or no fall|all of them are labelled 0"):
        study(replace(panel, close=calm), config)
