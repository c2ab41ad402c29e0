"""Accounts at the identity provider that are linked to a person: shown and taken away, by that person or an administrator."""

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame
from dashboard.admin.answers import Answer, Posted
from dashboard.components.editor import button, editor, field
from dashboard.components.forms import post
from dashboard.components.layout import panel
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor.i18n import N_
from monitor.services import accounts, identities

TITLE, PROVIDER, IDENTIFIER = N_("Organisation's account"), N_("Provider"), N_("Identifier")
SINCE, SEEN, TAKE = N_("Linked since"), N_("Last sign-in"), N_("Take this link away")
LINK, LINK_MINE, NONE = N_("Link this account"), N_("Link my organisation's account"), N_("No account is linked.")
HINT = N_("The unchanging identifier (sub) of the person at {issuer}; the page that refused the person shows it.")
FOLLOW = N_("Roles that come from groups follow them at each sign-in; roles given here stay.")
FIELDS = {"SUBJECT_WRONG": "subject", "IDENTITY_LINKED": "subject"}


def panel_of(here: Context, session: Session, login: str, user_id: int) -> list[Component]:
    """Build the panel of a person's linked accounts; nothing where there is no provider and nothing is linked."""
    issuer, own = here.site.settings.oidc.issuer, here.actor.user_id == user_id
    rows = identities.linked(session, here.actor, user_id)
    if not issuer and not rows:
        return []
    base = "/admin/account/unlink" if own else "/admin/people/unlink"
    columns = (
        *(Column(here.say(title)) for title in (PROVIDER, IDENTIFIER)),
        *(Column(here.say(title), "moment") for title in (SINCE, SEEN)),
        Column(""),
    )
    lines = [
        (
            row.issuer,
            row.subject,
            here.local(row.created_at),
            here.local(row.seen_at),
            editor(here, base, [], [button(here.say(TAKE), main=False)], person=login, identity=str(row.id)),
        )
        for row in rows
    ]
    shown = table(Table(columns, lines), here.language) if lines else html.P(here.say(NONE), className="reason")
    return [
        panel(here, here.say(TITLE), [shown, html.Br(), *_forms(here, login, issuer, own=own)], below=here.say(FOLLOW))
    ]


def _forms(here: Context, login: str, issuer: str, *, own: bool) -> list[Component]:
    if not issuer:
        return []
    if own:
        return [post("/login/oidc/link", html.Button(here.say(LINK_MINE), type="submit", className="button"), here)]
    subject = field("subject", here.say(IDENTIFIER), hint=here.say(HINT, issuer=issuer))
    return [editor(here, "/admin/people/link", [subject], [button(here.say(LINK))], person=login)]


# ---------------------------------------------------------------- what the forms do


def link(here: Context, posted: Posted) -> Answer:
    """Link an account that an administrator names to a person."""
    subject = posted.text("subject", most=255, need=True)
    posted.done()
    with here.session(write=True) as session:
        user_id = accounts.find_user(session, here.actor, posted.raw("person"))
        identities.link(session, here.actor, user_id, here.site.settings.oidc.issuer, subject, now=here.now())
    return {"go": frame.at("people", person=posted.raw("person"), message="saved")}


def unlink(here: Context, posted: Posted) -> Answer:
    """Take a link away."""
    number = posted.raw("identity")
    with here.session(write=True) as session:
        identities.unlink(session, here.actor, int(number) if number.isdecimal() else 0, now=here.now())
    own = here.actor.login == posted.raw("person")
    return {"go": "/login" if own else frame.at("people", person=posted.raw("person"), message="saved")}
