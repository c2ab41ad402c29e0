"""Guessing passwords, finding out names, keeping somebody else's session: none of it works, however many try at once."""

import runpy
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import func, select

from dashboard.app import create_app
from dashboard.context import Site
from dashboard.tries import MOST, Tries, place_of
from monitor.database.engine import Database
from monitor.database.tables import AuditEvent, LoginSession
from monitor.domain.access import SYSTEM, Role
from monitor.errors import ConfigurationError
from monitor.services import accounts, passwords, tokens
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, csrf_of, sign_in

NOW = datetime(2026, 9, 16, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROOT = Path(__file__).resolve().parents[2]


def attempt(app: Dash, login: str, password: str, *, address: str = "198.51.100.7") -> Any:
    """Try to sign in from an address."""
    client = app.server.test_client()
    token = csrf_of(client.get("/login", environ_base={"REMOTE_ADDR": address}).text)
    body = {"csrf": token, "login": login, "password": password}
    return client.post("/login", data=body, environ_base={"REMOTE_ADDR": address})


# ---------------------------------------------------------------- guessing


def test_tries_at_the_same_time_are_counted_one_by_one(database: Database, cheap_passwords: None) -> None:
    with database.session(write=True) as session:
        accounts.create_user(session, SYSTEM, "li", "Li", small.PASSWORD)
    together, results = threading.Barrier(8), []

    def guess(number: int) -> None:
        together.wait()
        password = small.PASSWORD if number == 7 else f"guess {number}"
        for _ in range(3):
            with database.session() as session:
                tried = accounts.try_password(session, "li", password)
            with database.session(write=True) as session:
                results.append(accounts.authenticate(session, "li", f"guess {number}", NOW, tried=tried))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(7)]
    threads.append(threading.Thread(target=together.wait))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.session(write=True) as session:
        assert accounts.authenticate(session, "li", small.PASSWORD, NOW) is None  # the account rests
        refused = select(func.count()).where(AuditEvent.action == "sign_in.refused")
        assert session.scalar(refused) == 22
    assert results == [None] * 21


def test_a_right_password_does_not_slip_through_while_the_account_rests(web: Web) -> None:
    with web.database.session() as session:
        tried = accounts.try_password(session, "own", small.PASSWORD)
    with web.database.session(write=True) as session:
        for _ in range(accounts.TRIES):
            accounts.authenticate(session, "own", "wrong", NOW)

        assert tried.fits
        assert accounts.authenticate(session, "own", small.PASSWORD, NOW, tried=tried) is None


def test_what_was_tried_on_another_hash_does_not_count(web: Web) -> None:
    with web.database.session() as session:
        tried = accounts.try_password(session, "admin", small.PASSWORD)
    with web.database.session(write=True) as session:
        assert accounts.authenticate(session, "own", "wrong", NOW, tried=tried) is None


def test_an_address_tries_a_hundred_times_an_hour_and_waits(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [NOW]
    site = Site(web.database, small.settings(web.folder), clock=lambda: now[0])
    monkeypatch.setattr("dashboard.app.Site", lambda *_: site)
    app = create_app(small.settings(web.folder), web.database)
    statuses = [attempt(app, f"nobody-{number}", "x").status_code for number in range(MOST + 3)]
    waiting = attempt(app, "admin", small.PASSWORD)

    assert statuses == [401] * MOST + [429] * 3
    assert (waiting.status_code, int(waiting.headers["Retry-After"]) <= 3600) == (429, True)
    assert attempt(app, "admin", small.PASSWORD, address="198.51.100.8").status_code == 303
    now[0] += HOUR + timedelta(seconds=1)
    assert attempt(app, "admin", small.PASSWORD).status_code == 303


def test_a_network_of_addresses_is_one_place() -> None:
    assert place_of("2001:db8:1:2::1") == place_of("2001:db8:1:2:ffff::9") != place_of("2001:db8:1:3::1")
    assert place_of("::ffff:198.51.100.7") == "198.51.100.7"
    assert [place_of(one) for one in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "", None, "unix:", "x")] == [None] * 7


def test_the_memory_of_addresses_has_an_end() -> None:
    tries = Tries()
    for number in range(12_000):
        tries.refused(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", NOW)
        tries.wait(f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}", NOW)

    assert len(tries._refused) == 10_000


# ---------------------------------------------------------------- finding out names


def test_every_refusal_does_the_same_work_and_says_the_same(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the clock but the work: one hash of the same cost each, whether the name is known, shut out, resting or nobody's."""
    with web.database.session(write=True) as session:
        for login in ("shut", "resting"):
            user_id, _ = accounts.create_user(session, SYSTEM, login, login, small.PASSWORD)
            accounts.grant(session, SYSTEM, user_id, web.ids.units["hq"], Role.VIEWER)
        accounts.set_disabled(session, SYSTEM, accounts.find_user(session, SYSTEM, "shut"), disabled=True)
        for _ in range(accounts.TRIES):
            accounts.authenticate(session, "resting", "wrong", datetime.now(UTC))
    done: list[str] = []
    verify = accounts._verify
    monkeypatch.setattr(accounts, "_verify", lambda hashed, password: done.append(hashed) or verify(hashed, password))
    told = {}
    for login in ("admin", "shut", "resting", "nobody", "x" * 200, "a\0b", "admin' OR 1=1--"):
        done.clear()
        answer = attempt(web.app, login, small.PASSWORD if login in {"shut", "resting"} else "wrong")
        shown = answer.text.replace(csrf_of(answer.text), "").replace(login, "")
        told[login] = (answer.status_code, shown, [hashed.rpartition("$")[0].rpartition("$")[0] for hashed in done])

    assert len({repr(one) for one in told.values()}) == 1, told
    assert next(iter(told.values()))[0] == 401
    assert len(next(iter(told.values()))[2]) == 1


def test_the_hash_of_nobody_costs_what_a_persons_costs() -> None:
    persons, nobodys = PasswordHasher().hash("x"), accounts._HASHER.hash("y")

    assert accounts._HASHER.type == PasswordHasher().type
    assert nobodys.split("$")[1:3] == persons.split("$")[1:3]


# ---------------------------------------------------------------- sessions

CHANGES: dict[str, Callable[[Any, int, int], object]] = {
    "role given": lambda s, user, unit: accounts.grant(s, SYSTEM, user, unit, Role.EDITOR),
    "role taken": lambda s, user, unit: accounts.revoke(s, SYSTEM, user, unit),
    "shut out": lambda s, user, _: accounts.set_disabled(s, SYSTEM, user, disabled=True),
    "new password": lambda s, user, _: accounts.set_password(s, SYSTEM, user),
    "sessions ended": lambda s, user, _: accounts.end_sessions(s, SYSTEM, user),
}
KEEP_TOKENS = {"role given", "role taken", "sessions ended"}


def answers(client: FlaskClient, token: str) -> tuple[int, int]:
    """Tell how a page and the interface answer."""
    page = client.get("/_dash-layout").status_code
    return page, client.get("/api/v1/units", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_rights_ends_what_was_open(web: Web, change: str) -> None:
    client, unit = web.client("own"), web.ids.units["finance"]
    with web.database.session(write=True) as session:
        user = accounts.find_user(session, SYSTEM, "own")
        until = datetime.now(UTC) + timedelta(days=9)
        token = tokens.create(session, SYSTEM, "t", tokens.SCOPES, expires_at=until, user_id=user)[1]
    assert answers(client, token) == (200, 200)
    with web.database.session(write=True) as session:
        CHANGES[change](session, user, unit)

    assert answers(client, token) == (401, 200 if change in KEEP_TOKENS else 401)
    with web.database.session(write=True) as session:
        accounts.set_disabled(session, SYSTEM, user, disabled=False)
    assert answers(client, token)[1] == (200 if change in KEEP_TOKENS else 401)


@pytest.mark.parametrize("keep", [False, True])
def test_who_changes_the_own_password_decides_about_the_tokens(web: Web, keep: bool) -> None:
    client, thief = web.client("own"), web.client("own")
    with web.database.session(write=True) as session:
        user = accounts.find_user(session, SYSTEM, "own")
        until = datetime.now(UTC) + timedelta(days=9)
        token = tokens.create(session, SYSTEM, "t", tokens.SCOPES, expires_at=until, user_id=user)[1]
    new = "another long password"
    body = {"csrf": csrf(client), "old": small.PASSWORD, "new": new, "again": new, **({"keep": "1"} if keep else {})}

    assert client.post("/admin/account/password", data=body).json["go"] == "/login"
    assert answers(client, token) == answers(thief, token) == (401, 200 if keep else 401)
    assert sign_in(web.app, "own", new).get("/_dash-layout").status_code == 200


def test_a_session_brought_along_is_never_taken_over(web: Web) -> None:
    client = web.app.server.test_client()
    client.set_cookie("jieyue_session", "fixed-by-somebody-else")
    token = csrf_of(client.get("/login").text)
    client.post("/login", data={"csrf": token, "login": "own", "password": small.PASSWORD})
    given = client.get_cookie("jieyue_session")

    assert given is not None
    assert given.value != "fixed-by-somebody-else"
    assert len(given.value) >= 43  # 256 bits


def test_a_session_ends_idle_and_at_its_absolute_end(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    client = web.client("own")
    cookie = client.get_cookie("jieyue_session")
    assert cookie is not None
    for column, value in ((LoginSession.seen_at, timedelta(minutes=31)), (LoginSession.expires_at, timedelta())):
        other = web.client("own")
        with web.database.session(write=True) as session:
            for row in session.scalars(select(LoginSession)):
                setattr(row, column.key, datetime.now(UTC) - value)

        assert other.get("/_dash-layout").status_code == 401
        assert other.get("/export/days.csv").status_code == 401
        assert other.post("/prefer", data={"theme": "dark"}).status_code == 401


def test_a_browser_that_signed_out_forgets(web: Web) -> None:
    client = web.client("own")
    answer = client.post("/logout", data={"csrf": csrf(client)})

    assert client.get_cookie("jieyue_session") is None
    assert answer.headers["Clear-Site-Data"] == '"storage"'


@pytest.mark.parametrize(
    "password",
    [
        "password2026",
        "P@ssw0rd-2026",
        "1234567890",
        "qwertyuiop",
        "1qaz2wsx3edc",
        "aaaaaaaaaaaa",
        "ababababab",
        "zhang.wei-2026",
    ],
)
def test_what_is_guessed_first_is_no_password(web: Web, password: str) -> None:
    with web.database.session(write=True) as session, pytest.raises(ConfigurationError) as refused:
        accounts.create_user(session, SYSTEM, "zhang.wei", "Zhang", password)

    assert refused.value.code == "PASSWORD_GUESSED"


@pytest.mark.parametrize("password", ["christopher", "Manchester", "CALIFORNIA", "qwertyqwerty", "4815162342"])
def test_what_was_stolen_elsewhere_is_no_password_here_and_the_remedy_is_said(web: Web, password: str) -> None:
    with web.database.session(write=True) as session, pytest.raises(ConfigurationError) as refused:
        accounts.create_user(session, SYSTEM, "zhang.wei", "Zhang", password)

    assert refused.value.code == "PASSWORD_LEAKED"
    assert "four words" in str(refused.value)


def test_the_list_of_stolen_passwords_is_long_and_takes_hardly_any_other_for_one() -> None:
    prints = passwords.LEAKED.read_bytes()
    mistaken = [number for number in range(20_000) if passwords.leaked(f"four words and {number}")]

    assert len(prints) // 4 > 100_000
    assert [prints[n : n + 4] for n in range(0, 4000, 4)] == sorted(prints[n : n + 4] for n in range(0, 4000, 4))
    assert len(mistaken) <= 3


def test_a_list_of_ones_own_makes_the_same_file(tmp_path: Path) -> None:
    words = [f"stolen password {number}" for number in range(50)]
    (tmp_path / "one").write_text("\n".join([*words, "short", words[0].upper()]), encoding="utf-8")

    assert runpy.run_path(str(ROOT / "deploy" / "leaked.py"))["fingerprints"](tmp_path / "one") == b"".join(
        number.to_bytes(4, "big") for number in sorted(map(passwords.fingerprint, words))
    )


@pytest.mark.parametrize("password", ["一二三四五六七八九十", "correct horse battery", "x" * 3 + "-ü→ 7K" + "q" * 900])
def test_any_signs_make_a_password(web: Web, password: str) -> None:
    with web.database.session(write=True) as session:
        accounts.create_user(session, SYSTEM, "zhang.wei", "Zhang", password)

        assert accounts.authenticate(session, "zhang.wei", password, NOW) is not None
        assert accounts.authenticate(session, "zhang.wei", password[:-1], NOW) is None
