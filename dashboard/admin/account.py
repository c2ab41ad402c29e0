"""My account: one's own password, changed by whoever knows the old one."""

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import identities
from dashboard.admin.answers import Answer, Posted
from dashboard.components.editor import button, editor, field
from dashboard.components.layout import grid, panel
from dashboard.context import Context
from monitor.domain.access import Actor
from monitor.i18n import N_
from monitor.services import accounts, passwords

KEY, NAME = "account", N_("My account")
OLD, NEW, AGAIN, CHANGE = N_("Present password"), N_("New password"), N_("New password again"), N_("Change my password")
WRONG, DIFFER = N_("This is not your present password."), N_("The two new passwords differ.")
HINT, AFTER = N_("At least {least} characters."), N_("All your sessions end; sign in again with the new one.")
KEEP = N_("Keep my tokens")
KEEP_HINT = N_(
    "Programs go on reading with them. Not chosen, they end at once: right where somebody may know the old password."
)
LONGEST = 1000
FIELDS = {"PASSWORD_SHORT": "new", "PASSWORD_GUESSED": "new", "PASSWORD_LEAKED": "new"}


def ALLOWED(actor: Actor) -> bool:  # noqa: N802 - what the sections call it
    """Whoever is signed in."""
    return actor.user_id is not None


def layout(here: Context, session: Session, given: dict[str, str]) -> list[Component]:  # noqa: ARG001 - sections have one shape
    """Build the form, and what is linked."""
    fields = [
        field("old", here.say(OLD), kind="password"),
        field("new", here.say(NEW), kind="password", hint=here.say(HINT, least=passwords.SHORTEST)),
        field("again", here.say(AGAIN), kind="password"),
        field("keep", here.say(KEEP), value=False, kind="check", hint=here.say(KEEP_HINT)),
    ]
    form = editor(here, "/admin/account/password", fields, [button(here.say(CHANGE))])
    own = panel(here, f"{here.say(NAME)} · {here.name}", form, below=here.say(AFTER))
    return [grid(own), grid(*identities.panel_of(here, session, here.actor.login, here.actor.user_id or 0))]


def password(here: Context, posted: Posted) -> Answer:
    """Change the own password; a wrong present one counts as a wrong try to sign in."""
    old, new, again = (posted.form.get(name, "")[:LONGEST] for name in ("old", "new", "again"))
    for name, value in (("old", old), ("new", new)):
        if not value:
            posted.text(name, need=True)
    if new != again:
        posted.refuse("again", "PASSWORDS_DIFFER", DIFFER)
    posted.done()
    with here.session(write=True) as session:
        known = accounts.authenticate(session, here.actor.login, old, here.now())
    if known is None:
        posted.refuse("old", "PASSWORD_WRONG", WRONG)
    posted.done()
    with here.session(write=True) as session:
        keep = posted.check("keep")
        accounts.set_password(session, here.actor, here.actor.user_id or 0, new, keep_tokens=keep)
    return {"go": "/login"}


ROUTES = {"password": password, "unlink": identities.unlink}
