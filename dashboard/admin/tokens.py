"""Tokens: keys for programs, shown once when made, limited by scopes and a sub-tree, ended at any time."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame
from dashboard.admin.answers import Answer, Posted, somewhere
from dashboard.admin.words import unit_options
from dashboard.components.editor import button, editor, field
from dashboard.components.layout import grid, panel
from dashboard.components.tables import Column, Table
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.i18n import N_
from monitor.queries import scope
from monitor.services import tokens
from monitor.services.tokens import SCOPES, TokenRow

KEY, NAME = "tokens", N_("Tokens")
ALLOWED = somewhere(Action.VIEW)
TITLE, OWNER, BEGINS, MAY, LIMIT = N_("What uses it"), N_("Person"), N_("Begins with"), N_("May read"), N_("Only below")
EXPIRES, USED, STATE = N_("Valid until"), N_("Last used"), N_("State")
MAKE, REVOKE, SURE = N_("Make a token"), N_("Revoke"), N_("Revoke {name}? Programs that use it are refused at once.")
ONCE, MADE = N_("Token, shown this once"), N_("The token {name} was made.")
STATES = {"valid": N_("valid"), "expired": N_("expired"), "revoked": N_("revoked")}
WHOLE, DESCRIBED = N_("All that I may see"), N_("What programs can ask")
EXPLAINED = N_("A token reads for its owner, never more than the owner may see, and changes nothing.")
NEW = N_("New token")
USUAL = timedelta(days=365)
FIELDS = {"TOKEN_NAME": "name", "TOKEN_SCOPES": f"scope_{next(iter(SCOPES))}", "TOKEN_EXPIRY": "expires"}


def layout(here: Context, session: Session, given: dict[str, str]) -> list[Component]:  # noqa: ARG001 - sections have one shape
    """Build the list (everybody's for who manages people, else one's own) and the form."""
    every = here.actor.may_everywhere(Action.MANAGE_PEOPLE)
    found = tokens.list_all(session, here.actor) if every else tokens.own(session, here.actor)
    kinds = ("text", "text", "text", "text", "text", "moment", "moment", "text", "text")
    heads = (TITLE, OWNER, BEGINS, MAY, LIMIT, EXPIRES, USED, STATE)
    titles = [*(here.say(title) for title in heads), ""]
    columns = tuple(Column(title, kind) for title, kind in zip(titles, kinds, strict=True))  # type: ignore[arg-type]
    content = Table(columns, [_line(here, one) for one in found])
    tools = [html.A(here.say(DESCRIBED), href="/api/docs")]
    return [
        grid(frame.listing(here, here.say(NAME), content, below=here.say(EXPLAINED), tools=tools)),
        grid(panel(here, here.say(NEW), _form(here, session))),
    ]


def _line(here: Context, one: TokenRow) -> tuple[Any, ...]:
    state = one.state(here.now())
    unit = (one.unit_name_zh if here.language == "zh" else one.unit_name_en) if one.unit_code else None
    may = here.say(N_("; ")).join(here.say(SCOPES[scope]) for scope in one.scopes if scope in SCOPES)
    end = ""
    if state == "valid":
        sure = here.say(SURE, name=one.name)
        end = editor(
            here, "/admin/tokens/revoke", [], [button(here.say(REVOKE), confirm=sure, main=False)], token=one.id
        )
    times = (here.local(one.expires_at), here.local(one.used_at))
    return (one.name, one.login, f"{one.prefix}…", may, unit, *times, here.say(STATES[state]), end)


def _form(here: Context, session: Session) -> Component:
    until = (here.local(here.now() + USUAL) or here.now()).date().isoformat()
    units = [("", here.say(WHOLE)), *unit_options(here, session, Action.VIEW)]
    fields = [
        field("name", here.say(TITLE)),
        field("expires", here.say(EXPIRES), until, kind="day"),
        field("unit", here.say(LIMIT), options=units),
        *(field(f"scope_{code}", here.say(word), value=True, kind="check") for code, word in SCOPES.items()),
    ]
    return editor(here, "/admin/tokens/make", fields, [button(here.say(MAKE))])


def make(here: Context, posted: Posted) -> Answer:
    """Make a token for oneself; it is in this answer and nowhere else."""
    name, until, unit = posted.text("name", most=100, need=True), posted.day("expires", need=True), posted.raw("unit")
    chosen = [code for code in SCOPES if posted.check(f"scope_{code}")]
    posted.done()
    assert until is not None  # noqa: S101 - `done` saw to it
    end = datetime.combine(until, time(), ZoneInfo(here.site.settings.zone)) + timedelta(days=1)
    with here.session(write=True) as session:
        unit_id = scope.unit_by_code(session, here.actor, unit).id if unit else None
        _, token = tokens.create(session, here.actor, name, chosen, expires_at=end, unit_id=unit_id, now=here.now())
    secret = {"label": here.say(ONCE), "value": token}
    return {"message": here.say(MADE, name=name), "tone": "good", "secret": secret}


def revoke(here: Context, posted: Posted) -> Answer:
    """End a token at once."""
    with here.session(write=True) as session:
        tokens.revoke(session, here.actor, posted.whole("token"), now=here.now())
    return {"go": frame.at(KEY, message="saved")}


ROUTES = {"make": make, "revoke": revoke}
