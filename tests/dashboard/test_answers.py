"""The finished bytes of a page go to those alone who may see the same, and to nobody who may not be here any more."""

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from dashboard import answers, guards, params
from monitor.database.state import bump_data_version, data_version
from monitor.database.tables import LoginSession, OrgUnit, RoleGrant, User
from tests.dashboard import matrix
from tests.dashboard.conftest import Web, csrf, said, visit

PACKED = {"Accept-Encoding": "gzip"}
KEPT = ("/", "/unit", "/compare", "/targets", "/data")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tell which pages were made, by who asked."""
    seen: list[str] = []
    real = answers._make

    def make(server: Any, dash: Any, here: Any, body: Any) -> Any:
        seen.append(here.actor.login)
        return real(server, dash, here, body)

    monkeypatch.setattr(answers, "_make", make)
    return seen


def body(path: str, search: str = "") -> dict[str, Any]:
    return {
        "output": guards.ROUTER,
        "outputs": answers.OUTPUTS,
        "inputs": [
            {"id": "_pages_location", "property": name, "value": value}
            for name, value in (("pathname", path), ("search", search))
        ],
        "changedPropIds": ["_pages_location.pathname"],
        "state": [],
    }


@pytest.mark.parametrize("path", KEPT)
def test_a_kept_page_says_the_same_as_one_made_for_the_reader(web: Web, made: list[str], path: str) -> None:
    client = web.client("admin")
    first, again = visit(client, path), visit(client, path)
    fresh = visit(client, path, "?x=" + "9" * answers.LONGEST)  # too long to be kept
    contents = [re.sub(r"\d\d:\d\d:\d\d", "", json.dumps(answer.json["response"])) for answer in (first, fresh)]

    assert made == ["admin"]
    assert first.data == again.data
    assert contents[0] == contents[1]


@pytest.mark.parametrize("path", KEPT)
def test_packed_or_not_it_is_the_same_page(web: Web, path: str) -> None:
    client = web.client("admin")
    plain = visit(client, path)
    packed = client.post(guards.ENDPOINT, json=body(path), headers=PACKED)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert {answer.headers["Vary"] for answer in (plain, packed)} == {"Accept-Encoding"}
    assert {answer.headers["Cache-Control"] for answer in (plain, packed)} == {"no-store"}


@pytest.mark.parametrize("path", [path for path in matrix.PAGES if path not in {"/receipt", "/preview"}])
def test_no_page_has_a_token_or_a_name_of_its_reader(web: Web, path: str) -> None:
    client = web.client("admin")
    search = matrix.PAGES[path].format(report=1, run=web.ids.run_id, meter=web.ids.meters["E-finance"])
    token = csrf(client)

    assert len(token) > 20
    assert token not in said(visit(client, path, search))


def test_a_page_is_shared_by_those_alone_who_may_see_the_same(web: Web, made: list[str]) -> None:
    logins = ["admin", "own", "parent", "stranger"]
    first, again = ([said(visit(web.client(login), "/")) for login in logins] for _ in range(2))

    assert [page for page in first + again if "INTERNAL" in page] == []
    assert first == again
    assert (
        len(set(first[1:])) == 3
    )  # admin and parent see the same units: their pages differ by no more than the second
    assert made[:3] == ["admin", "own", "parent"]
    assert set(made[3:]) == {"stranger"}  # who sees nothing is told so each time


def test_two_readers_of_the_same_reach_share_one(web: Web, made: list[str]) -> None:
    with web.database.session(write=True) as session:
        user = session.scalars(select(User).where(User.login == "own")).one()
        copy = {c.name: getattr(user, c.name) for c in User.__table__.columns if c.name not in {"id", "login"}}
        session.execute(insert(User).values(login="twin", **copy))
        twin = session.scalars(select(User.id).where(User.login == "twin")).one()
        for unit_id, role in session.execute(
            select(RoleGrant.unit_id, RoleGrant.role).where(RoleGrant.user_id == user.id)
        ).all():
            session.execute(insert(RoleGrant).values(user_id=twin, unit_id=unit_id, role=role, origin=""))

    assert said(visit(web.client("own"), "/")) == said(visit(web.client("twin"), "/"))
    assert made == ["own"]


@pytest.mark.parametrize(("cookie", "value"), [("language", "en"), ("theme", "dark")])
def test_each_language_and_theme_has_its_own(web: Web, made: list[str], cookie: str, value: str) -> None:
    client = web.client("admin")
    before = said(visit(client, "/unit"))
    client.set_cookie(cookie, value)

    assert said(visit(client, "/unit")) != before
    assert len(made) == 2


def test_each_address_has_its_own(web: Web, made: list[str]) -> None:
    client = web.client("admin")
    addresses = [("/unit", ""), ("/unit", "?unit=finance"), ("/unit", "?unit=education"), ("/data", "?unit=finance")]

    assert len({said(visit(client, *address)) for address in addresses * 2}) == len(addresses)
    assert len(made) == len(addresses)


def test_what_was_written_is_on_everybodys_next_page(web: Web, made: list[str]) -> None:
    readers = [web.client(login) for login in ("admin", "admin", "own")]
    before = [said(visit(reader, "/unit", "?unit=finance")) for reader in readers]
    rename(web, "改名处")
    after = [said(visit(reader, "/unit", "?unit=finance")) for reader in readers]

    assert not any("改名处" in page for page in before)
    assert all("改名处" in page for page in after)
    assert made == ["admin", "own"] * 2


def test_a_part_of_an_import_may_come_later_and_the_page_says_of_which_state_it_is(web: Web, made: list[str]) -> None:
    client = web.client("admin")
    visit(client, "/unit")
    with web.database.session(write=True) as session:
        version = data_version(session)
        bump_data_version(session, by_hand=False)
    kept = said(visit(client, "/unit"))

    assert made == ["admin"]
    assert f"数据版本：{version}" in kept
    export = client.get("/export/days.xlsx?unit=finance")
    assert (export.status_code, made) == (200, ["admin"])  # a file is made of the data as they stand, always


LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ENDS: dict[str, Callable[[int], Any]] = {
    "signed out": lambda user: delete(LoginSession).where(LoginSession.user_id == user),
    "past its time": lambda user: update(LoginSession).where(LoginSession.user_id == user).values(expires_at=LONG_AGO),
    "idle": lambda user: update(LoginSession).where(LoginSession.user_id == user).values(seen_at=LONG_AGO),
    "shut out": lambda user: update(User).where(User.id == user).values(disabled=True),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_session_that_ended_gets_nothing_of_what_is_kept(web: Web, end: str) -> None:
    client = web.client("own")
    assert visit(client, "/").status_code == 200
    with web.database.session(write=True) as session:
        session.execute(ENDS[end](_id(session, "own")))
    answer = visit(client, "/")

    assert (answer.status_code, answer.data) == (401, b"sign in first\n")


def test_a_role_taken_away_or_changed_counts_from_the_next_page_on(web: Web, made: list[str]) -> None:
    client = web.client("own")
    before = said(visit(client, "/unit"))
    with web.database.session(write=True) as session:
        mine = RoleGrant.user_id == _id(session, "own")
        session.execute(update(RoleGrant).where(mine).values(unit_id=web.ids.units["education"]))
    other = said(visit(client, "/unit"))
    with web.database.session(write=True) as session:
        session.execute(delete(RoleGrant).where(mine))
    none = said(visit(client, "/unit"))

    assert len({before, other, none}) == 3
    assert "NO_UNITS" in none
    assert made == ["own"] * 3


def test_what_was_put_together_oddly_is_neither_kept_nor_given_from_what_is(web: Web, made: list[str]) -> None:
    client = web.client("admin")
    asked = body("/")
    odd = [
        asked | {"outputs": [{"id": "x", "property": "children"}, answers.OUTPUTS[1]]},
        asked | {"outputs": answers.OUTPUTS[:1]},
        asked | {"inputs": [asked["inputs"][0], asked["inputs"][1] | {"value": "?x=" + "9" * 600}]},
        asked | {"inputs": [asked["inputs"][0] | {"value": ["/"]}, asked["inputs"][1]]},
    ]
    for one in odd:
        client.post(guards.ENDPOINT, json=one)

    assert made == []
    assert "总览" in said(visit(client, "/"))


def test_a_page_that_failed_is_made_again(web: Web, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    client = web.client("admin")
    with monkeypatch.context() as patch:
        patch.setattr(params, "read", lambda *_: 1 / 0)
        failed = said(visit(client, "/unit"))
    missing = [said(visit(client, "/unit", "?unit=none")) for _ in range(2)]

    assert "INTERNAL" in failed
    assert all("NOT_FOUND" in page or "NO_SUCH" in page for page in missing)
    assert "INTERNAL" not in said(visit(client, "/unit"))
    assert len(made) == 4


def test_all_of_a_kept_page_is_of_one_state_of_the_data(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody renames a unit while the page is being made: the page has the old name and names the old state; the next one is new."""
    client, real, states = web.client("admin"), params.read, []

    def read(session: Session, *given: Any) -> Any:
        if not states:
            rename(web, "后来的名字")
        states.append(data_version(session))
        return real(session, *given)

    monkeypatch.setattr(params, "read", read)
    pages = [said(visit(client, "/unit", "?unit=finance")) for _ in range(2)]

    assert ["后来的名字" in page for page in pages] == [False, True]
    assert [f"数据版本：{state}" in page for state, page in zip(states, pages, strict=True)] == [True, True]
    assert states[1] == states[0] + 1


def rename(web: Web, name: str) -> None:
    with web.database.session(write=True) as session:
        session.execute(update(OrgUnit).where(OrgUnit.code == "finance").values(name_zh=name))
        bump_data_version(session)


def _id(session: Session, login: str) -> int:
    return session.scalars(select(User.id).where(User.login == login)).one()
