"""Two spellings of one version, and nothing else."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.errors import ConfigError, DataError, IntegrityError
from trady2.registry import Version, find
from trady2.registry.version import check_name, check_semver, folder_of, whole_second

SECONDS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001 - the zone follows
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
NUMBERS = st.integers(0, 999_999)


@given(NUMBERS, NUMBERS, NUMBERS, SECONDS)
def test_every_spelling_reads_back(major: int, minor: int, patch: int, born: datetime) -> None:
    """Both spellings, with and without the name, give the version that they came from."""
    version = Version("trady2", f"{major}.{minor}.{patch}", born, Path("m"))
    for spelling in (version.version, version.folder, version.tag, f"trady2:{version.version}"):
        again = Version.spelt("trady2", spelling, Path("m"))
        assert again is not None
        assert (again.semver, again.born, again.path) == (version.semver, born, Path("m") / version.folder)


def test_the_spellings_are_those_of_the_design() -> None:
    """People read a plus, BentoML a hyphen."""
    version = Version("trady2", "1.0.0", datetime(2025, 11, 1, 12, tzinfo=UTC), Path("m"))
    assert (version.version, version.tag) == ("1.0.0+20251101_120000", "trady2:1.0.0-20251101_120000")
    assert folder_of(version.version) == version.folder == "1.0.0-20251101_120000"


@pytest.mark.parametrize(
    "spelling",
    [
        "1.0.0",
        "1.0.0+20251101_12000",
        "1.0.0+20251301_120000",
        "1.0.0+20251101_120000\n",
        " 1.0.0+20251101_120000",
        "1.0.0_20251101_120000",
        "other:1.0.0+20251101_120000",
        "../trady2/1.0.0-20251101_120000",
        "1.0+20251101_120000",
        "١.0.0+20251101_120000",
        "active",
        "latest",
        "",
    ],
)
def test_nothing_else_is_a_version(spelling: str) -> None:
    """A beginning, an impossible date, a blank, a line's end, another name or a path is no spelling."""
    assert Version.spelt("trady2", spelling, Path("m")) is None


@pytest.mark.parametrize("name", ["a", "trady2", "a-b.c_d", "0" * 63])
def test_names_that_bentoml_takes(name: str) -> None:
    """Names within BentoML's rule pass."""
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "A", "trady2\n", "-a", "a-", "a/b", "a:b", "..", "0" * 64, "é"])
def test_names_that_bentoml_refuses(name: str) -> None:
    """Upper case, edges that are no letter, separators, a final newline and 64 characters are refused."""
    with pytest.raises(ConfigError, match=r"is no model name.*choose another"):
        check_name(name)


@pytest.mark.parametrize(
    "semver", ["", "1", "1.0", "1.0.0.0", "1.0.0\n", "v1.0.0", "1.0.x", "active", "latest", "1.0.0-"]
)
def test_semver_is_three_numbers(semver: str) -> None:
    """Anything else is refused, BentoML's special words included."""
    with pytest.raises(ConfigError, match="is no version: it has to be three numbers"):
        check_semver(semver)


def test_birth_is_a_second_in_utc() -> None:
    """A time of another zone is converted and cut to its second; a naive one is refused."""
    moment = datetime(2025, 11, 1, 13, 0, 0, 999_999, timezone(timedelta(hours=1)))
    assert whole_second(moment) == datetime(2025, 11, 1, 12, tzinfo=UTC)
    with pytest.raises(DataError, match="born = 2025-11-01T12:00:00 has no time zone"):
        whole_second(datetime(2025, 11, 1, 12))  # noqa: DTZ001 - the fault


def test_the_manifest_is_read_when_it_is_asked_for(three: list[Version]) -> None:
    """A version found by name knows its manifest and digest; a damaged manifest is noticed then, not when listing."""
    version = find("trady2", three[0].version)
    assert version.manifest["scorecard"] == {"roc_auc": 0.5, "brier": None}
    assert version.sha256 == version.manifest["files"]["model.joblib"]["sha256"]
    manifest = three[1].path / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_bytes(manifest.read_bytes().replace(b"0.51", b"0.99"))
    with pytest.raises(IntegrityError, match=r"manifest\.json does not have the SHA-256 that model\.yaml holds"):
        assert find("trady2", three[1].version).sha256
