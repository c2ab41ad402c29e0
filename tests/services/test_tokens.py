"""Tokens: shown once, kept as a hash, never more than their person may read, and not one moment longer."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from monitor.database.tables import ApiToken, AuditEvent, OrgUnit, RoleGrant, User
from monitor.domain.access import SYSTEM, Action, Actor
from monitor.errors import ConfigurationError, Forbidden, NotFound
from monitor.queries.scope import actor_for
from monitor.services import accounts, tokens
from monitor.services.tokens import READ_UNITS, SCOPES, STRANGER

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
YEAR = NOW + timedelta(days=365)


@pytest.fixture
def people(session: Session) -> dict[str, int]:
    """An organisation of hq › a › a1 and b, an administrator, an editor of `a`, and one without any role."""
    ids: dict[str, int] = {}
    for code, parent in (("hq", None), ("a", "hq"), ("a1", "a"), ("b", "hq")):
        unit = OrgUnit(code=code, name_zh=code, name_en=code, parent_id=ids.get(parent or ""))
        session.add(unit)
        session.flush()
        ids[code] = unit.id
    for login, unit_code, role in (("boss", "hq", "admin"), ("ann", "a", "editor"), ("loner", "", "")):
        user = User(login=login, name=login, password_hash="-", created_at=NOW)
        session.add(user)
        session.flush()
        ids[login] = user.id
        if unit_code:
            session.add(RoleGrant(user_id=user.id, unit_id=ids[unit_code], role=role))
    session.flush()
    return ids


def who(session: Session, people: dict[str, int], login: str) -> Actor:
    return actor_for(session, people[login])


def make(session: Session, actor: Actor, **more: object) -> tuple[int, str]:
    values = {"scopes": SCOPES, "expires_at": YEAR, "now": NOW} | more
    return tokens.create(session, actor, "power bi", values.pop("scopes"), **values)  # type: ignore[arg-type]


def test_only_the_hash_and_the_first_characters_of_a_token_are_kept(session: Session, people: dict[str, int]) -> None:
    _, token = make(session, who(session, people, "ann"))
    row = session.scalars(select(ApiToken)).one()
    kept = [str(value) for value in vars(row).values()]

    assert token.startswith(row.prefix)
    assert len(row.prefix) == 12
    assert len(token) >= 43
    assert not any(token in value for value in kept)
    assert token not in str([vars(event) for event in session.scalars(select(AuditEvent))])


def test_a_token_reads_what_its_person_sees_and_never_changes_anything(
    session: Session, people: dict[str, int]
) -> None:
    _, token = make(session, who(session, people, "ann"), scopes=[READ_UNITS])
    caller = tokens.find(session, token, NOW)

    assert caller.actor.user_id == people["ann"]
    assert caller.scopes == {READ_UNITS}
    assert caller.actor.units() == {people["a"], people["a1"]}
    assert {action: bool(caller.actor.units(action)) for action in Action} == {a: a is Action.VIEW for a in Action}


def test_an_administrators_token_is_a_viewers_too(session: Session, people: dict[str, int]) -> None:
    _, token = make(session, who(session, people, "boss"))

    assert not tokens.find(session, token, NOW).actor.may_everywhere(Action.MANAGE_PEOPLE)
    assert tokens.find(session, token, NOW).actor.may_everywhere(Action.VIEW)


def test_a_sub_tree_limits_a_token_and_follows_the_tree_and_the_grants_of_today(
    session: Session, people: dict[str, int]
) -> None:
    _, token = make(session, who(session, people, "boss"), unit_id=people["a"])
    before = tokens.find(session, token, NOW).actor.units()
    session.get_one(OrgUnit, people["a1"]).parent_id = people["b"]
    session.flush()
    after = tokens.find(session, token, NOW).actor.units()
    session.execute(delete(RoleGrant).where(RoleGrant.user_id == people["boss"]))

    assert before == {people["a"], people["a1"]}
    assert after == {people["a"]}
    assert tokens.find(session, token, NOW).actor.units() == frozenset()


def test_a_token_ends_by_time_by_revocation_and_with_its_person(session: Session, people: dict[str, int]) -> None:
    ann = who(session, people, "ann")
    (_, timed), (ended_id, ended), (_, shut) = (make(session, ann) for _ in range(3))
    tokens.revoke(session, ann, ended_id, now=NOW)

    assert tokens.find(session, timed, YEAR - timedelta(seconds=1)) is not STRANGER
    assert tokens.find(session, timed, YEAR) is STRANGER
    assert tokens.find(session, ended, NOW) is STRANGER
    accounts.set_disabled(session, SYSTEM, people["ann"], disabled=True)
    assert tokens.find(session, shut, NOW) is STRANGER


@pytest.mark.parametrize("guess", ["", "jy_", "jy_x", "Bearer", "\x00", "\udcff", "x" * 10_000])
def test_a_guess_is_a_stranger(session: Session, guess: str) -> None:
    assert tokens.find(session, guess, NOW) is STRANGER


def test_the_use_is_noted_once_a_minute(session: Session, people: dict[str, int]) -> None:
    ann = who(session, people, "ann")
    _, token = make(session, ann)
    seen = []
    for seconds in (0, 59, 60):
        tokens.find(session, token, NOW + timedelta(seconds=seconds))
        seen.append(tokens.own(session, ann)[0].used_at)

    assert seen == [NOW, NOW, NOW + timedelta(seconds=60)]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"scopes": []}, "TOKEN_SCOPES"),
        ({"scopes": ["write:units"]}, "TOKEN_SCOPES"),
        ({"expires_at": NOW}, "TOKEN_EXPIRY"),
        ({"expires_at": NOW + timedelta(days=732)}, "TOKEN_EXPIRY"),
    ],
)
def test_a_token_without_scope_or_without_end_is_refused(
    session: Session, people: dict[str, int], given: dict[str, object], code: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make(session, who(session, people, "ann"), **given)
    assert refused.value.code == code


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines"])
def test_a_token_needs_a_name_that_can_be_read(session: Session, people: dict[str, int], name: str) -> None:
    with pytest.raises(ConfigurationError, match="TOKEN_NAME"):
        tokens.create(session, who(session, people, "ann"), name, SCOPES, expires_at=YEAR, now=NOW)


def test_who_sees_nothing_makes_none_and_nobody_makes_one_for_another(session: Session, people: dict[str, int]) -> None:
    with pytest.raises(NotFound):
        make(session, who(session, people, "loner"))
    with pytest.raises(Forbidden):
        make(session, who(session, people, "boss"), user_id=people["ann"])
    with pytest.raises(NotFound):
        make(session, who(session, people, "ann"), unit_id=people["b"])

    _, token = make(session, SYSTEM, user_id=people["ann"])
    assert tokens.find(session, token, NOW).actor.user_id == people["ann"]


def test_everybody_lists_and_revokes_the_own_and_the_administrator_all(
    session: Session, people: dict[str, int]
) -> None:
    ann, boss, loner = (who(session, people, login) for login in ("ann", "boss", "loner"))
    anns, bosss = make(session, ann, unit_id=people["a1"])[0], make(session, boss)[0]

    assert [(row.id, row.login, row.unit_code, row.state(NOW)) for row in tokens.own(session, ann)] == [
        (anns, "ann", "a1", "valid")
    ]
    assert {row.id for row in tokens.list_all(session, boss)} == {anns, bosss}
    for other, token_id in ((ann, bosss), (loner, anns)):
        with pytest.raises(NotFound):
            tokens.revoke(session, other, token_id)
    with pytest.raises(Forbidden):
        tokens.list_all(session, ann)
    tokens.revoke(session, boss, anns, now=NOW)
    tokens.revoke(session, boss, anns, now=NOW)
    assert [row.state(NOW) for row in tokens.own(session, ann)] == ["revoked"]
    assert [row.state(YEAR) for row in tokens.own(session, boss)] == ["expired"]


def test_each_making_and_ending_of_a_token_is_written_down(session: Session, people: dict[str, int]) -> None:
    ann = who(session, people, "ann")
    token_id, _ = make(session, ann)
    tokens.revoke(session, ann, token_id, now=NOW)
    session.flush()

    events = session.execute(select(AuditEvent.actor, AuditEvent.action, AuditEvent.subject).order_by(AuditEvent.id))
    assert events.all() == [("ann", "token.create", "user:ann"), ("ann", "token.revoke", "user:ann")]
