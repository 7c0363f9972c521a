from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.reports.test_browser import DRAWN, SCREENS, WIDTH, opened
from trady2.reports.study_page import study_page


def result() -> dict[str, Any]:
    """Return what a study gives."""
    skill = {"skill": 0.54, "skill_low": 0.52, "skill_high": 0.56}
    ages = [
        {"weeks": weeks, **skill, "change": -0.01 * place, "change_low": None, "change_high": None}
        for place, weeks in enumerate((0, 1, 2))
    ]
    cadences = [
        {"weeks": weeks, "trainings": 5, **skill, "excess": 0.3, "net": 0.2, "n_trades": 1234}
        | {f"{kind}_change{end}": value for kind in ("skill", "excess") for end, value in ends.items()}
        for weeks, ends in ((1, {"": 0.0, "_low": 0.0, "_high": 0.0}), (None, {"": -2.0, "_low": -3.0, "_high": -1.0}))
    ]
    trainings = [{"start": "2023-01-05T00:00:00.000000Z", "trees": 5}]
    text = {"statement": "It <fades>.", "name": "mine", "assets": ["A&B"], "timeframe": "1h"}
    return {"ages": {"ages": ages}, "cadences": cadences, "trainings": trainings, "end": "2024-01-05T00:00Z", **text}


@pytest.fixture(scope="module")
def page() -> str:
    """The page of that."""
    return study_page(result())


def test_the_statement_comes_first_and_nothing_breaks_out(page: str) -> None:
    """What was found is the lead; names and words are escaped."""
    assert '<p class="lead">It &lt;fades&gt;.</p>' in page
    assert "A&amp;B · 1h bars · 1 trainings from 2023-01-05 to 2024-01-05" in page


def test_the_page_loads_nothing(page: str) -> None:
    """It opens offline: plotly.js is inside, and nothing names another place to load from."""
    assert "default-src 'none'" in page
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=", page.split("<script>")[0])
    assert study_page(result()) == page


def test_each_chart_shows_its_numbers_with_their_ends(page: str) -> None:
    """The error bars are the distances to the ends; where an end is not known there is none."""
    drawn = json.loads(re.search(r'id="charts">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert set(drawn) == {"ages", "skill", "excess"}
    ages = drawn["ages"]["data"][0]
    assert (ages["x"], ages["y"]) == ([0, 1, 2], [0.54] * 3)
    assert ages["error_y"]["array"] == pytest.approx([0.02] * 3)
    assert drawn["skill"]["data"][0]["x"] == ["every week", "never again"]
    assert drawn["excess"]["data"][0]["error_y"]["arrayminus"] == [0.0, 1.0]
    assert drawn["skill"]["alt"] == "The interval lies below 0 for: never again."


def test_the_tables_hold_every_number(page: str) -> None:
    """So that the page can be read without its charts."""
    for text in ("fresh", "2 weeks", "never again", "1,234", "[0.520, 0.560]"):
        assert text in page


@pytest.mark.browser
@pytest.mark.parametrize("screen", SCREENS)
def test_a_browser_draws_it_on_any_screen(browser: Any, page: str, tmp_path: Path, screen: str) -> None:
    """Offline, without a complaint, without a request, and no wider than the screen."""
    file = tmp_path / "study.html"
    file.write_text(page, "utf-8")
    seen = opened(browser, file.as_uri(), screen)
    assert all(drawn for _, drawn in seen.page.evaluate(DRAWN))
    width, room = seen.page.evaluate(WIDTH)
    assert width <= room
    assert (seen.complaints, seen.requests) == ([], [file.as_uri()])
    seen.page.context.close()
