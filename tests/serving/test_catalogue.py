import pytest

from tests.serving.tiny_version import publish_tiny
from trady2.errors import NotFoundError
from trady2.learning.model import Model
from trady2.registry import alias
from trady2.registry.activation import activate
from trady2.registry.version import Version
from trady2.serving.catalogue import catalogue, readiness
from trady2.serving.predictor import Predictor
from trady2.serving.routing import Routing


def test_versions_are_listed_newest_first(predictor: Predictor, version: Version, model: Model) -> None:
    """With verdict and headline figures of the test zone; what is unknown is None."""
    other = publish_tiny(model, "1.1.0", verdict=None, scorecard=None)
    listed = catalogue(predictor)
    assert (listed["model"], listed["answering"], listed["refused"]) == ("trady2", version.version, None)
    assert listed["versions"] == [
        {
            "version": other.version,
            "tag": other.tag,
            "born": other.born.isoformat().replace("+00:00", "Z"),
            "active": False,
            "sha256": other.sha256,
            "verdict": None,
            "metrics": {},
            "error": None,
        },
        {
            "version": version.version,
            "tag": version.tag,
            "born": version.born.isoformat().replace("+00:00", "Z"),
            "active": True,
            "sha256": version.sha256,
            "verdict": "unproven",
            "metrics": {"roc_auc": 0.56, "direction_auc": 0.51, "direction_skill": None},
            "error": None,
        },
    ]


def test_a_version_that_cannot_be_trusted_is_listed_without_figures(predictor: Predictor, version: Version) -> None:
    """Its error says why; the others are listed all the same."""
    manifest = version.path / "manifest.json"
    content = manifest.read_bytes().replace(b"0.56", b"0.96")
    manifest.unlink()
    manifest.write_bytes(content)
    (entry,) = catalogue(predictor)["versions"]
    assert (entry["sha256"], entry["verdict"], entry["metrics"]) == (None, None, {})
    assert "manifest.json does not have the SHA-256" in entry["error"]


def test_an_alias_that_leads_elsewhere_marks_nothing(predictor: Predictor, version: Version) -> None:
    """A link that no activation wrote activates nothing; what is in memory answers on and is told."""
    link = version.path.parent / "active"
    link.unlink()
    link.symlink_to("/etc")
    predictor.refresh()
    listed = catalogue(predictor)
    assert [entry["active"] for entry in listed["versions"]] == [False]
    assert listed["answering"] == version.version
    assert "which no activation wrote" in listed["refused"]["reason"]
    assert alias.models_folder("trady2") == version.path.parent


def test_nothing_is_listed_from_an_empty_store(predictor: Predictor) -> None:
    """Another name has no versions, and nobody answers for it."""
    nobody = Predictor("other", predictor.newest.folder)
    nothing = {"model": "other", "answering": None, "refused": None, "versions": []}
    assert catalogue(nobody) == {**nothing, "models": [{**nothing, "assets": ["*"], "shadows": []}]}


def test_every_name_is_listed_with_its_assets(predictor: Predictor, version: Version, model: Model) -> None:
    """What stands beside the list is said of the first name."""
    other = publish_tiny(model, name="alts")
    both = Predictor(Routing({"trady2": ["BTC-EUR"], "alts": ["ETH-EUR", "*"]}), predictor.newest.folder)
    both.refresh()
    listed = catalogue(both)
    told = [(one["model"], one["assets"], one["answering"], len(one["versions"])) for one in listed["models"]]
    assert told == [("trady2", ["BTC-EUR"], version.version, 1), ("alts", ["ETH-EUR", "*"], None, 1)]
    assert listed["models"][1]["versions"][0]["tag"] == other.tag
    assert all(listed["models"][0][key] == value for key, value in listed.items() if key != "models")


def test_readiness_needs_every_name(predictor: Predictor, version: Version, model: Model) -> None:
    """One name without an active version is told beside those that answer; then each tells its version."""
    other = publish_tiny(model, name="alts")
    both = Predictor(Routing({"trady2": ["BTC-EUR"], "alts": ["*"]}), predictor.newest.folder)
    both.refresh()
    with pytest.raises(NotFoundError, match=r"alts has no active version.*; trady2 answers with 1.0.0\+") as caught:
        readiness(both)
    assert caught.value.code == "no_active_model"
    activate("alts", other.version, reason="a test", actor="tester")
    both.refresh()
    assert readiness(both) == [
        {"model": "trady2", "version": version.version, "refused": None},
        {"model": "alts", "version": other.version, "refused": None},
    ]
