"""What the plain `bentoml` command line does with the store, and that nothing it does loses a version."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.registry.conftest import BORN, BentoML
from trady2.errors import IntegrityError
from trady2.registry import Ledger, Version, activate, active, find, open_active, publish, verify, versions
from trady2.registry.store import models_folder

pytestmark = pytest.mark.slow

SERVICE = """
import bentoml

@bentoml.service
class Predict:
    model = bentoml.models.BentoModel("trady2:active")

    @bentoml.api
    def version(self) -> str:
        return self.model.info.metadata["version"]
"""
BENTOFILE = 'service: "predict:Predict"\nname: predict\ninclude: ["*.py"]\npython:\n  lock_packages: false\n'


def go_live(version: Version) -> None:
    """Activate a version."""
    activate("trady2", version.version, reason="test", actor="ann")


def latest() -> str:
    """Read the file that names the latest version."""
    return (models_folder("trady2") / "latest").read_text()


@pytest.mark.usefixtures("three")
def test_a_model_of_another_maker_stays_and_may_be_latest(bentoml: BentoML, prepared: dict[str, str], golden) -> None:
    """What `bentoml.models.create` put under the same name is listed by BentoML, passed over by us, and kept."""
    bentoml.python(
        "import bentoml\nwith bentoml.models.create('trady2:handmade') as m: open(m.path_of('x'), 'w').write('x')"
    )
    assert latest() == "handmade"
    files = {path.name: path.read_bytes() for path in Path(prepared["files"]).iterdir()}
    publish("trady2", "1.1.0", files, {}, golden=golden, actor="ann", born=BORN)
    assert latest() == "handmade"
    assert len(versions("trady2")) == 4
    assert bentoml("models", "list").stdout.count("trady2:") == 5


@pytest.fixture
def built(three: list[Version], bentoml: BentoML, tmp_path: Path) -> Path:
    """Build a bento whose service uses `trady2:active`, while 1.0.0 is active; returns the bento's folder."""
    go_live(three[0])
    (tmp_path / "predict.py").write_text(SERVICE)
    (tmp_path / "bentofile.yaml").write_text(BENTOFILE)
    ended = bentoml("build", "--version", "1", cwd=tmp_path)
    assert ended.code == 0, ended.stderr
    return Path(os.environ["BENTOML_HOME"]) / "bentos" / "predict" / "1"


def test_the_forked_command_is_the_plain_one(three: list[Version], bentoml: BentoML) -> None:
    """The forked `bentoml` of these tests says what the installed script says in a process of its own."""
    go_live(three[0])
    command = [str(Path(sys.executable).with_name("bentoml")), "models", "list", "-o", "json"]
    alone = subprocess.run(command, capture_output=True, text=True, check=True)
    assert alone.stdout == bentoml("models", "list", "-o", "json").stdout
    assert "trady2:1.0.2-20251101_140000" in alone.stdout


def test_list_shows_versions_and_alias(three: list[Version], bentoml: BentoML) -> None:
    """`models list` has a row per version and one for the alias, dated 1970, and `latest` is the newest version."""
    go_live(three[0])
    ended = bentoml("models", "list")
    rows = {line.split()[0]: line for line in ended.stdout.splitlines()[1:] if line.strip()}
    assert sorted(rows) == [*(version.tag for version in three), "trady2:active"]
    assert "1970-01-01" in rows["trady2:active"]
    assert (ended.code, ended.stderr, latest()) == (0, "", three[2].folder)


def test_get_finds_versions_alias_and_latest(three: list[Version], bentoml: BentoML) -> None:
    """`models get` answers for a version, for the alias (with its target in labels and metadata) and for the newest."""
    go_live(three[0])
    for spelling in (three[1].tag, "trady2:active", "trady2:latest", "trady2"):
        ended = bentoml("models", "get", spelling)
        assert ended.code == 0, ended.stderr
        wanted = {"trady2:active": three[0], three[1].tag: three[1]}.get(spelling, three[2])
        assert wanted.version in ended.stdout
        assert wanted.sha256 in ended.stdout
    told = bentoml.python(
        "import bentoml; m = bentoml.models.get('trady2:active'); "
        "print(m.tag, m.info.labels['target'], m.info.metadata['version'])"
    )
    assert told == f"trady2:active {three[0].tag} {three[0].version}"


def test_bento_model_resolves_the_alias(three: list[Version], bentoml: BentoML) -> None:
    """`BentoModel("trady2:active")` gives a folder with the bytes of the active version."""
    go_live(three[1])
    code = "import bentoml; print(bentoml.models.BentoModel('trady2:active').resolve().path)"
    folder = Path(bentoml.python(code))
    assert hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest() == three[1].sha256


def test_a_cached_bento_model_mixes_old_labels_with_new_files(three: list[Version], bentoml: BentoML) -> None:
    """BentoML's own object keeps the old card while its path leads to the new files: why we resolve the link once."""
    go_live(three[0])
    code = (
        "import bentoml, os, json; m = bentoml.models.get('trady2:active'); link = '{home}/models/trady2/active';"
        "os.unlink(link); os.symlink('../../aliases/trady2/{other}', link);"
        "print(m.info.metadata['sha256'], json.load(open(m.path_of('manifest.json')))['version'])"
    )
    go_live(three[1])
    go_live(three[0])
    told = bentoml.python(code.format(home=os.environ["BENTOML_HOME"], other=three[1].folder))
    assert told == f"{three[0].sha256} {three[1].version}"
    opened = open_active("trady2")
    assert opened is not None
    assert (opened.version.version, opened.sha256) == (three[1].version, three[1].sha256)


@pytest.mark.parametrize("spelling", ["trady2:active", "trady2:act"])
def test_deleting_the_alias_loses_nothing(three: list[Version], bentoml: BentoML, spelling: str) -> None:
    """`models delete trady2:active`, also by a beginning, fails; alias and versions stay."""
    go_live(three[0])
    ended = bentoml("models", "delete", spelling, "-y")
    now = active("trady2")
    assert ended.code == 1
    assert now is not None
    assert now.version == three[0].version
    assert [version.version for version in versions("trady2")] == [version.version for version in three]
    for version in three:
        verify("trady2", version.version)


def test_deleting_the_target_keeps_the_alias_alive(three: list[Version], bentoml: BentoML) -> None:
    """After `models delete` of the active version the alias answers with the same bytes, and rollback still works."""
    go_live(three[0])
    go_live(three[1])
    assert bentoml("models", "delete", three[1].tag, "-y").code == 0
    opened = open_active("trady2")
    assert opened is not None
    assert opened.version.version == three[1].version
    assert [version.version for version in versions("trady2")] == [three[0].version, three[2].version]
    assert bentoml("models", "get", "trady2:active").code == 0


def test_deleting_a_whole_name_keeps_the_alias(three: list[Version], bentoml: BentoML) -> None:
    """`models delete trady2` removes every version, then fails on the alias, which goes on answering."""
    go_live(three[0])
    assert bentoml("models", "delete", "trady2", "-y").code == 1
    opened = open_active("trady2")
    assert (versions("trady2"), latest()) == ([], "active")
    assert opened is not None
    assert opened.sha256 == active("trady2").sha256


def test_publishing_repairs_a_latest_that_names_the_alias(
    three: list[Version], bentoml: BentoML, prepared: dict[str, str], golden
) -> None:
    """When the last version was deleted, BentoML's `latest` is the alias; the next publication names its own again."""
    go_live(three[0])
    for version in three:
        assert bentoml("models", "delete", version.tag, "-y").code == 0
    assert latest() == "active"
    files = {path.name: path.read_bytes() for path in Path(prepared["files"]).iterdir()}
    born = publish("trady2", "2.0.0", files, {}, golden=golden, actor="ann", born=BORN)
    assert latest() == born.folder
    assert born.version in bentoml("models", "get", "trady2").stdout
    kinds = [(event.kind, event.version) for event in Ledger().events(name="trady2", kinds=("deleted",))]
    assert kinds == [("deleted", version.version) for version in three]


def test_an_exported_alias_is_whole_and_comes_back_as_a_folder(
    three: list[Version], bentoml: BentoML, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive of the alias holds real files; imported, it is a folder `active` that activation moves aside."""
    go_live(three[0])
    archive, version_archive = tmp_path / "active.bentomodel", tmp_path / "version.bentomodel"
    assert bentoml("models", "export", "trady2:active", str(archive)).code == 0
    assert bentoml("models", "export", three[1].tag, str(version_archive)).code == 0
    again = bentoml("models", "import", str(archive))
    assert again.code == 1
    assert "already exists" in again.stdout + again.stderr

    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "elsewhere"))
    assert bentoml("models", "import", str(archive)).code == 0
    folder = models_folder("trady2") / "active"
    assert (folder.is_symlink(), latest()) == (False, "active")
    assert all(file.is_file() and not file.is_symlink() for file in folder.iterdir())
    opened = open_active("trady2")
    assert opened is not None
    assert (opened.version.version, opened.sha256) == (three[0].version, three[0].sha256)

    assert bentoml("models", "import", str(version_archive)).code == 0
    now = activate("trady2", three[1].version, reason="from a copy", actor="ann")
    assert (now.version, folder.is_symlink(), latest()) == (three[1].version, True, three[1].folder)
    (moved,) = Ledger().events(name="trady2", kinds=("set_aside",))
    assert (Path(moved.payload["to"]) / "model.joblib").is_file()
    assert bentoml("models", "list").code == 0


def test_an_exported_version_verifies_after_import(
    three: list[Version], bentoml: BentoML, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that went through `models export` and `import` has the same bytes, card included."""
    archive = tmp_path / "version.tar"
    assert bentoml("models", "export", three[2].tag, str(archive)).code == 0
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "elsewhere"))
    assert bentoml("models", "import", str(archive)).code == 0
    verify("trady2", three[2].version)
    text = find("trady2", three[2].version).path / "model.txt"
    text.chmod(0o644)
    text.write_bytes(text.read_bytes().replace(b"version=v4", b"version=v5"))
    with pytest.raises(IntegrityError, match=r"model\.txt does not have the SHA-256"):
        verify("trady2", three[2].version)


def test_build_pins_the_alias_and_guards_it(built: Path, three: list[Version], bentoml: BentoML) -> None:
    """A bento names the alias, not its target; while it exists the alias cannot be deleted, and says so."""
    assert "trady2:active" in (built / "bento.yaml").read_text()
    assert three[0].folder not in (built / "bento.yaml").read_text()
    refused = bentoml("models", "delete", "trady2:active", "-y")
    assert refused.code == 1
    assert "predict:1" in refused.stdout + refused.stderr
    code = (
        "import bentoml; b = bentoml.bentos.get('predict:1');"
        "print(bentoml.models.get(b.info.all_models[0].tag).info.metadata['version'])"
    )
    go_live(three[2])
    assert bentoml.python(code) == three[2].version


def test_export_and_container_context_hold_the_model(built: Path, three: list[Version], bentoml: BentoML) -> None:
    """An exported bento and the container's build context have a frozen, real folder `active` with the files."""
    import tarfile

    archive = built.parent / "predict.tar"
    assert bentoml("export", "predict:1", str(archive)).code == 0
    with tarfile.open(archive) as opened:
        held = {member.name.removeprefix("./"): member for member in opened.getmembers()}
    frozen = {name for name in held if "models/trady2/active/" in f"/{name}"}
    assert {"model.joblib", "manifest.json", "model.yaml", "model.txt"} <= {Path(name).name for name in frozen}
    assert not any(held[name].issym() or held[name].islnk() for name in frozen)
    assert not any(three[0].folder in name for name in held)
    dockerfile = built.parent / "Dockerfile"
    code = (
        f"import bentoml.container; bentoml.container.get_containerfile('predict:1', output_path={str(dockerfile)!r})"
    )
    bentoml.python(code)
    assert "FROM" in dockerfile.read_text()


def test_a_beginning_of_a_version_is_enough_for_bentoml_but_not_for_us(three: list[Version], bentoml: BentoML) -> None:
    """BentoML finds and would delete `1.0.2-2025…` for `1.0.2`; every lookup of ours wants the whole version."""
    from trady2.errors import NotFoundError

    found = bentoml("models", "get", "trady2:1.0.2")
    assert three[2].version in found.stdout
    with pytest.raises(NotFoundError, match=r"no version '1\.0\.2': near are 1\.0\.2\+20251101_140000"):
        find("trady2", "1.0.2")
    assert bentoml("models", "delete", "trady2:1.0.2", "-y").code == 0
    assert [version.semver for version in versions("trady2")] == ["1.0.0", "1.0.1"]


def test_a_dangling_alias_hides_nothing(three: list[Version], bentoml: BentoML) -> None:
    """Where only models/ is mounted the alias leads nowhere: BentoML lists the versions, we say what is missing."""
    from trady2.errors import NotFoundError

    go_live(three[0])
    (models_folder("trady2").parents[1] / "aliases").rename(models_folder("trady2").parents[1] / "unmounted")
    assert bentoml("models", "list").stdout.count("trady2:1.0.") == 3
    assert bentoml("models", "get", "trady2:active").code == 1
    with pytest.raises(NotFoundError, match="does not exist"):
        open_active("trady2")


def test_drafts_and_locks_do_not_disturb_bentoml(three: list[Version], bentoml: BentoML) -> None:
    """Locks, drafts, kept aliases and the ledger are invisible to `models list`."""
    go_live(three[0])
    home = Path(os.environ["BENTOML_HOME"])
    (home / "staging" / "trady2" / ".draft-x" / "1.0.9-20251101_120000").mkdir(parents=True)
    (home / "aliases" / "trady2" / ".draft-y").mkdir()
    (home / "models" / "trady2" / ".latest.0.tmp").write_text("1.0")
    assert {entry.name for entry in (home / "models").iterdir()} == {"trady2", ".trady2.lock"}
    ended = bentoml("models", "list")
    assert (ended.code, ended.stdout.count("trady2:")) == (0, 4)
