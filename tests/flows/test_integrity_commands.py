"""Keys, the ledger's chain and refused versions, as a user of the command meets them."""

from __future__ import annotations

import sqlite3

import pytest

from tests.flows.conftest import Desk
from tests.registry.conftest import trained
from tests.serving.test_workers import Follower
from trady2.registry import publish


@pytest.fixture
def stocked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, str]:
    """A desk with one unsigned version, and its spelling."""
    import numpy as np

    for name in ("TRADY2_HOME", "TRADY2_LEDGER_URL", "TRADY2_PUBLIC_KEY", "TRADY2_PRIVATE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BENTOML_HOME", desk.environment["BENTOML_HOME"])
    rows = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)
    return desk, publish("trady2", "1.0.0", trained(1).files(), {}, golden=rows, actor="ann").version


def test_the_life_of_a_signature(stocked: tuple[Desk, str]) -> None:
    """Make keys, meet the refusal of an unsigned version in list and activation, sign it, activate it."""
    desk, version = stocked
    made = desk.json("keys", "create", "safe/signing.pem")
    desk.environment["TRADY2_PUBLIC_KEY"] = made["public_key"]
    row = desk.json("versions")["versions"][0]
    assert (row["version"], row["sha256"], row["active"]) == (version, None, False)
    assert "the version is unsigned" in row["error"]
    refused = desk.run("activate", version, "--reason", "looks fine", "--force")
    assert refused.returncode == 1
    tag = f"trady2:{version.replace('+', '-')}"
    assert refused.stderr.splitlines()[-1].startswith(f"trady2: {tag}: manifest.sig is missing")
    desk.environment["TRADY2_PRIVATE_KEY"] = made["private_key_file"]
    signed = desk.json("keys", "sign", version, "--reason", "made before there were keys")
    assert signed["version"] == version
    assert desk.json("activate", version, "--reason", "signed")["version"] == version
    row = desk.json("versions")["versions"][0]
    assert (row["active"], row["error"]) == (True, None)


def test_keys_are_never_written_over(desk: Desk) -> None:
    """The command says where the pair goes and what to set; a second time it refuses."""
    done = desk.run("keys", "create", "signing.pem")
    assert f"export TRADY2_PRIVATE_KEY={desk.folder}/signing.pem" in done.stdout
    assert "export TRADY2_PUBLIC_KEY=ed25519:" in done.stdout
    assert desk.run("keys", "create", "signing.pem").returncode == 1


def test_the_chain_is_verified_by_a_command(stocked: tuple[Desk, str]) -> None:
    """Its length and head are told; a changed event is named, and a chain that lost a noted head is refused."""
    desk, version = stocked
    desk.json("activate", version, "--reason", "the first")
    told = desk.json("ledger", "verify")
    assert told["events"] == 3
    assert desk.run("ledger", "verify", "--head", told["head"]).stdout.startswith("3 events, each follows")
    assert "none with the hash" in desk.run("ledger", "verify", "--head", "0" * 64).stderr
    with sqlite3.connect(desk.folder / "bentoml" / "trady2" / "ledger.db") as database:
        database.execute("UPDATE trady2_ledger SET reason = 'another' WHERE number = 3")
    done = desk.run("ledger", "verify")
    assert done.returncode == 1
    assert "is broken at event 3: it is not what was written" in done.stderr
    database.close()


def test_an_empty_ledger_is_whole(desk: Desk) -> None:
    """Without a single event there is nothing to be broken."""
    assert desk.json("ledger", "verify") == {"events": 0, "head": None}


def test_versions_are_listed_beside_a_link_that_nobody_wrote(stocked: tuple[Desk, str]) -> None:
    """An alias that leads elsewhere hides no version."""
    desk, version = stocked
    (desk.folder / "bentoml" / "models" / "trady2" / "active").symlink_to("/etc")
    assert [(row["version"], row["active"]) for row in desk.json("versions")["versions"]] == [(version, False)]


def test_an_activation_waits_for_the_workers(stocked: tuple[Desk, str]) -> None:
    """With `--wait` it counts the workers that answer with it; where none is seen it fails, and stands all the same."""
    desk, version = stocked
    alone = desk.run("activate", version, "--reason", "the first", "--wait", "--timeout", "0.1")
    assert alone.returncode == 1
    assert "is active, but after 0.1 s no worker of the service is seen in" in alone.stderr
    assert desk.json("active")["version"] == version
    follower = Follower(desk.folder)
    try:
        assert desk.json("activate", version, "--reason", "again", "--wait")["workers"] == 1
        shown = desk.run("activate", version, "--reason", "again", "--wait")
        assert shown.stdout.splitlines()[-1] == "workers 1, all of which answer with it"
    finally:
        follower.end()


def test_an_approval_needs_pages(stocked: tuple[Desk, str]) -> None:
    """Without Prefect nobody can be asked, so nothing is activated."""
    desk, version = stocked
    done = desk.run("activate", version, "--reason", "the first", "--approval", "5")
    assert done.returncode == 1
    assert "an approval needs a Prefect server" in done.stderr
    assert desk.run("active").returncode == 1
