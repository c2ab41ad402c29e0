"""Settings: each with where its value comes from; what environment or file fix cannot be changed here."""

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame
from dashboard.admin.answers import Answer, Posted, everywhere, said
from dashboard.components.editor import button, editor, field
from dashboard.components.layout import grid, panel
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.errors import JieyueError
from monitor.i18n import N_
from monitor.queries import admin as queries
from monitor.services import settings as service
from monitor.services.settings import SettingRow

KEY, NAME = "settings", N_("Settings")
ALLOWED = everywhere(Action.MANAGE_ORGANISATION)
SAVE = N_("Save")
ORIGINS = {
    "command": N_("Fixed by the command line."),
    "environment": N_("Fixed by the environment ({name})."),
    "file": N_("Fixed by the settings file."),
    "stored": N_("Set on this page."),
    "default": N_("Default."),
}
IN_PERCENT = N_("{label} (%)")
RESTART = N_("Takes effect after a restart.")
NO_ENCRYPTION, STARTTLS, TLS = N_("None"), N_("STARTTLS"), N_("TLS from the start")
CHOICES = {"none": NO_ENCRYPTION, "starttls": STARTTLS, "tls": TLS, service.YES: N_("yes"), service.NO: N_("no")}
OF_PROCESS, SETTING, VALUE, ORIGIN = (
    N_("Needed before the database opens"),
    N_("Setting"),
    N_("Value"),
    N_("Comes from"),
)
ONLY_OUTSIDE = N_("These are given by command line, environment or jieyue.toml, and need a restart.")
OUTSIDE = (
    *("data", "folders", "web.host", "web.port", "web.base_path", "web.hosts", "web.trusted_proxies"),
    *("web.threads", "web.connections", "metrics.allow", "log.format", "log.level"),
)


def layout(here: Context, session: Session, given: dict[str, str]) -> list[Component]:  # noqa: ARG001 - sections have one shape
    """Build the page."""
    rows = service.listed(session, here.actor, here.site.given)
    groups: dict[str, list[SettingRow]] = {}
    for row in rows:
        groups.setdefault(row.what.group, []).append(row)
    panels = [grid(_group(here, title, of_group)) for title, of_group in groups.items()]
    written = queries.history(session, here.actor, ["setting:"])
    return [*panels, grid(_outside(here)), grid(frame.history(here, written))]


def _group(here: Context, title: str, rows: list[SettingRow]) -> Component:
    fields = [_field(here, row) for row in rows]
    buttons = [] if all(row.fixed for row in rows) else [button(here.say(SAVE))]
    return panel(here, here.say(title), editor(here, "/admin/settings/save", fields, buttons))


def _field(here: Context, row: SettingRow) -> dict[str, object]:
    one = row.what
    where = here.say(ORIGINS[row.origin], name="JIEYUE_" + one.key.upper().replace(".", "__"))
    hint = " ".join(
        part
        for part in (here.say(one.hint) if one.hint else "", where, here.say(RESTART) if one.restart else "")
        if part
    )
    label = here.say(one.label)
    if one.kind == "percent":
        label = here.say(IN_PERCENT, label=label)
    options = [(code, here.say(CHOICES[code])) for code in one.choices]
    kind = "number" if one.kind in {"number", "percent"} else "text"
    return field(one.key, label, row.value, kind=kind, hint=hint, options=options, disabled=row.fixed)


def _outside(here: Context) -> Component:
    settings = here.site.given
    columns = tuple(Column(here.say(title)) for title in (SETTING, VALUE, ORIGIN))
    lines = [
        (
            key,
            _text(settings.value(key)),
            here.say(ORIGINS[settings.origin(key)], name="JIEYUE_" + key.upper().replace(".", "__")),
        )
        for key in OUTSIDE
    ]
    shown = table(Table(columns, lines), here.language)
    return panel(here, here.say(OF_PROCESS), shown, below=here.say(ONLY_OUTSIDE))


def _text(value: object) -> str | None:
    return ", ".join(value) or None if isinstance(value, list) else str(value)


def save(here: Context, posted: Posted) -> Answer:
    """Store what differs; one that cannot be used is told beside its field, and nothing is stored."""
    known = [one.key for one in service.EDITABLE if one.key in posted.form]
    texts = {key: posted.text(key, most=2000) for key in known}
    posted.done()
    with here.session(write=True) as session:
        for key, text in texts.items():
            try:
                with session.begin_nested():
                    service.change(session, here.actor, here.site.given, {key: text}, now=here.now())
            except JieyueError as error:
                if error.code in {"NOT_FOUND", "FORBIDDEN"}:
                    raise
                posted.wrong[key] = said(here, error.code, error.template, **error.data)
        posted.done()
    here.site.live.forget()
    return {"go": frame.at(KEY, message="saved")}


ROUTES = {"save": save}
