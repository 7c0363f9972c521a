from typing import Any

import pytest

from trady2.registry.origin import OriginDifference, likely_cause, origin_differences

MANIFEST = {
    "environment": {
        "python": "3.11.7",
        "machine": "x86_64",
        "platform": "Linux-6.1",
        "processor": {"model": "EPYC", "cores": 2},
        "libraries": {"lightgbm": "4.7.0", "numpy": "2.4.6"},
    },
    "provenance": {"config_sha256": "c" * 64, "code_sha256": "d" * 64, "lock_sha256": "e" * 64},
}
NOW = {"environment": MANIFEST["environment"], "provenance": MANIFEST["provenance"]}
TREES = ["trees of model.txt", "scorecard"]


def differing(**changed: Any) -> list[OriginDifference]:
    """Return what differs when some recorded facts are others now: of the provenance, the libraries, or beside them."""
    there: dict[str, Any] = NOW["environment"]
    origin = {**NOW["provenance"], **{key: value for key, value in changed.items() if key.endswith("_sha256")}}
    known = {key: value for key, value in changed.items() if key in there}
    libraries = {key: value for key, value in changed.items() if key in there["libraries"]}
    environment = {**there, **known, "libraries": {**there["libraries"], **libraries}}
    return origin_differences(MANIFEST, environment=environment, provenance=origin)


def cause(*origin: OriginDifference, moved: list[str] | None = None, **other: Any) -> str:
    """Return the likely cause."""
    known = {"by_threads": {1: False, 2: False}, **other}
    return likely_cause(moved or TREES, origin, known.pop("parameters", {}), **known)


def test_nothing_differs_from_itself() -> None:
    """The same place and time has no differences."""
    assert origin_differences(MANIFEST, **NOW) == []


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"lightgbm": "4.6.0"}, "lightgbm"),
        ({"code_sha256": "0" * 64}, "code"),
        ({"config_sha256": "0" * 64}, "configuration"),
        ({"lock_sha256": None}, "lock file"),
        ({"python": "3.13.1"}, "python"),
        ({"processor": {"model": "Xeon", "cores": 2}}, "processor model"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_recorded_fact_is_compared(changed: dict[str, Any], what: str) -> None:
    """A fact that is another one now is named, with both values."""
    (found,) = differing(**changed)
    assert found.what == what
    assert found.published != found.now


def test_what_was_not_recorded_is_no_difference() -> None:
    """A manifest from before processors were recorded says nothing of them."""
    old = {"environment": {"python": "3.11.7"}, "provenance": {}}
    assert origin_differences(old, **NOW) == []
    assert origin_differences({}, **NOW) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"lightgbm": "4.6.0"}, "lightgbm 4.7.0 → 4.6.0: trees are the same only within one version"),
        ({"code_sha256": "0" * 64}, "the code of trady2 is another one (digest code dddddddddddd → 000000000000)"),
        ({"numpy": "2.1.0"}, "other libraries (numpy 2.4.6 → 2.1.0); install those of the manifest"),
        ({"processor": {"model": "Xeon", "cores": 2}}, "another machine (processor model EPYC → Xeon)"),
        ({"config_sha256": "0" * 64}, "the configuration in the manifest is not the one that the version was trained"),
        ({"lock_sha256": "0" * 64}, "nothing that was recorded differs"),
        ({"lightgbm": "4.6.0", "code_sha256": "0" * 64}, "lightgbm 4.7.0 → 4.6.0"),
        ({"numpy": "2.1.0", "code_sha256": "0" * 64}, "the code of trady2 is another one"),
    ],
    ids=["lightgbm", "code", "library", "machine", "configuration", "nothing", "lightgbm first", "code first"],
)
def test_the_likely_cause_is_named(changed: dict[str, Any], told: str) -> None:
    """What most probably moved the trees is named with both values and the way out."""
    assert told in cause(*differing(**changed))


def test_the_commit_is_the_way_out() -> None:
    """Where the commit is known it is named."""
    assert "check out commit abc123" in cause(*differing(code_sha256="0" * 64), commit="abc123")


def test_parameters_of_the_trees_come_first() -> None:
    """What the trees were grown with is the surest sign, whatever else differs."""
    told = cause(*differing(config_sha256="0" * 64, lightgbm="4.6.0"), parameters={"seed": ("0", "1")})
    assert told.startswith(
        "the trees of the version were grown with other parameters than its manifest gives now (seed 0 → 1)"
    )


def test_a_number_of_threads_that_matters_is_named() -> None:
    """Where one number of threads repeats and another does not, that is it."""
    told = cause(by_threads={1: True, 2: False})
    assert told.startswith("the number of threads: with 1 all is equal")


def test_an_unknown_ledger_explains_a_verdict_alone() -> None:
    """A verdict that alone moved, where nobody knows what was judged before, is explained by that."""
    told = cause(moved=["verdict"], judged_known=False)
    assert told.startswith("the ledger here does not know the version's own judgement")
    assert cause(moved=["verdict"]).startswith("nothing that was recorded differs")
