"""Administration, people: added, changed, shut out, with roles; what was typed wrongly is told beside its field."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from monitor.database.tables import RoleGrant
from monitor.domain.access import SYSTEM
from monitor.services import accounts
from tests.dashboard.conftest import Web, csrf, said, sign_in, visit
from tests.dashboard.site import PASSWORD

SCRIPT = "<script>alert(1)</script>"


def post(client: FlaskClient, path: str, **fields: str) -> Any:
    """Post a form of the Admin page as a signed-in browser does."""
    return client.post(f"/admin/{path}", data={"csrf": csrf(client), **fields})


def test_a_person_is_added_with_a_role_and_signs_in_with_the_password_shown_once(web: Web) -> None:
    admin = web.client("admin")
    answer = post(admin, "people/add", login="li.wei", name="李伟", email="li@x.cn", unit="finance", role="editor").json

    listed = said(visit(admin, "/admin", "?section=people"))
    newcomer = sign_in(web.app, "li.wei", answer["secret"]["value"])

    assert answer["tone"] == "good"
    assert "李伟" in listed
    assert answer["secret"]["value"] not in listed
    assert "财政局" in said(visit(newcomer, "/unit"))
    assert "教育局" not in said(visit(newcomer, "/unit"))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"login": "", "name": "x"}, {"login": "NEEDED"}),
        ({"login": "a b", "name": "x"}, {"login": "LOGIN_WRONG"}),
        ({"login": "own", "name": "x"}, {"login": "LOGIN_TAKEN"}),
        ({"login": "new", "name": ""}, {"name": "NEEDED"}),
        ({"login": "new", "name": "x" * 10_000}, {"name": "TOO_LONG"}),
        ({"login": "new", "name": "a\u202eb"}, {"name": "NOT_PRINTABLE"}),
        ({"login": "new", "name": "x", "email": "nobody"}, {"email": "EMAIL_WRONG"}),
        ({"login": "new", "name": "x", "role": "king"}, {"role": "NOT_A_CHOICE"}),
    ],
)
def test_what_is_wrong_stands_beside_its_field_with_a_code(
    web: Web, fields: dict[str, str], wrong: dict[str, str]
) -> None:
    answer = post(web.client("admin"), "people/add", **{"role": "viewer", **fields}).json

    assert {name: sentence.rpartition("[")[2].rstrip("]") for name, sentence in answer["errors"].items()} == wrong
    assert "secret" not in answer


@pytest.mark.parametrize("name", [SCRIPT, "=cmd|' /C calc'!A0", "'; DROP TABLE user_account; --"])
def test_a_hostile_name_is_kept_as_text(web: Web, name: str) -> None:
    admin = web.client("admin")
    post(admin, "people/add", login="odd", name=name, role="viewer")

    page = visit(admin, "/admin", "?section=people&person=odd").json

    assert name in [one.get("value") for one in _fields(page)]


def _fields(tree: Any) -> list[dict[str, Any]]:
    """Find the fields of all forms of a layout."""
    if isinstance(tree, list):
        return [one for part in tree for one in _fields(part)]
    if not isinstance(tree, dict):
        return []
    own = tree.get("fields", []) if isinstance(tree.get("fields"), list) else []
    return own + [one for part in tree.values() for one in _fields(part)]


def test_a_new_password_ends_the_old_one(web: Web) -> None:
    admin, own = web.client("admin"), web.client("own")
    password = post(admin, "people/access", person="own", step="password").json["secret"]["value"]

    assert own.get("/_dash-layout").status_code == 401
    assert "财政局" in said(visit(sign_in(web.app, "own", password), "/unit"))


def test_shutting_out_and_letting_in_again(web: Web) -> None:
    admin, own = web.client("admin"), web.client("own")
    post(admin, "people/access", person="own", step="shut")
    assert own.get("/_dash-layout").status_code == 401
    assert "停用" in said(visit(admin, "/admin", "?section=people&person=own"))
    post(admin, "people/access", person="own", step="open")

    assert "财政局" in said(visit(web.client("own"), "/unit"))


def test_sessions_end_without_anything_else_changing(web: Web) -> None:
    admin, own = web.client("admin"), web.client("own")
    post(admin, "people/access", person="own", step="end")

    assert own.get("/_dash-layout").status_code == 401
    assert "财政局" in said(visit(web.client("own"), "/unit"))


def test_roles_are_given_and_taken_and_their_history_shows(web: Web) -> None:
    admin = web.client("admin")
    given = post(admin, "people/grant", person="stranger", unit="education", role="viewer").json
    assert given["go"] == "/admin?section=people&person=stranger&message=saved"
    assert "教育局" in said(visit(web.client("stranger"), "/unit"))
    post(admin, "people/revoke", person="stranger", unit="education")

    assert "教育局" not in said(visit(web.client("stranger"), "/unit"))
    page = said(visit(admin, "/admin", "?section=people&person=stranger"))
    assert all(word in page for word in ("授予角色", "收回角色", "viewer"))


def test_the_last_administrator_stays(web: Web) -> None:
    admin = web.client("admin")
    answers = [
        post(admin, "people/access", person="admin", step="shut").json,
        post(admin, "people/revoke", person="admin", unit="hq").json,
        post(admin, "people/grant", person="admin", unit="hq", role="viewer").json,
    ]

    assert ["LAST_ADMIN" in answer["message"] for answer in answers] == [True, True, True]
    assert admin.get("/_dash-layout").status_code == 200


@pytest.mark.parametrize(("login", "code"), [("stranger", 404), ("own", 403), ("parent", 403)])
def test_only_administrators_touch_people(web: Web, login: str, code: int) -> None:
    client = web.client(login)
    answers = [
        post(client, f"people/{what}", person="own", login="x", name="x", unit="finance", role="admin")
        for what in ("add", "change", "access", "grant", "revoke")
    ]

    assert {answer.status_code for answer in answers} == {code}
    assert "own" not in said(visit(client, "/admin", "?section=people&person=own")).replace('"own"', "")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"old": "", "new": "", "again": ""}, {"old": "NEEDED", "new": "NEEDED"}),
        ({"old": "guessed", "new": "another long one", "again": "another long one"}, {"old": "PASSWORD_WRONG"}),
        ({"old": PASSWORD, "new": "another long one", "again": "another"}, {"again": "PASSWORDS_DIFFER"}),
        ({"old": PASSWORD, "new": "short", "again": "short"}, {"new": "PASSWORD_SHORT"}),
    ],
)
def test_a_password_is_not_changed_by_a_guess(web: Web, fields: dict[str, str], wrong: dict[str, str]) -> None:
    own = web.client("own")
    answer = post(own, "account/password", **fields).json

    assert {name: sentence.rpartition("[")[2].rstrip("]") for name, sentence in answer["errors"].items()} == wrong
    assert own.get("/_dash-layout").status_code == 200


@pytest.mark.parametrize("login", ["own", "stranger"])
def test_anybody_changes_the_own_password_and_signs_in_again(web: Web, login: str) -> None:
    client = web.client(login)
    assert "当前密码" in said(visit(client, "/admin", "?section=account"))
    new = "another long one"
    answer = post(client, "account/password", old=PASSWORD, new=new, again=new)

    assert answer.json == {"go": "/login"}
    assert client.get("/_dash-layout").status_code == 401
    assert sign_in(web.app, login, new).get("/_dash-layout").status_code == 200


def test_wrong_guesses_of_the_present_password_rest_the_account(web: Web) -> None:
    own = web.client("own")
    for _ in range(5):
        post(own, "account/password", old="guessed", new="another long one", again="another long one")
    answer = post(own, "account/password", old=PASSWORD, new="another long one", again="another long one").json

    assert "PASSWORD_WRONG" in answer["errors"]["old"]


def test_a_role_that_a_group_gave_is_told_apart_from_one_given_by_hand(web: Web) -> None:
    admin = web.client("admin")
    before = said(visit(admin, "/admin", "?section=people&person=own"))
    with web.database.session(write=True) as session:
        session.execute(
            update(RoleGrant)
            .where(RoleGrant.user_id == accounts.find_user(session, SYSTEM, "own"))
            .values(origin="oidc")
        )
    after = said(visit(web.client("admin"), "/admin", "?section=people&person=own"))

    assert ("来自统一身份认证的组" in before, "来自统一身份认证的组" in after) == (False, True)
    assert "请将此人移出该组" in after
