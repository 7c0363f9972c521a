from __future__ import annotations

import hashlib
import hmac
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from service.api_keys import ApiKeys, new_key, read_keys
from service.faults import HttpError
from service.service import Trady2
from tests.service.bento_process import ROOT
from tests.service.tiny_service import GOOD, PREDICT, refused, running, stock
from trady2.errors import ConfigError
from trady2.learning.model import Model

LOCAL, REMOTE = ("127.0.0.1", 3000), ("10.0.0.7", 3000)


def bearer(key: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request with *key*."""
    return [(b"host", b"x"), (b"authorization", b"Bearer " + key.encode())]


def status_of(
    keys: ApiKeys, headers: list[tuple[bytes, bytes]], needed: str = "predict", server: object = LOCAL
) -> int:
    """Return 200 for a request that passes, else the status that refuses it."""
    try:
        keys.admit(headers, server, needed)  # type: ignore[arg-type]
    except HttpError as error:
        return error.status
    return 200


def test_an_entry_is_the_hash_of_its_key() -> None:
    """A new key has 256 random bits; its entry holds the scope and the SHA-256, not the key."""
    (key, entry), (other, _) = new_key("predict"), new_key("predict")
    assert entry == f"predict:{hashlib.sha256(key.encode()).hexdigest()}"
    assert (len(key), key != other, key in entry) == (43, True, False)


@pytest.mark.parametrize(
    ("scope", "needed", "status"),
    [("predict", "predict", 200), ("predict", "admin", 403), ("admin", "predict", 200), ("admin", "admin", 200)],
)
@pytest.mark.parametrize("server", [LOCAL, REMOTE])
def test_a_scope_lets_in_where_it_should(scope: str, needed: str, status: int, server: object) -> None:
    """Admin may do all, predict may predict, from near and far."""
    key, entry = new_key(scope)  # type: ignore[arg-type]
    assert status_of(ApiKeys(entry), bearer(key), needed, server) == status


def test_two_keys_count_during_a_rotation() -> None:
    """Old and new key both pass; once the old entry is gone, only the new one does."""
    (old, old_entry), (new, new_entry) = new_key("predict"), new_key("predict")
    both, after = ApiKeys(f"{old_entry} # until June\n{new_entry}\n"), ApiKeys(new_entry)
    assert [status_of(both, bearer(key)) for key in (old, new)] == [200, 200]
    assert [status_of(after, bearer(key)) for key in (old, new)] == [401, 200]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        bearer(""),
        bearer("wrong"),
        bearer("é\ud83d".encode("utf-16", "surrogatepass").hex()),
        [(b"authorization", b"Bearer \xff\xfe")],
        [(b"authorization", b"Basic dXNlcjpwYXNz")],
        [(b"x-api-key", b"")],
    ],
)
def test_what_is_no_key_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    """No key, another one, bytes that are no text, and other kinds of authorization all get 401."""
    key, entry = new_key("admin")
    digest = entry.partition(":")[2]
    assert [status_of(ApiKeys(entry), given) for given in (headers, bearer(digest), bearer(entry))] == [401] * 3
    assert status_of(ApiKeys(entry), [(b"x-api-key", key.encode())]) == 200


def test_every_entry_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever key fits, and when none does, the same comparisons are made, each in constant time."""
    made = [new_key("predict") for _ in range(3)]
    keys, counted = ApiKeys(" ".join(entry for _, entry in made)), []
    compare = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        counted.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr("service.api_keys.hmac.compare_digest", counting)
    for key in [key for key, _ in made] + ["none of them"]:
        counted.clear()
        status_of(keys, bearer(key))
        assert counted == [(32, 32)] * 3


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (("127.0.0.1", 80), 200),
        (("127.8.9.1", 80), 200),
        (("::1", 80), 200),
        (("::ffff:127.0.0.1", 80), 200),
        (("/run/trady2.sock", None), 200),
        (("10.0.0.7", 80), 403),
        (("::ffff:10.0.0.7", 80), 403),
        (("example.org", 80), 403),
        (None, 403),
    ],
)
def test_without_keys_loopback_alone_is_answered(server: object, status: int) -> None:
    """Whoever binds to the network without configuring a key gives nothing away."""
    assert status_of(ApiKeys(), [], server=server) == status


@pytest.mark.parametrize("text", ["predict", "predict:abc", "root:" + "0" * 64, "predict:" + "G" * 64, "secret-key"])
def test_what_is_no_entry_is_refused_without_showing_it(text: str) -> None:
    """It may be a key that somebody forgot to hash, so the message gives its place alone."""
    good = new_key("predict")[1]
    with pytest.raises(ConfigError, match=r"^entry 2 of the API keys is not") as caught:
        read_keys(f"{good}\n{text}")
    assert text not in str(caught.value).replace("python -m service.api_keys predict", "").replace("'predict:'", "")


def test_many_keys_are_refused() -> None:
    """Each key costs every request a comparison."""
    with pytest.raises(ConfigError, match="17 API keys are more than 16; remove"):
        read_keys(" ".join(new_key("predict")[1] for _ in range(17)))


def test_a_changed_file_counts_within_a_second(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A key is added and the old one removed without a restart; a file that turns bad changes nothing and is told."""
    (old, old_entry), (new, new_entry) = new_key("predict"), new_key("predict")
    file = tmp_path / "keys"
    file.write_text(old_entry)
    keys = ApiKeys(file=file)

    def seen() -> list[int]:
        keys._look_at = 0.0
        return [status_of(keys, bearer(key)) for key in (old, new)]

    assert seen() == [200, 401]
    for content, expected in ((f"{old_entry}\n{new_entry}", [200, 200]), (new_entry + "\n\n", [401, 200])):
        file.write_text(content)
        assert seen() == expected
    with caplog.at_level(logging.ERROR):
        for content in ("nonsense", "# nothing but a comment"):
            file.write_text(content)
            assert seen() == [401, 200]
        file.unlink()
        assert seen() == [401, 200]
    assert len(caplog.records) == 3


def test_nobody_is_let_in_before_the_file_can_be_read(tmp_path: Path) -> None:
    """A file that is missing from the start means 503, not an open door; once it is there, its keys count."""
    key, entry = new_key("predict")
    keys = ApiKeys(file=tmp_path / "keys")
    assert keys.problem is not None
    assert status_of(keys, bearer(key)) == 503
    (tmp_path / "keys").write_text(entry)
    keys._look_at = 0.0
    assert [status_of(keys, bearer(key)), keys.problem] == [200, None]


def test_the_service_does_not_start_with_a_bad_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found before any worker starts."""
    monkeypatch.setenv("TRADY2_VECTORS", str(tmp_path))
    monkeypatch.setenv("TRADY2_API_KEYS_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match=r"file of API keys: .*none"):
        Trady2.inner.anchor()


def test_http_asks_for_keys_where_they_are_configured(
    home: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Predictions, list, metrics and documents need one; health and the page do not. The refusal has the one shape."""
    stock(home, model)
    key, entry = new_key("predict")
    monkeypatch.setenv("TRADY2_API_KEYS", entry)
    with running() as client:
        response = client.post(PREDICT, json={"features": GOOD})
        assert "Authorization: Bearer KEY" in refused(response, 401, "unauthorized")
        assert response.headers["www-authenticate"] == "Bearer"
        for path in ("/api/v1/models/", "/metrics", "/docs.json", "/schema.json"):
            refused(client.get(path), 401, "unauthorized")
            assert client.get(path, headers={"x-api-key": key}).status_code == 200
        assert [client.get(path).status_code for path in ("/", "/livez", "/readyz", "/healthz")] == [200] * 4
        answer = client.post(PREDICT, json={"features": GOOD}, headers={"authorization": f"bearer {key}"})
        assert answer.status_code == 200
        assert (
            'trady2_http_requests_total{route="predict",status="401"}'
            in client.get("/metrics", headers={"x-api-key": key}).text
        )


def test_a_key_is_made_on_the_command_line() -> None:
    """The printed entry lets the printed key in; without a scope it says what to name."""
    command = [sys.executable, "-m", "service.api_keys"]
    told = subprocess.run([*command, "admin"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert status_of(ApiKeys(told[3]), bearer(told[1]), "admin") == 200
    assert "predict|admin" in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stderr
