import ssl
import subprocess
import sys

import pytest

from trady2.client import AsyncClient, Client
from trady2.client.address import Address
from trady2.errors import ConfigError

LIMITS = {"timeout_seconds": 10.0, "retries": 3, "deadline_seconds": 30.0}


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:3000", "file:///etc/passwd", "http://", "ftp://host", "http://host:99999", "http://host:0", "http://[",
     "http://ho\nst", "http://host/?a=b", ""],
)  # fmt: skip
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_address_has_to_be_one(kind: type, url: str) -> None:
    """Only HTTP addresses with a host are taken; a file certainly is not."""
    with pytest.raises(ConfigError, match=r"is no address of a service; write one such as http://127.0.0.1:3000"):
        kind(url)


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    """It would end up in messages and logs."""
    with pytest.raises(ConfigError, match="holds a name or a password") as caught:
        Client("http://somebody:hunter2@host:3000")
    assert "hunter2" not in f"{caught.value} {caught.value.values}"


@pytest.mark.parametrize("key", ["two words", "predict:abc 1", "käse", "a\r\nX-Other: b"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key: str) -> None:
    """What would break the header, or smuggle in another, does not get there."""
    with pytest.raises(ConfigError, match="the API key has characters that no key has") as caught:
        Client("http://host", key)
    assert key not in f"{caught.value} {caught.value.values}"


@pytest.mark.parametrize("wrong", [{"retries": -1}, {"timeout_seconds": 0}, {"deadline_seconds": -1.0}])
def test_limits_have_to_be_some(wrong: dict[str, float]) -> None:
    """A client without time, or with fewer than no retries, is a mistake."""
    with pytest.raises(ConfigError, match=r"a client needs time above 0 and no fewer than 0 retries"):
        Client("http://host", **wrong)  # type: ignore[arg-type]


def test_tls_is_checked_where_there_is_any() -> None:
    """An https address is verified against the authorities of the machine, for the name of the host."""
    context = Address.checked("https://host/trady2/", None, **LIMITS).options()["verify"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_importing_a_client_brings_no_http_library() -> None:
    """The command line starts fast: httpx is imported when the first client is made."""
    told = "import sys, trady2.client; print([name for name in ('httpx', 'ssl', 'asyncio') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert "httpx" not in done.stdout
