"""People: passwords, lockout, sessions, and who may change whom."""

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent, LoginSession, OrgUnit, User
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.errors import ConfigurationError, Conflict, Forbidden, NotFound
from monitor.services import accounts, visits

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
_REAL = accounts._HASHER
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same algorithm at its least cost; `test_a_password_costs_what_is_recommended` looks at the real one."""
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts._nobodys_hash.cache_clear()


@pytest.fixture
def unit_id(session: Session) -> int:
    unit = OrgUnit(code="root", name_zh="大院", name_en="Compound")
    session.add(unit)
    session.flush()
    return unit.id


@pytest.fixture
def person(session: Session) -> int:
    return accounts.create_user(session, SYSTEM, "li", "李", PASSWORD, now=NOW)[0]


def test_the_right_password_signs_in_and_a_wrong_one_does_not(session: Session, person: int) -> None:
    assert accounts.authenticate(session, "li", PASSWORD, NOW) == person
    assert accounts.authenticate(session, "li", PASSWORD + "!", NOW) is None
    assert accounts.authenticate(session, "nobody", PASSWORD, NOW) is None


def test_a_password_is_kept_as_an_argon2_hash_only(session: Session, person: int) -> None:
    kept = session.scalars(select(User.password_hash)).one()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_a_password_costs_what_is_recommended() -> None:
    recommended = PasswordHasher()
    assert (recommended.time_cost, recommended.memory_cost) == (3, 65_536)
    assert _REAL.time_cost * _REAL.memory_cost >= recommended.time_cost * recommended.memory_cost


def test_five_wrong_tries_rest_the_account_for_five_minutes(session: Session, person: int) -> None:
    for _ in range(5):
        assert accounts.authenticate(session, "li", "wrong", NOW) is None
    assert accounts.authenticate(session, "li", PASSWORD, NOW + timedelta(minutes=4, seconds=59)) is None
    assert accounts.authenticate(session, "li", PASSWORD, NOW + timedelta(minutes=5)) == person


def test_no_more_than_a_hundred_tries_an_hour_are_effective(session: Session, person: int) -> None:
    locked = 0
    for minute in range(60):
        for _ in range(3):
            user = session.get_one(User, person)
            at = NOW + timedelta(minutes=minute)
            locked += user.locked_until is not None and user.locked_until > at
            accounts.authenticate(session, "li", "wrong", at)
    assert 180 - locked <= 100


def test_a_right_password_forgets_the_wrong_ones(session: Session, person: int) -> None:
    for _ in range(3):
        for _ in range(4):
            accounts.authenticate(session, "li", "wrong", NOW)
        assert accounts.authenticate(session, "li", PASSWORD, NOW) == person


def test_every_try_is_written_down(session: Session, person: int) -> None:
    accounts.authenticate(session, "li", "wrong", NOW)
    accounts.authenticate(session, "ghost", "wrong", NOW)
    accounts.authenticate(session, "li", PASSWORD, NOW)
    actions = session.execute(select(AuditEvent.actor, AuditEvent.action).order_by(AuditEvent.id)).all()
    assert [tuple(row) for row in actions] == [
        ("system", "user.create"),
        ("li", "sign_in.refused"),
        ("ghost", "sign_in.refused"),
        ("li", "sign_in"),
    ]


def test_a_session_ends_after_idling_and_at_its_absolute_end(session: Session, person: int) -> None:
    token = accounts.open_session(session, person, NOW)
    for minutes in range(0, 720, 29):
        found = visits.find(session, token, NOW + timedelta(minutes=minutes))
        assert found is not None
        assert found.user_id == person
    assert visits.find(session, token, NOW + timedelta(hours=12)) is None
    other = accounts.open_session(session, person, NOW)
    assert visits.find(session, other, NOW + timedelta(minutes=30)) is None


def test_only_the_hash_of_a_session_token_is_kept(session: Session, person: int) -> None:
    token = accounts.open_session(session, person, NOW)
    kept = session.scalars(select(LoginSession.token_hash)).one()
    assert kept != token
    assert visits.find(session, kept, NOW) is None


def test_two_sessions_have_their_own_csrf_tokens(session: Session, person: int) -> None:
    found = [visits.find(session, accounts.open_session(session, person, NOW), NOW) for _ in range(2)]
    assert None not in found
    assert len({row.csrf for row in found if row}) == 2


def test_signing_out_ends_the_session(session: Session, person: int) -> None:
    token = accounts.open_session(session, person, NOW)
    accounts.close_session(session, token)
    assert visits.find(session, token, NOW) is None


@pytest.mark.parametrize("change", ["grant", "revoke", "disable", "password", "end"])
def test_a_changed_right_ends_every_session_at_once(session: Session, person: int, unit_id: int, change: str) -> None:
    if change == "revoke":
        accounts.grant(session, SYSTEM, person, unit_id, Role.VIEWER)
    tokens = [accounts.open_session(session, person, NOW) for _ in range(2)]
    if change == "grant":
        accounts.grant(session, SYSTEM, person, unit_id, Role.EDITOR)
    elif change == "revoke":
        accounts.revoke(session, SYSTEM, person, unit_id)
    elif change == "disable":
        accounts.set_disabled(session, SYSTEM, person, disabled=True)
    elif change == "end":
        accounts.end_sessions(session, SYSTEM, person)
    else:
        accounts.set_password(session, SYSTEM, person)
    assert [visits.find(session, token, NOW) for token in tokens] == [None, None]


def test_a_disabled_person_cannot_sign_in(session: Session, person: int) -> None:
    accounts.set_disabled(session, SYSTEM, person, disabled=True)
    assert accounts.authenticate(session, "li", PASSWORD, NOW) is None


def test_a_second_role_on_a_unit_replaces_the_first(session: Session, person: int, unit_id: int) -> None:
    accounts.grant(session, SYSTEM, person, unit_id, Role.VIEWER)
    accounts.grant(session, SYSTEM, person, unit_id, Role.ADMIN)
    assert accounts.list_users(session, SYSTEM) == [("li", "李", False, [("root", "admin")])]


def test_a_name_is_taken_once_and_a_short_password_refused(session: Session, person: int) -> None:
    with pytest.raises(Conflict) as taken:
        accounts.create_user(session, SYSTEM, "li", "again")
    with pytest.raises(ConfigurationError) as short:
        accounts.create_user(session, SYSTEM, "wang", "王", "short")
    assert (taken.value.code, short.value.code) == ("LOGIN_TAKEN", "PASSWORD_SHORT")


def test_people_are_managed_by_administrators_of_the_whole_alone(session: Session, person: int, unit_id: int) -> None:
    manager = Actor(7, "m", {unit_id: Role.MANAGER}, frozenset({unit_id}))
    for actor, error in ((NOBODY, NotFound), (manager, Forbidden)):
        with pytest.raises(error):
            accounts.create_user(session, actor, "x", "x")
        with pytest.raises(error):
            accounts.list_users(session, actor)
        with pytest.raises(error):
            accounts.find_user(session, actor, "li")
        with pytest.raises(error):
            accounts.grant(session, actor, person, unit_id, Role.ADMIN)
        with pytest.raises(error):
            accounts.revoke(session, actor, person, unit_id)
        with pytest.raises(error):
            accounts.set_disabled(session, actor, person, disabled=True)
        with pytest.raises(error):
            accounts.set_password(session, actor, person)


def test_anybody_may_change_their_own_password(session: Session, person: int) -> None:
    accounts.set_password(session, Actor(person, "li"), person, "another long one")
    assert accounts.authenticate(session, "li", "another long one", NOW) == person


def test_the_first_administrator_has_a_generated_password_and_comes_once(session: Session, unit_id: int) -> None:
    first = accounts.first_admin(session, NOW)
    assert first is not None
    assert first[0] == "admin"
    assert len(first[1]) >= 16
    assert accounts.first_admin(session, NOW) is None
    assert accounts.authenticate(session, *first, NOW) is not None
    assert accounts.list_users(session, SYSTEM) == [("admin", "管理员 Administrator", False, [("root", "admin")])]


def test_an_organisation_made_after_the_first_start_falls_to_the_first_person(session: Session) -> None:
    accounts.first_admin(session, NOW)
    session.add(OrgUnit(code="later", name_zh="后", name_en="Later"))
    session.flush()
    accounts.adopt_roots(session)
    accounts.adopt_roots(session)
    assert [row[3] for row in accounts.list_users(session, SYSTEM)] == [[("later", "admin")]]


def test_name_and_address_change_once_and_are_checked(session: Session, person: int) -> None:
    for _ in range(2):
        accounts.change_user(session, SYSTEM, person, name="李伟", email="li@x.cn", now=NOW)
    session.flush()

    written = session.scalars(select(AuditEvent).where(AuditEvent.action == "user.change")).all()
    assert [(row.before, row.after) for row in written] == [
        ({"name": "李", "email": ""}, {"name": "李伟", "email": "li@x.cn"})
    ]
    codes = []
    for name, email in (("", ""), ("x" * 121, ""), ("a\nb", ""), ("x", "a@b@c"), ("x", "a b@c")):
        with pytest.raises(ConfigurationError) as refused:
            accounts.change_user(session, SYSTEM, person, name=name, email=email)
        codes.append(refused.value.code)
    assert codes == ["NAME_WRONG", "NAME_WRONG", "NAME_WRONG", "EMAIL_WRONG", "EMAIL_WRONG"]


@pytest.mark.parametrize("login", ["", "a b", "<script>", "x" * 61, "a\u0000"])
def test_a_sign_in_name_needs_no_quoting_anywhere(session: Session, login: str) -> None:
    with pytest.raises(ConfigurationError, match="LOGIN_WRONG"):
        accounts.create_user(session, SYSTEM, login, "x")


def test_the_organisation_keeps_an_administrator_who_may_sign_in(session: Session, person: int, unit_id: int) -> None:
    accounts.grant(session, SYSTEM, person, unit_id, Role.ADMIN)
    for change in (
        lambda: accounts.set_disabled(session, SYSTEM, person, disabled=True),
        lambda: accounts.revoke(session, SYSTEM, person, unit_id),
        lambda: accounts.grant(session, SYSTEM, person, unit_id, Role.MANAGER),
    ):
        with pytest.raises(Conflict, match="LAST_ADMIN"):
            change()
    other, _ = accounts.create_user(session, SYSTEM, "wang", "王")
    accounts.grant(session, SYSTEM, other, unit_id, Role.ADMIN)
    accounts.set_disabled(session, SYSTEM, other, disabled=True)
    with pytest.raises(Conflict, match="LAST_ADMIN"):
        accounts.revoke(session, SYSTEM, person, unit_id)
    accounts.set_disabled(session, SYSTEM, other, disabled=False)

    accounts.revoke(session, SYSTEM, person, unit_id)
