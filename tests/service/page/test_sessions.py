from __future__ import annotations

import os

import pytest

from service.page.sessions import COOKIE, LIFETIME_SECONDS, Session, Sessions, share_secret
from trady2.errors import ConfigError

SECRET = "0123456789abcdef" * 4
MARK = "a1b2c3d4e5f6"


def sent(cookie: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of a browser that was given *cookie* beside one of somebody else."""
    return [(b"host", b"x"), (b"cookie", b"theme=dark; " + cookie.partition(b";")[0])]


def test_a_cookie_reads_back_as_its_session() -> None:
    """Any worker with the same secret reads it; one with another secret does not."""
    ours, other = Sessions(SECRET), Sessions(SECRET[::-1])
    session = ours.begin(MARK)
    headers = sent(ours.cookie(session, secure=False))
    assert Sessions(SECRET).read(headers) == session
    assert other.read(headers) is None
    assert (ours.begin().holder, ours.begin() != ours.begin()) == ("", True)


def test_a_session_ends() -> None:
    """After twelve hours the cookie counts no more."""
    clock = [1_000_000.0]
    sessions = Sessions(SECRET, now=lambda: clock[0])
    headers = sent(sessions.cookie(sessions.begin(MARK), secure=False))
    clock[0] += LIFETIME_SECONDS - 1
    assert sessions.read(headers) is not None
    clock[0] += 1
    assert sessions.read(headers) is None


@pytest.mark.parametrize("place", range(0, 110, 7))
def test_a_changed_cookie_is_nobodys(place: int) -> None:
    """Whichever character is changed, expiry and fingerprint included."""
    sessions = Sessions(SECRET)
    text = sessions.cookie(sessions.begin(MARK), secure=False).partition(b";")[0].decode()
    start = len(COOKIE) + 1 + place
    forged = text[:start] + ("1" if text[start] != "1" else "2") + text[start + 1 :]
    assert sessions.read([(b"cookie", text.encode())]) is not None
    assert sessions.read([(b"cookie", forged.encode())]) is None


@pytest.mark.parametrize("text", [b"", b"trady2_session", b"trady2_session=", b"=;=;;", b"\xff" * 50, b"x" * 10_000])
def test_what_is_no_cookie_of_ours_is_passed_over(text: bytes) -> None:
    """Nothing that a browser sends makes it fail."""
    assert Sessions(SECRET).read([(b"cookie", text)]) is None


def test_a_form_belongs_to_one_session() -> None:
    """The token of another session, a made-up one and none are refused; the cookie's own signature is no token."""
    sessions = Sessions(SECRET)
    mine, theirs = sessions.begin(MARK), sessions.begin(MARK)
    assert sessions.is_token(mine, sessions.token(mine))
    signature = sessions.cookie(mine, secure=False).partition(b";")[0].rpartition(b".")[2].decode()
    for token in (sessions.token(theirs), "", "é", signature):
        assert not sessions.is_token(mine, token)


@pytest.mark.parametrize("secure", [False, True])
def test_scripts_and_other_sites_never_see_the_cookie(secure: bool) -> None:
    """HttpOnly and SameSite=Strict always, Secure over HTTPS; the farewell removes it."""
    sessions = Sessions(SECRET)
    parts = sessions.cookie(Session("", 1, "0" * 32), secure=secure).split(b"; ")[1:]
    flags = [b"Max-Age=43200", b"Path=/", b"HttpOnly", b"SameSite=Strict", *([b"Secure"] if secure else [])]
    assert parts == flags
    assert sessions.farewell(secure=secure).startswith(b"trady2_session=; Max-Age=0; ")


def test_the_secret_is_made_anew_or_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every start makes one; one that is given is kept, unless it is too short."""
    made = []
    for given in ("", "", SECRET):
        monkeypatch.setenv("TRADY2_SESSION_SECRET", given)
        share_secret()
        made.append(os.environ["TRADY2_SESSION_SECRET"])
    assert (len(made[0]), made[0] != made[1], made[2]) == (64, True, SECRET)
    monkeypatch.setenv("TRADY2_SESSION_SECRET", "hunter2")
    with pytest.raises(ConfigError, match="has 7 characters, at least 32 are needed") as caught:
        share_secret()
    assert "hunter2" not in str(caught.value)
