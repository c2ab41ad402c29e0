"""Sign-in at a real provider on loopback: who gets in, with which roles, and everything that must not get in."""

import hmac
import html
import itertools
import json
import re
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from dash import Dash
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.database.tables import AuditEvent, LoginSession, RoleGrant, User, UserIdentity
from monitor.domain.access import SYSTEM, Role
from monitor.errors import Forbidden, JieyueError, NotFound, SourceUnavailable
from monitor.openid import Provider as Ours
from monitor.queries import scope
from monitor.services import accounts, identities
from monitor.services.settings import Live
from monitor.settings import OidcSettings, Settings
from tests.dashboard import site as small
from tests.dashboard.conftest import csrf, csrf_of, said, visit
from tests.running.provider import CLIENT, LI, SECRET, Person, Provider, running

NUMBERS = itertools.count()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@pytest.fixture(scope="module", autouse=True)
def plain_http() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the provider of the tests speaks plain HTTP, on loopback
        yield


@pytest.fixture(scope="module")
def served() -> Iterator[Provider]:
    with running() as found:
        yield found


@pytest.fixture
def provider(served: Provider) -> Provider:
    served.reset()
    return served


@dataclass
class Site:
    """The small site and one application over it, whose settings and database a test has for itself."""

    app: Dash
    database: Database
    ids: SimpleNamespace
    folder: Path
    settings: Settings


@pytest.fixture(scope="module")
def built(site_file: tuple[Path, SimpleNamespace], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("sign-on")
    given = Settings(data=folder)
    with pytest.MonkeyPatch.context() as patch, Database(f"sqlite:///{folder}/jieyue.db") as database:
        site = Site(create_app(given, database), database, site_file[1], folder, given)
        patch.setattr(Live, "of", lambda *_: site.settings)  # as if set on the Admin page
        yield site


@pytest.fixture
def web(built: Site, site_file: tuple[Path, SimpleNamespace]) -> Site:
    built.database.close()
    for old in built.folder.glob("jieyue.db*"):
        old.unlink()
    (built.folder / "jieyue.db").write_bytes(site_file[0].read_bytes())
    return built


@dataclass
class Visitor:
    """A browser that follows redirects by hand, between us and the provider."""

    client: FlaskClient

    def go(self, start: str = "/login/oidc") -> Any:
        """Begin, go to the provider and come back with what it says; give our answer."""
        return self.client.get(there_and_back(self.client.get(start).headers["Location"]))

    @property
    def signed_in(self) -> bool:
        return self.client.get("/_dash-layout").status_code == 200


def there_and_back(address: str) -> str:
    """Ask the provider over real HTTP and give our address with its answer."""
    try:
        build_opener(_Stay).open(address)
    except OSError as answer:
        back = urlsplit(answer.headers["Location"])  # type: ignore[attr-defined]
        return f"{back.path}?{back.query}"
    raise AssertionError("the provider sent nobody back")


def oidc(provider: Provider, **more: Any) -> dict[str, Any]:
    names = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "allow_private": ["127.0.0.1"]}
    return {**names, "label_en": f"No. {next(NUMBERS)}", **more}  # other settings are another provider to us


@pytest.fixture
def visitor(web: Site, provider: Provider) -> Callable[..., Visitor]:
    def begin(**more: Any) -> Visitor:
        flags = {"data": web.folder, "oidc": oidc(provider, **more)}
        web.settings = Settings.load(folder=web.folder, environ={}, flags=flags)
        return Visitor(web.app.server.test_client())

    return begin


def link(web: Site, provider: Provider, login: str, subject: str = "s-1") -> int:
    with web.database.session(write=True) as session:
        user_id = accounts.find_user(session, SYSTEM, login)
        identities.link(session, SYSTEM, user_id, provider.issuer, subject, now=small.NOW)
    return user_id


def roles(web: Site, login: str) -> list[tuple[str, str]]:
    chosen = select(RoleGrant.role, RoleGrant.origin).join(User).where(User.login == login).order_by(RoleGrant.id)
    with web.database.session() as session:
        return [(role, origin) for role, origin in session.execute(chosen)]


# ---------------------------------------------------------------- who gets in


def test_a_linked_person_gets_in_where_they_wanted_to_go(web: Site, provider: Provider, visitor: Any) -> None:
    link(web, provider, "own")
    one = visitor()
    answer = one.go("/login/oidc?next=/unit?unit=finance")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/unit?unit=finance")
    assert one.signed_in
    assert provider.asked == ["/.well-known/openid-configuration", "/authorize", "/token", "/jwks"]
    with web.database.session() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "sign_in").order_by(AuditEvent.id.desc())
        ).first()
        assert event is not None
        assert (event.actor, event.after) == ("own", {"by": provider.issuer})


def test_the_session_before_is_ended(web: Site, provider: Provider, visitor: Any) -> None:
    link(web, provider, "own")
    one = visitor()
    one.go()
    before = one.client.get_cookie("jieyue_session").value
    one.go()

    assert one.client.get_cookie("jieyue_session").value != before
    with web.database.session() as session:
        assert len(session.scalars(select(LoginSession)).all()) == 1


def test_a_stranger_is_told_the_identifier_and_stays_outside(web: Site, provider: Provider, visitor: Any) -> None:
    provider.person = Person("s-9", {**LI, "preferred_username": "own"})  # the name of somebody here
    one = visitor()
    answer = one.go()

    assert answer.status_code == 403
    assert "OIDC_NOT_KNOWN" in answer.text
    assert "s-9" in answer.text
    assert not one.signed_in


def test_nobody_is_found_by_mail_address_or_name(web: Site, provider: Provider, visitor: Any) -> None:
    with web.database.session(write=True) as session:
        accounts.change_user(
            session, SYSTEM, accounts.find_user(session, SYSTEM, "admin"), name="Admin", email="admin@example.org"
        )
    provider.person = Person("s-9", {**LI, "preferred_username": "Admin", "email": "admin@example.org"})
    answer = visitor(create_users=True, groups=["g=viewer@hq"], groups_claim="groups").go()
    assert "OIDC_NO_ROLE" in answer.text
    provider.claims = {"groups": ["g"]}
    answer = visitor(create_users=True, groups=["g=viewer@hq"]).go()

    assert (answer.status_code, "OIDC_LOGIN_TAKEN" in answer.text) == (403, True)
    assert roles(web, "admin") == [("admin", "")]


def test_a_new_person_is_created_with_the_roles_of_the_groups(web: Site, provider: Provider, visitor: Any) -> None:
    provider.claims = {"groups": ["energy", "finance", "unknown"]}
    mapping = [
        "energy=viewer@hq",
        "finance=editor@finance",
        "energy=manager@hq",
        "finance=viewer@finance",
        "x=admin@hq",
    ]
    one = visitor(create_users=True, groups=mapping)

    assert one.go().status_code == 303
    assert sorted(roles(web, "li")) == [("editor", "oidc"), ("manager", "oidc")]
    with web.database.session() as session:
        user = session.scalars(select(User).where(User.login == "li")).one()
        assert (user.name, user.email) == ("李 Li", "li@example.org")


def test_a_mail_address_that_is_not_verified_is_not_kept(web: Site, provider: Provider, visitor: Any) -> None:
    provider.person = Person("s-1", {**LI, "email_verified": False})
    provider.claims = {"groups": ["g"]}
    visitor(create_users=True, groups=["g=viewer@hq"]).go()

    with web.database.session() as session:
        assert session.scalars(select(User.email).where(User.login == "li")).one() == ""


def test_without_a_role_nobody_gets_in_and_nobody_is_created(web: Site, provider: Provider, visitor: Any) -> None:
    one = visitor(create_users=True, groups=["g=viewer@hq"])
    answer = one.go()

    assert (answer.status_code, "OIDC_NO_ROLE" in answer.text, one.signed_in) == (403, True, False)
    with web.database.session() as session:
        assert session.scalars(select(User).where(User.login == "li")).all() == []
        assert session.scalars(select(UserIdentity)).all() == []


def test_groups_are_followed_at_each_sign_in_and_hand_given_roles_stay(
    web: Site, provider: Provider, visitor: Any
) -> None:
    link(web, provider, "own")
    one = visitor(groups=["energy=manager@hq", "finance=admin@finance", "y=editor@education"])
    provider.claims = {"groups": ["energy", "finance", "y"]}
    one.go()
    assert sorted(roles(web, "own")) == [("editor", "oidc"), ("manager", "oidc"), ("viewer", "")]
    provider.claims = {"groups": ["energy"]}
    one.go()
    assert sorted(roles(web, "own")) == [("manager", "oidc"), ("viewer", "")]
    provider.claims = {"groups": "energy"}  # one group as a word
    one.go()
    assert sorted(roles(web, "own")) == [("manager", "oidc"), ("viewer", "")]
    provider.claims = {}
    one.go()
    assert roles(web, "own") == [("viewer", "")]


def test_a_role_that_is_taken_away_ends_the_other_sessions(web: Site, provider: Provider, visitor: Any) -> None:
    link(web, provider, "own")
    provider.claims = {"groups": ["energy"]}
    first, second = visitor(groups=["energy=manager@hq"]), visitor(groups=["energy=manager@hq"])
    first.go()
    provider.claims = {}
    second.go()

    assert (first.signed_in, second.signed_in) == (False, True)


def test_a_provider_takes_no_last_administrator_away(web: Site, provider: Provider, visitor: Any) -> None:
    link(web, provider, "own")
    one = visitor(groups=["root=admin@hq"])
    provider.claims = {"groups": ["root"]}
    one.go()
    with web.database.session(write=True) as session:
        accounts.set_disabled(session, SYSTEM, accounts.find_user(session, SYSTEM, "admin"), disabled=True)
    provider.claims = {}
    one.go()

    assert ("admin", "oidc") in roles(web, "own")


def test_who_is_shut_out_stays_outside(web: Site, provider: Provider, visitor: Any) -> None:
    user_id = link(web, provider, "own")
    with web.database.session(write=True) as session:
        accounts.set_disabled(session, SYSTEM, user_id, disabled=True)
    one = visitor(groups=["g=admin@hq"])
    provider.claims = {"groups": ["g"]}

    assert "OIDC_SHUT_OUT" in one.go().text
    assert (one.signed_in, roles(web, "own")) == (False, [("viewer", "")])


def test_groups_that_only_the_userinfo_tells_are_found_inside(web: Site, provider: Provider, visitor: Any) -> None:
    provider.userinfo = {"realm_access": {"roles": ["energy"]}}
    one = visitor(create_users=True, groups=["energy=viewer@hq"], groups_claim="realm_access.roles")

    assert one.go().status_code == 303
    provider.userinfo = {"sub": "somebody else", "realm_access": {"roles": ["energy"]}}
    assert "OIDC_TOKEN" in one.go().text


# ---------------------------------------------------------------- what must not get in


def test_an_answer_comes_only_to_the_browser_that_asked_and_once(web: Site, provider: Provider, visitor: Any) -> None:
    link(web, provider, "own")
    one, other = visitor(), visitor()
    back = there_and_back(one.client.get("/login/oidc").headers["Location"])
    kept = one.client.get_cookie("jieyue_oidc", path="/login").value

    assert "OIDC_STATE" in other.client.get(back).text  # somebody else's state
    other.client.get("/login/oidc")
    assert "OIDC_STATE" in other.client.get(back).text  # another state than the own
    assert one.client.get(back).status_code == 303
    assert "OIDC_STATE" in one.client.get(back).text  # replayed
    one.client.set_cookie("jieyue_oidc", kept, path="/login")
    assert "OIDC_AWAY" in one.client.get(back).text  # replayed with the cookie: the code is worth nothing a second time


def test_a_forged_or_old_cookie_is_no_flow(web: Site, provider: Provider, visitor: Any, monkeypatch: Any) -> None:
    one = visitor()
    back = there_and_back(one.client.get("/login/oidc").headers["Location"])
    good = one.client.get_cookie("jieyue_oidc", path="/login").value
    unsigned = urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + "." + good.split(".")[1] + "."
    for forged in (good[:-3] + "abc", unsigned, "", "a.b.c"):
        one.client.set_cookie("jieyue_oidc", forged, path="/login")
        assert "OIDC_STATE" in one.client.get(back).text
    one.client.set_cookie("jieyue_oidc", good, path="/login")
    monkeypatch.setattr("dashboard.oidc.time.time", lambda: 9e9)
    assert "OIDC_STATE" in one.client.get(back).text


def test_the_code_of_another_client_and_of_another_verifier_buys_nothing(
    web: Site, provider: Provider, visitor: Any
) -> None:
    link(web, provider, "own")
    one, other = visitor(), visitor()
    mine = parse_qs(urlsplit(there_and_back(one.client.get("/login/oidc").headers["Location"])).query)
    theirs = parse_qs(urlsplit(there_and_back(other.client.get("/login/oidc").headers["Location"])).query)
    stolen = urlencode({"state": mine["state"][0], "code": theirs["code"][0]})
    assert "OIDC_AWAY" in one.client.get(f"/login/oidc/back?{stolen}").text  # PKCE: the verifier is another

    one = visitor(client_id="other", client_secret="o")
    there = one.client.get("/login/oidc").headers["Location"]
    foreign = parse_qs(urlsplit(there_and_back(there.replace("client_id=other", f"client_id={CLIENT}"))).query)
    stolen = urlencode({"state": foreign["state"][0], "code": foreign["code"][0]})
    assert "OIDC_AWAY" in one.client.get(f"/login/oidc/back?{stolen}").text


BAD = {
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "issuer": {"iss": "https://evil.example"},
    "audience": {"aud": "other"},
    "two audiences and no party": {"aud": [CLIENT, "other"]},
    "another party": {"aud": [CLIENT, "other"], "azp": "other"},
    "expired": {"exp": 1_700_000_000},
    "no expiry": {"exp": None},
    "not yet": {"nbf": 9_999_999_999},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "access token of another": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.fixture
def standing(provider: Provider) -> tuple[Provider, Ours]:
    """A provider and our view of it."""
    return provider, Ours(OidcSettings(**oidc(provider)))


@pytest.mark.parametrize("wrong", BAD)
def test_a_token_that_does_not_fit_is_not_believed(standing: tuple[Provider, Ours], wrong: str) -> None:
    provider, ours = standing
    token = provider.signed(provider.said(**BAD[wrong]))

    with pytest.raises(Forbidden) as refused:
        ours.believed(token, nonce="n", access="access")
    assert refused.value.code == "OIDC_TOKEN"


def test_the_same_token_with_nothing_wrong_is_believed(standing: tuple[Provider, Ours]) -> None:
    provider, ours = standing

    assert ours.believed(provider.signed(provider.said()), nonce="n", access="access")["sub"] == "s-1"
    several = provider.said(aud=[CLIENT, "other"], azp=CLIENT)
    assert ours.believed(provider.signed(several), nonce="n")["aud"] == [CLIENT, "other"]


def test_no_signature_and_no_signature_with_a_public_key_is_believed(standing: tuple[Provider, Ours]) -> None:
    provider, ours = standing
    claims = provider.said()

    def part(value: Any) -> str:
        return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    public = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(claims)}"
    mac = hmac.digest(provider.key.as_pem(private=False), public.encode(), "sha256")
    stranger = RSAKey.generate_key(2048, {"kid": "k1"})
    good = provider.signed(claims)
    tokens = {
        "none": f"{part({'alg': 'none'})}.{part(claims)}.",
        "NONE": f"{part({'alg': 'NONE', 'kid': 'k1'})}.{part(claims)}.",
        "HS256 with the public key": f"{public}.{urlsafe_b64encode(mac).decode().rstrip('=')}",
        "a stranger's key": provider.signed(claims, key=stranger),
        "changed": good.split(".")[0] + "." + part({**claims, "sub": "admin"}) + "." + good.split(".")[2],
        "no token": "hello",
        "empty": "",
    }
    for name, token in tokens.items():
        with pytest.raises(Forbidden) as refused:
            ours.believed(token, nonce="n")
        assert refused.value.code == "OIDC_TOKEN", name


def test_a_new_key_of_the_provider_is_looked_up(web: Site, provider: Provider, visitor: Any) -> None:
    link(web, provider, "own")
    one = visitor()
    one.go()
    provider.rotate()

    assert one.go().status_code == 303
    assert provider.asked.count("/jwks") == 2


def test_a_wrong_token_in_the_whole_flow_lets_nobody_in(web: Site, provider: Provider, visitor: Any) -> None:
    link(web, provider, "own")
    provider.tamper = lambda _token: provider.signed(provider.said(nonce="another"))
    one = visitor()

    assert "OIDC_TOKEN" in one.go().text
    assert not one.signed_in


def test_an_answer_of_another_provider_is_refused(web: Site, provider: Provider, visitor: Any) -> None:
    link(web, provider, "own")
    provider.answer = lambda address: f"{address}&iss=https%3A%2F%2Fevil.example"
    assert "OIDC_MIXED" in visitor().go().text
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    provider.answer = lambda address: address
    assert "OIDC_MIXED" in visitor().go().text
    provider.answer = lambda address: f"{address}&{urlencode({'iss': provider.issuer})}"
    assert visitor().go().status_code == 303


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"issuer": "https://evil.example"}, "OIDC_ISSUER"),
        ({"token_endpoint": "ftp://127.0.0.1/token"}, "OIDC_NOT_SAFE"),
        ({"jwks_uri": None}, "OIDC_AWAY"),
    ],
)
def test_what_a_provider_publishes_is_looked_at(
    web: Site, provider: Provider, visitor: Any, metadata: dict[str, Any], code: str
) -> None:
    provider.metadata = metadata

    assert code in visitor().client.get("/login/oidc").text


def test_the_way_to_a_provider_inside_must_be_allowed(web: Site, provider: Provider, visitor: Any) -> None:
    answer = visitor(allow_private=[]).client.get("/login/oidc")

    assert (answer.status_code, "WEBHOOK_PRIVATE" in answer.text) == (403, True)
    assert provider.asked == []


@pytest.mark.parametrize(
    "goal",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\thttps://evil.example"],
)
def test_nobody_is_led_elsewhere_afterwards(web: Site, provider: Provider, visitor: Any, goal: str) -> None:
    link(web, provider, "own")

    assert visitor().go("/login/oidc?" + urlencode({"next": goal})).headers["Location"] == "/"


def test_what_a_provider_says_in_an_error_is_not_shown(web: Site, provider: Provider, visitor: Any) -> None:
    one = visitor()
    back = there_and_back(one.client.get("/login/oidc").headers["Location"])
    state = parse_qs(urlsplit(back).query)["state"][0]
    told = urlencode({"state": state, "error": "<script>alert(1)</script>", "error_description": "<b>bad</b>"})
    answer = one.client.get(f"/login/oidc/back?{told}")

    assert (answer.status_code, "OIDC_DENIED" in answer.text) == (403, True)
    assert "alert" not in answer.text
    assert "bad" not in answer.text


def test_a_provider_that_is_away_is_asked_once_in_a_while(web: Site, visitor: Any, provider: Provider) -> None:
    one = visitor(issuer="http://127.0.0.1:1")
    answers = [one.client.get("/login/oidc") for _ in range(3)]

    assert [(answer.status_code, "OIDC_AWAY" in answer.text) for answer in answers] == [(503, True)] * 3


def test_a_provider_that_hangs_holds_up_one_visitor_and_not_all(provider: Provider, monkeypatch: Any) -> None:
    monkeypatch.setattr("monitor.openid.PATIENCE_SECONDS", 0.01)
    ours, asked, let_go = Ours(OidcSettings(**oidc(provider))), threading.Event(), threading.Event()
    discover = ours._discover

    def slowly() -> dict[str, Any]:
        asked.set()
        let_go.wait(10)
        return discover()

    monkeypatch.setattr(ours, "_discover", slowly)
    first = threading.Thread(target=ours.metadata)
    first.start()
    assert asked.wait(10)
    with pytest.raises(SourceUnavailable, match="OIDC_AWAY"):
        ours.metadata()
    let_go.set()
    first.join(10)

    assert ours.metadata()["issuer"] == provider.issuer


def test_certificates_that_cannot_be_read_are_told_as_such(provider: Provider, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable) as away:
        Ours(OidcSettings(**oidc(provider, ca_file=str(tmp_path / "none.pem")))).metadata()

    assert "oidc.ca_file" in str(away.value)


@pytest.mark.parametrize("issuer", ["http://login.example", "https://", "ftp://x", "https://x/?a=b", "javascript:1"])
def test_an_issuer_is_an_https_address(tmp_path: Any, issuer: str) -> None:
    with pytest.raises(JieyueError) as wrong:
        Settings.load(folder=tmp_path, environ={}, flags={"oidc": {"issuer": issuer}})
    assert wrong.value.data["key"] == "oidc.issuer"


@pytest.mark.parametrize("line", ["energy", "energy=viewer", "=viewer@hq", "energy=king@hq", "energy=viewer@"])
def test_a_mapping_that_cannot_be_read_is_refused(tmp_path: Any, line: str) -> None:
    with pytest.raises(JieyueError) as wrong:
        Settings.load(folder=tmp_path, environ={}, flags={"oidc": {"groups": [line]}})
    assert str(wrong.value.data["key"]).startswith("oidc.groups")


# ---------------------------------------------------------------- linking, passwords, signing out


def password(one: Visitor, login: str, given: str = small.PASSWORD) -> Any:
    token = csrf_of(one.client.get("/login?password=1").text)
    return one.client.post("/login", data={"csrf": token, "login": login, "password": given})


def test_a_person_links_the_own_account_while_signed_in(web: Site, provider: Provider, visitor: Any) -> None:
    one = visitor()
    password(one, "own")
    assert one.client.post("/login/oidc/link").status_code == 403  # not without the session's token
    page = one.client.post("/login/oidc/link", data={"csrf": csrf(one.client)})
    there = page.text.split('content="0;url=')[1].split('"')[0].replace("&amp;", "&")
    assert "prompt=login" in there
    answer = one.client.get(there_and_back(there))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin?section=account")
    again = visitor()
    again.go()
    assert again.signed_in


def test_a_link_goes_to_nobody_but_who_began_it(web: Site, provider: Provider, visitor: Any) -> None:
    one = visitor()
    password(one, "own")
    page = one.client.post("/login/oidc/link", data={"csrf": csrf(one.client)})
    back = there_and_back(page.text.split('content="0;url=')[1].split('"')[0].replace("&amp;", "&"))
    one.client.delete_cookie("jieyue_session")
    password(one, "parent")

    assert "OIDC_NOT_YOU" in one.client.get(back).text
    link(web, provider, "parent")
    one.client.delete_cookie("jieyue_session")
    password(one, "own")
    page = one.client.post("/login/oidc/link", data={"csrf": csrf(one.client)})
    back = there_and_back(page.text.split('content="0;url=')[1].split('"')[0].replace("&amp;", "&"))
    taken = one.client.get(back).text
    assert "IDENTITY_LINKED" in taken
    assert "parent" not in taken


def test_a_link_taken_away_takes_roles_and_sessions_along(web: Site, provider: Provider, visitor: Any) -> None:
    user_id = link(web, provider, "own")
    provider.claims = {"groups": ["energy"]}
    one = visitor(groups=["energy=manager@hq"])
    one.go()
    with web.database.session(write=True) as session:
        [row] = identities.linked(session, SYSTEM, user_id)
        identities.unlink(session, SYSTEM, row.id, now=small.NOW)

    assert (one.signed_in, roles(web, "own")) == (False, [("viewer", "")])
    assert "OIDC_NOT_KNOWN" in one.go().text


def test_without_passwords_administrators_of_the_whole_still_get_in(
    web: Site, provider: Provider, visitor: Any
) -> None:
    with web.database.session(write=True) as session:
        user_id = accounts.find_user(session, SYSTEM, "own")
        accounts.grant(session, SYSTEM, user_id, web.ids.units["finance"], Role.ADMIN)  # of a part alone
    one = visitor(password_sign_in=False)

    assert 'name="password"' not in one.client.get("/login").text
    assert 'href="/login/oidc?' in one.client.get("/login").text
    assert [password(one, login).status_code for login in ("own", "parent", "nobody", "admin")] == [401, 401, 401, 303]


def test_without_a_provider_passwords_cannot_be_switched_off(web: Site, provider: Provider, visitor: Any) -> None:
    one = visitor(issuer="", password_sign_in=False)

    assert 'name="password"' in one.client.get("/login").text
    assert password(one, "own").status_code == 303


def test_signing_out_ends_here_and_offers_to_end_there(web: Site, provider: Provider, visitor: Any) -> None:
    link(web, provider, "own")
    one = visitor()
    one.go()
    answer = one.client.post("/logout", data={"csrf": csrf(one.client)})
    page = one.client.get(answer.headers["Location"])

    there = urlsplit(html.unescape(re.findall(r'href="([^"]*/end[^"]*)"', page.text)[0]))
    asked = parse_qs(there.query)
    shown = jwt.decode(asked["id_token_hint"][0], provider.key, algorithms=["RS256"]).claims

    assert answer.headers["Location"] == "/login/bye"
    assert not one.signed_in
    assert there._replace(query="").geturl() == f"{provider.issuer}/end"
    assert (asked["client_id"], asked["post_logout_redirect_uri"]) == (["jieyue"], ["http://localhost/login"])
    assert shown["sub"] == "s-1"  # the provider knows which sign-in is meant
    assert "id_token_hint" not in one.client.get("/login/bye").text  # told once
    password(one, "own")
    assert one.client.post("/logout", data={"csrf": csrf(one.client)}).headers["Location"] == "/login"


def test_nothing_secret_is_in_addresses_or_pages(web: Site, provider: Provider, visitor: Any) -> None:
    one = visitor()
    there = one.client.get("/login/oidc").headers["Location"]
    asked = parse_qs(urlsplit(there).query)

    assert asked["code_challenge_method"] == ["S256"]
    assert SECRET not in there + one.client.get("/login").text
    assert sorted(asked) == sorted(
        [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
        ]
    )


def test_a_role_of_a_group_that_is_given_by_hand_stays(web: Site, provider: Provider, visitor: Any) -> None:
    user_id = link(web, provider, "own")
    provider.claims = {"groups": ["energy"]}
    one = visitor(groups=["energy=manager@hq"])
    one.go()
    with web.database.session(write=True) as session:
        accounts.grant(session, SYSTEM, user_id, web.ids.units["hq"], Role.EDITOR)
    one.go()
    provider.claims = {}
    one.go()

    assert sorted(roles(web, "own")) == [("editor", ""), ("viewer", "")]


def test_an_administrator_links_and_the_person_unlinks(web: Site, provider: Provider, visitor: Any) -> None:
    admin = visitor()
    password(admin, "admin")
    page = said(visit(admin.client, "/admin", "?section=people&person=own"))
    assert provider.issuer in page
    headers = {"X-CSRF-Token": csrf(admin.client), "Accept": "application/json"}
    wrong = admin.client.post("/admin/people/link", data={"person": "own", "subject": ""}, headers=headers)
    assert "subject" in wrong.json["errors"]
    admin.client.post("/admin/people/link", data={"person": "own", "subject": "s-1"}, headers=headers)
    one = visitor()
    assert one.go().status_code == 303
    assert "s-1" in said(visit(one.client, "/admin", "?section=account"))
    with web.database.session() as session:
        [row] = identities.linked(session, SYSTEM, accounts.find_user(session, SYSTEM, "own"))
    mine = {"X-CSRF-Token": csrf(one.client), "Accept": "application/json"}
    gone = one.client.post("/admin/account/unlink", data={"person": "own", "identity": str(row.id)}, headers=mine)

    assert (gone.json["go"], one.signed_in) == ("/login", False)


def test_nobody_unlinks_or_sees_what_is_somebody_elses(web: Site, provider: Provider, visitor: Any) -> None:
    user_id = link(web, provider, "admin")
    with web.database.session(write=True) as session:
        own = scope.actor_for(session, accounts.find_user(session, SYSTEM, "own"))
        [row] = identities.linked(session, SYSTEM, user_id)
        with pytest.raises(NotFound):
            identities.unlink(session, own, row.id, now=small.NOW)
        for refused in (
            lambda: identities.linked(session, own, user_id),
            lambda: identities.link(session, own, user_id, provider.issuer, "mine", now=small.NOW),
        ):
            with pytest.raises((Forbidden, NotFound)):
                refused()
