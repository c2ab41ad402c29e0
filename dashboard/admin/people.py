"""People: add, change, password shown once, shut out, roles on units, sessions ended."""

from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame, identities
from dashboard.admin.answers import Answer, Posted, everywhere
from dashboard.admin.words import ROLES, role_options, unit_options
from dashboard.components.editor import button, editor, field
from dashboard.components.layout import grid, panel
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor.domain.access import Action, Role
from monitor.i18n import N_
from monitor.queries import admin as queries
from monitor.queries import scope
from monitor.queries.admin import PersonRow
from monitor.services import accounts

KEY, NAME = "people", N_("People")
ALLOWED = everywhere(Action.MANAGE_PEOPLE)
LOGIN, SHOWN, EMAIL, ROLES_, STATE = N_("Sign-in name"), N_("Name"), N_("E-mail"), N_("Roles"), N_("State")
ADD, SAVE, UNIT, ROLE, SEEN = N_("Add a person"), N_("Save"), N_("Unit"), N_("Role"), N_("Signed in, last seen")
NEW_PASSWORD, GRANT, TAKE = N_("Give a new password"), N_("Give this role"), N_("Take this role away")
SHUT, OPEN, END = N_("Shut this person out"), N_("Let this person in again"), N_("End all sessions ({count})")
DISABLED, LOCKED, ACTIVE = N_("shut out"), N_("resting after wrong passwords"), N_("may sign in")
ONCE = N_("Password, shown this once; hand it over and let it be changed")
HINT_LOGIN = N_("Letters, digits and . @ + - _; it cannot be changed later.")
HINT_ROLE = N_("Holds for the unit and all below it.")
ADDED, RESET = N_("{login} was added."), N_("{login} has a new password; all sessions have ended.")
CHANGES_END = N_("Every change of a role ends this person's sessions at once.")
SURE = N_("Shut {login} out? All sessions end at once.")
OF_GROUP = N_(" (by a group of the identity provider)")
COMES_BACK = N_(
    "What a group gives comes back at the next sign-in: take the person out of the group, or give another role here."
)
ACCESS, NO_ROLE = N_("Access"), N_("No role yet: this person sees nothing.")
FIELDS = {
    "LOGIN_TAKEN": "login",
    "LOGIN_WRONG": "login",
    "NAME_WRONG": "name",
    "EMAIL_WRONG": "email",
} | identities.FIELDS


def layout(here: Context, session: Session, given: dict[str, str]) -> list[Component]:
    """Build the list, or the view of one person (parameter person)."""
    if given.get("person"):
        return _person(here, session, given["person"])
    people = queries.people(session, here.actor, now=here.now())
    columns = (Column(here.say(LOGIN), "link"), *(Column(here.say(title)) for title in (SHOWN, EMAIL, ROLES_, STATE)))
    columns += (Column(here.say(SEEN), "moment"),)
    lines = [_line(here, one) for one in people]
    return [grid(frame.listing(here, here.say(NAME), Table(columns, lines))), grid(_add(here, session))]


def _line(here: Context, one: PersonRow) -> tuple[Any, ...]:
    roles = here.say(N_("; ")).join(
        f"{scope.name(grant, here.language)} {here.say(ROLES[grant.role])}" for grant in one.grants
    )
    link = (one.login, frame.at(KEY, person=one.login))
    return (link, one.name, one.email or None, roles or None, _state(here, one), here.local(one.seen_at))


def _state(here: Context, one: PersonRow) -> str:
    return here.say(DISABLED if one.disabled else LOCKED if one.locked_until else ACTIVE)


def _add(here: Context, session: Session) -> Component:
    none = [("", here.say(N_("No role yet")))]
    fields = [
        field("login", here.say(LOGIN), hint=here.say(HINT_LOGIN)),
        field("name", here.say(SHOWN)),
        field("email", here.say(EMAIL)),
        field("unit", here.say(UNIT), options=[*none, *unit_options(here, session)]),
        field("role", here.say(ROLE), "viewer", options=role_options(here), hint=here.say(HINT_ROLE)),
    ]
    return panel(here, here.say(ADD), editor(here, "/admin/people/add", fields, [button(here.say(ADD))]))


def _person(here: Context, session: Session, login: str) -> list[Component]:
    one = queries.person(session, here.actor, login, now=here.now())
    fields = [
        field("login", here.say(LOGIN), one.login, disabled=True),
        field("name", here.say(SHOWN), one.name),
        field("email", here.say(EMAIL), one.email),
    ]
    form = editor(here, "/admin/people/change", fields, [button(here.say(SAVE))], person=one.login)
    written = queries.history(session, here.actor, [f"user:{one.login}"])
    return [
        frame.back(here, KEY),
        grid(panel(here, one.login, form, below=_state(here, one), span=6), _access(here, one)),
        grid(_roles(here, session, one)),
        grid(*identities.panel_of(here, session, one.login, one.id)),
        grid(frame.history(here, written)),
    ]


def _access(here: Context, one: PersonRow) -> Component:
    sure = here.say(SURE, login=one.login)
    switch = (
        button(here.say(OPEN), "open") if one.disabled else button(here.say(SHUT), "shut", confirm=sure, main=False)
    )
    buttons = [
        button(here.say(NEW_PASSWORD), "password"),
        button(here.say(END, count=one.sessions), "end", main=False),
        switch,
    ]
    form = editor(here, "/admin/people/access", [], buttons, person=one.login)
    return panel(here, here.say(ACCESS), form, span=6)


def _roles(here: Context, session: Session, one: PersonRow) -> Component:
    columns = (Column(here.say(UNIT)), Column(here.say(ROLE)), Column(""))
    lines = [
        (
            f"{scope.name(grant, here.language)} ({grant.unit_code})",
            here.say(ROLES[grant.role]) + (here.say(OF_GROUP) if grant.of_group else ""),
            editor(
                here,
                "/admin/people/revoke",
                [],
                [button(here.say(TAKE), main=False)],
                person=one.login,
                unit=grant.unit_code,
            ),
        )
        for grant in one.grants
    ]
    fields = [
        field("unit", here.say(UNIT), options=unit_options(here, session)),
        field("role", here.say(ROLE), "viewer", options=role_options(here), hint=here.say(HINT_ROLE)),
    ]
    form = editor(here, "/admin/people/grant", fields, [button(here.say(GRANT))], person=one.login)
    shown = table(Table(columns, lines), here.language) if lines else html.P(here.say(NO_ROLE), className="reason")
    below = [CHANGES_END, *([COMES_BACK] if any(grant.of_group for grant in one.grants) else [])]
    return panel(here, here.say(ROLES_), [shown, html.Br(), form], below=" ".join(map(here.say, below)))


# ---------------------------------------------------------------- what the forms do


def _role(posted: Posted) -> Role:
    value = posted.choice("role", ROLES)
    return Role(value) if value in ROLES else Role.VIEWER


def add(here: Context, posted: Posted) -> Answer:
    """Add a person, with a first role where a unit is chosen; the password is in this answer and nowhere else."""
    login, name = posted.text("login", most=60, need=True), posted.text("name", need=True)
    email, role, unit = posted.text("email", most=250), _role(posted), posted.raw("unit")
    posted.done()
    with here.session(write=True) as session:
        user_id, password = accounts.create_user(session, here.actor, login, name, email=email, now=here.now())
        if unit:
            accounts.grant(session, here.actor, user_id, scope.unit_by_code(session, here.actor, unit).id, role)
    return _once(here, here.say(ADDED, login=login), password)


def _once(here: Context, message: str, password: str) -> Answer:
    return {"message": message, "tone": "good", "secret": {"label": here.say(ONCE), "value": password}}


def _id(session: Session, here: Context, posted: Posted) -> int:
    return accounts.find_user(session, here.actor, posted.raw("person"))


def change(here: Context, posted: Posted) -> Answer:
    """Change name and mail address."""
    name, email = posted.text("name", need=True), posted.text("email", most=250)
    posted.done()
    with here.session(write=True) as session:
        user_id = _id(session, here, posted)
        accounts.change_user(session, here.actor, user_id, name=name, email=email, now=here.now())
    return _go(posted)


def _go(posted: Posted) -> Answer:
    return {"go": frame.at(KEY, person=posted.raw("person"), message="saved")}


def access(here: Context, posted: Posted) -> Answer:
    """Give a new password, end sessions, shut out or let in."""
    step = posted.step
    with here.session(write=True) as session:
        user_id = _id(session, here, posted)
        if step == "password":
            password = accounts.set_password(session, here.actor, user_id)
            return _once(here, here.say(RESET, login=posted.raw("person")), password)
        if step == "end":
            accounts.end_sessions(session, here.actor, user_id)
        elif step in {"shut", "open"}:
            accounts.set_disabled(session, here.actor, user_id, disabled=step == "shut")
    return _go(posted)


def grant(here: Context, posted: Posted) -> Answer:
    """Give a role on a unit, in place of one there."""
    role, unit = _role(posted), posted.text("unit", need=True)
    posted.done()
    with here.session(write=True) as session:
        unit_id = scope.unit_by_code(session, here.actor, unit).id
        accounts.grant(session, here.actor, _id(session, here, posted), unit_id, role)
    return _go(posted)


def revoke(here: Context, posted: Posted) -> Answer:
    """Take a role away."""
    with here.session(write=True) as session:
        unit_id = scope.unit_by_code(session, here.actor, posted.raw("unit")).id
        accounts.revoke(session, here.actor, _id(session, here, posted), unit_id)
    return _go(posted)


ROUTES = {
    "add": add,
    "change": change,
    "access": access,
    "grant": grant,
    "revoke": revoke,
    "link": identities.link,
    "unlink": identities.unlink,
}
