from typing import Any

from flows.explanation_telling import explained_answer, explained_version, importance_rows

PART: dict[str, Any] = {
    "raw_score": 0.25,
    "base": -0.5,
    "contributions": [
        {"feature": "rsi_14", "value": 55.123456789, "contribution": 0.8},
        {"feature": "beta", "value": None, "contribution": -0.15},
    ],
    "others": {"features": 3, "contribution": 0.1},
}


def feature(name: str, low: float | None, *, down: float | None = None, used: bool = True) -> dict[str, Any]:
    """Return the importance of one feature."""
    span = {"value": 0.0005, "low": low, "high": None if low is None else 0.001}
    return {
        "feature": name,
        "gain": {"up": 0.5 if used else 0.0, "down": down},
        "mean_abs_shap": {"up": 0.01, "down": down},
        "permutation": {"log_loss": span, "direction_auc": span},
    }


def version(*features: dict[str, Any], promised: bool = True) -> dict[str, Any]:
    """Return the importance of a version."""
    known = {"name": "trady2", "version": "1.0.0+20251101_120000", "run": "runs/1", "n_eff": 80.4, "level": 0.9}
    measured = {"rows": 900, "rows_in_zone": 1_800, "log_loss": 0.65, "direction_auc": None}
    return {**known, **measured, "promised": promised, "features": list(features)}


def test_an_answer_adds_up_line_by_line() -> None:
    """Base, features with their values, the others and the raw score, with two heads one block each."""
    text = explained_answer({"asset": "A", "explanation": {"up": PART, "down": PART}})
    assert text.splitlines()[:7] == [
        "asset  A",
        "",
        "log odds of a rise, before calibration:",
        "  base                -0.5000",
        "  rsi_14     55.1235  +0.8000",
        "  beta       missing  -0.1500",
        "  3 others            +0.1000",
    ]
    assert text.splitlines()[7] == "  raw score           +0.2500"
    assert "log odds of a fall, before calibration:" in text


def test_without_others_there_is_no_line_for_them() -> None:
    """Where every feature is named, none is left; a head that is not there has no block."""
    part = {**PART, "others": {"features": 0, "contribution": 0.0}}
    text = explained_answer({"asset": "A", "explanation": {"up": part, "down": None}})
    assert "others" not in text
    assert "fall" not in text


def test_an_answer_without_probability_is_said() -> None:
    """Null is told in words."""
    assert explained_answer({"asset": "A", "explanation": None}).endswith(
        "no probability, so there is nothing to explain"
    )


def test_a_version_is_told_in_a_table() -> None:
    """Features in trees have a line each; how many are beyond chance is counted."""
    text = explained_version(version(feature("rsi", 0.0002), feature("atr", -0.0002), feature("x", 0.0, used=False)))
    lines = text.splitlines()
    assert lines[:2] == [
        "trady2 1.0.0+20251101_120000: test zone, 900 of 1,800 rows",
        "log loss 0.6500, direction AUC –",
    ]
    assert lines[5].split() == ["rsi", "50.0%", "0.0100", "+5.00", "[+2.00,", "+10.00]", "+0.05", "[+0.02,", "+0.10]"]
    assert "In no tree: 1 of 3 features." in lines
    assert "Log loss above 0 in the whole 90% interval: 1; of useless ones about 0." in lines
    assert "few" not in text


def test_few_labels_and_missing_intervals_are_said() -> None:
    """A zone of few independent labels, and an interval that cannot be told."""
    text = explained_version(version(feature("rsi", None), promised=False))
    assert "80 independent labels are few: the intervals may be too narrow." in text
    assert "[–, –]" in text


def test_long_tables_are_cut_and_two_heads_have_columns() -> None:
    """Twenty lines are shown, and how many are not; both heads have their columns."""
    text = explained_version(version(*(feature(f"f{number}", 0.1, down=0.2) for number in range(25))))
    assert "… and 5 more; --json has all of them" in text
    assert "gain up  gain down  |SHAP| up  |SHAP| down" in text


def test_rows_of_the_table_are_flat() -> None:
    """Prefect's table has plain columns."""
    assert importance_rows(version(feature("rsi", 0.1), feature("x", 0.0, used=False))) == [
        {
            "feature": "rsi",
            "gain_up": 0.5,
            "gain_down": None,
            "shap_up": 0.01,
            "shap_down": None,
            **{
                f"{what}_{end}": value
                for what in ("log_loss", "direction_auc")
                for end, value in (("value", 0.0005), ("low", 0.1), ("high", 0.001))
            },
        }
    ]
