from __future__ import annotations

import json

from trady2.guards.tune_tried import Tried


def test_a_try_outlives_its_way_through_json() -> None:
    """What is kept of it gives an equal one, and keys of a later release are passed over."""
    one = Tried(3, {"num_leaves": 5}, False, "pruned", 2, 0.51, trees=(4, 9), seconds=0.5)
    kept = json.loads(json.dumps({**one.found(), "later": 1}))
    assert Tried.of(3, {"num_leaves": 5}, kept, is_present=False) == one


def test_what_the_study_itself_holds_is_not_kept_twice() -> None:
    """Number and parameters are those of the study."""
    assert not {"number", "parameters", "is_present"} & set(Tried(0, {}, True, "complete").found())
