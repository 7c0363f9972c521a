"""Results as text."""

import pytest

from flows import telling


def test_a_table_aligns_its_columns() -> None:
    """Every column is as wide as its widest cell."""
    assert telling.table([("a", "bbb"), ("cc", "d")], ("x", "y")).splitlines() == [
        "x   y",
        "──  ───",
        "a   bbb",
        "cc  d",
    ]


def test_an_empty_table_is_its_header() -> None:
    """No rows leave the header alone."""
    assert telling.table([], ("name",)) == "name\n────"


def test_no_versions_say_how_to_get_one() -> None:
    """An empty store tells the next command."""
    assert telling.versions("trady2", []).endswith("train one: trady2 train --config configs/ml.example.yaml")


def test_the_active_version_is_marked() -> None:
    """One row a version; the active one has a dot."""
    row = {"version": "1.0.0+20251101_120000", "verdict": "not judged", "test": {}, "sha256": "ab" * 32, "active": True}
    lines = telling.versions("trady2", [row, {**row, "version": "0.9.0+20251001_120000", "active": False}]).splitlines()
    assert [line.split()[:2] for line in lines[2:]] == [["●", row["version"]], ["0.9.0+20251001_120000", "not"]]


def test_a_refused_version_is_listed_with_its_reason() -> None:
    """What cannot be trusted keeps its row, without a digest, and the reason stands below the table."""
    row = {"version": "1.0.0+20251101_120000", "verdict": None, "test": {}, "sha256": None, "active": True}
    lines = telling.versions("trady2", [{**row, "error": "model.txt is missing"}]).splitlines()
    assert lines[2].split()[-1] == "refused"
    assert lines[-1] == "refused: model.txt is missing"


def test_an_undefined_metric_is_a_dash() -> None:
    """A metric without a value is shown as such, never as zero."""
    verdict = {"label": "not judged", "text": "t", "criteria": []}
    result = {"version": "v", "verdict": verdict, "metrics": {"sharpe_ratio": None, "n_trades": 0}}
    told = telling.backtested({**result, "report_html": "h", "report_json": "j"}).splitlines()
    assert told[2] == "verdict  NOT JUDGED"
    lines = [line.split("  ") for line in told[5:7]]
    assert [(line[0], line[-1].strip()) for line in lines] == [("Sharpe ratio (annualised)", "–"), ("trades", "0")]


@pytest.mark.parametrize(
    ("payoffs", "told"),
    [
        ({"up": 0.02, "down": 0.025}, "score above 0.5600: P(rise) × 2.00% − P(fall) × 2.50% above +0.300%; "),
        (None, "probability of a rise above 0.5600\n"),
    ],
)
def test_training_tells_its_signal(payoffs: dict[str, float] | None, told: str) -> None:
    """An expected return is told as its formula, what it has to exceed and what a trade costs; a probability as one."""
    signal = {"kind": "any", "threshold": 0.56, "payoffs": payoffs, "round_trip_cost": 0.0024}
    report = {"report_html": "h", "test": {}, "backtest": {}, "audit": {"passed": True, "level": "full"}}
    judged = {"verdict": "unproven", "judgement": {"text": "t", "criteria": []}}
    text = telling.trained({"name": "n", "version": "v", "sha256": "s", "signal": signal, **judged, **report})
    assert f"signal   {told}" in text
    assert ("a trade costs 0.240%" in text) == (payoffs is not None)


def test_an_answer_is_shown_in_words():
    """Horizon and features are no dictionaries and lists of Python; what there is not is a dash."""
    horizon = {"steps": 12, "duration": "PT12H"}
    shown = telling.predicted({"horizon": horizon, "probability": None, "reason_features": ["a", "b"]})
    assert [line.split(maxsplit=1)[1] for line in shown.splitlines()] == ["12 bars (PT12H)", "–", "a, b"]
    assert telling.predicted({"reason_features": []}).endswith("–")
