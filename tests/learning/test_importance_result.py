import json

from trady2.learning.importance_result import FeatureImportance, Importance
from trady2.stats.bootstrap import Interval

NAN = float("nan")


def test_it_becomes_plain_json() -> None:
    """Heads are named, a head that is not there and NaN become null."""
    one = FeatureImportance("rsi", (0.7,), (0.1,), Interval(0.3, 0.1, 0.5), Interval(NAN, NAN, NAN))
    two = FeatureImportance("atr", (0.3, 1.0), (0.2, 0.4), Interval(0.0, 0.0, 0.0), Interval(0.0, 0.0, 0.0))
    known = Importance((one, two), 0.6, NAN, 10, 20, 5.0, False, 2, 8, 5, 0.9)
    plain = json.loads(json.dumps(known.as_json(), allow_nan=False))
    assert (plain["direction_auc"], plain["rows"], plain["rows_in_zone"]) == (None, 10, 20)
    assert plain["features"] == [
        {
            "feature": "rsi",
            "gain": {"up": 0.7, "down": None},
            "mean_abs_shap": {"up": 0.1, "down": None},
            "permutation": {
                "log_loss": {"value": 0.3, "low": 0.1, "high": 0.5},
                "direction_auc": {"value": None, "low": None, "high": None},
            },
        },
        {
            "feature": "atr",
            "gain": {"up": 0.3, "down": 1.0},
            "mean_abs_shap": {"up": 0.2, "down": 0.4},
            "permutation": {name: {"value": 0.0, "low": 0.0, "high": 0.0} for name in ("log_loss", "direction_auc")},
        },
    ]
