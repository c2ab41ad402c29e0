"""Sources: made and changed from their importer's own options, tried without importing, run now, switched off."""

from datetime import datetime
from typing import Any

import flask
from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame, source_options
from dashboard.admin.answers import Answer, Invalid, Posted, code_of, everywhere, said
from dashboard.components.editor import button, editor, field, rows
from dashboard.components.layout import grid, panel
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, shown
from dashboard.context import Context
from dashboard.imports_actions import keep, uploaded
from monitor import i18n
from monitor.domain.access import Action
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.intake import pipeline, registry
from monitor.intake.receipt import COUNTS
from monitor.intake.resolve import Known
from monitor.queries import admin as queries
from monitor.queries import managed, operations
from monitor.queries.admin import SourceDetail
from monitor.queries.scope import name as name_of
from monitor.services import schedule, sources
from monitor.services.sources import SourceSpec

KEY, NAME = "sources", N_("Sources")
ALLOWED = everywhere(Action.IMPORT)
CODE, ZH, EN, KIND, SCHEDULE = N_("Code"), N_("Name in Chinese"), N_("Name in English"), N_("Kind"), N_("Schedule")
ZONE, LATE, CATCH_UP, ON, ALIASES = (
    N_("Time zone"),
    N_("Late after (hours)"),
    N_("Caught up (days back)"),
    N_("Switched on"),
    N_("What it calls the meters"),
)
ALIAS, METER, NEXT, NEW, STATE = (
    N_("Name in the source"),
    N_("Meter"),
    N_("Next run"),
    N_("New source: {kind}"),
    N_("State"),
)
HINT_SCHEDULE = N_("Five fields as in crontab; 30 2 * * * is 02:30 daily. Empty: by hand only.")
HINT_LATE = N_("Without a new file for so long it counts as late; 0: never.")
HINT_CODE = N_("Letters, digits, - and _; it cannot be changed later.")
CHECK, SAVE, TRY, RUN = N_("Check and show the next runs"), N_("Save"), N_("Try a file"), N_("Run now")
FILE, FINE, BY_HAND = N_("A file to try"), N_("These options can be used. Next runs: {runs}"), N_("by hand only")
TRIED, NOTHING_STORED = N_("{file}: {counts}. Nothing was stored."), N_("Try: nothing is imported.")
TOTALS, ISSUES, NO_FILE = N_("Totals per meter and month"), N_("Refused rows and remarks"), N_("Choose a file first.")
PING, HINT_PING = (
    N_("Sign of life"),
    N_(
        "Address that is called after each import, or a reference to one (file:NAME); where it fails, with /fail behind it."
    ),
)
RUNNING, OFF, ON_WORD = N_("Run now"), N_("off"), N_("on")
IMPORTS = N_("Receipts of this source")
FIELDS = {"SCHEDULE_INVALID": "schedule", "ZONE_UNKNOWN": "zone", "PING_WRONG": "ping"}
RUNS, SHOWN = 3, 200
HOUR, DAY = 3600, 86_400


def layout(here: Context, session: Session, given: dict[str, str]) -> list[Component]:
    """Build the list, a source (parameter source: code), or the form of a new one (parameter new: kind)."""
    if given.get("source"):
        return _one(here, session, given["source"])
    if given.get("new"):
        kind = given["new"]
        form = _form(here, session, kind, None)
        title = here.say(NEW, kind=kind)
        return [frame.back(here, KEY), grid(panel(here, title, form))]
    heads = (CODE, N_("Name"), KIND, STATE, SCHEDULE)
    columns = (
        *(Column(here.say(title), "link" if title == CODE else "text") for title in heads),
        Column(here.say(NEXT), "moment"),
    )
    lines = [
        (
            (row.code, frame.at(KEY, source=row.code)),
            name_of(row, here.language),
            row.kind,
            here.say(ON_WORD if row.enabled else OFF),
            row.schedule or here.say(BY_HAND),
            here.local(row.next_run),
        )
        for row in operations.sources(session, here.actor, now=here.now())
    ]
    tools = [
        html.A(here.say(NEW, kind=kind), href=frame.at(KEY, new=kind), className="button")
        for kind in registry.importers()
    ]
    return [grid(frame.listing(here, here.say(NAME), Table(columns, lines), tools=tools))]


def _one(here: Context, session: Session, code: str) -> list[Component]:
    found = queries.source(session, here.actor, code)
    written = queries.history(session, here.actor, [f"source:{code}", f"alias:{code}:"])
    run = editor(here, "/admin/sources/run", [], [button(here.say(RUN))], source=code)
    tools = [html.A(here.say(IMPORTS), href=address("/imports", source=code))]
    below = f"{found.kind} · {here.say(NEXT)}: {_next(here, found.schedule if found.enabled else '', found.zone)}"
    return [
        frame.back(here, KEY),
        grid(
            panel(
                here, name_of(found, here.language), _form(here, session, found.kind, found), below=below, tools=tools
            )
        ),
        grid(panel(here, here.say(RUNNING), run)),
        grid(frame.history(here, written)),
    ]


def _form(here: Context, session: Session, kind: str, found: SourceDetail | None) -> Component:
    values = found.options if found else {}
    own = [
        field(
            "code", here.say(CODE), found.code if found else "", disabled=found is not None, hint=here.say(HINT_CODE)
        ),
        field("zh", here.say(ZH), found.name_zh if found else ""),
        field("en", here.say(EN), found.name_en if found else ""),
        *source_options.fields(here, kind, values),
        field("schedule", here.say(SCHEDULE), found.schedule if found else "", hint=here.say(HINT_SCHEDULE)),
        field("zone", here.say(ZONE), found.zone if found else here.site.settings.zone),
        field(
            "late", here.say(LATE), (found.late_after // HOUR) if found else 0, kind="number", hint=here.say(HINT_LATE)
        ),
        field("catch_up", here.say(CATCH_UP), (found.catch_up // DAY) if found else 35, kind="number"),
        field("ping", here.say(PING), found.ping if found else "", hint=here.say(HINT_PING)),
        field("enabled", here.say(ON), found.enabled if found else True, kind="check"),
        rows(
            "aliases",
            here.say(ALIASES),
            [field("alias", here.say(ALIAS)), field("meter", here.say(METER), options="meters")],
            sorted(found.aliases.items()) if found else [],
        ),
        field("file", here.say(FILE), kind="file", hint=here.say(NOTHING_STORED), wide=True),
    ]
    listed = [
        (row.code, f"{row.code} · {name_of(row, here.language)}")
        for row in managed.meters(session, here.actor, here.now().date())
    ]
    buttons = [
        button(here.say(CHECK), "look", main=False),
        button(here.say(TRY), "try", main=False),
        button(here.say(SAVE)),
    ]
    hidden = {"kind": kind, **({"source": found.code} if found else {})}
    return editor(here, "/admin/sources/save", own, buttons, lists={"meters": [("", ""), *listed]}, **hidden)


def _next(here: Context, line: str, zone: str) -> str:
    """Say the next runs of a schedule, on the site's clock."""
    found: list[str] = []
    at: datetime | None = here.now()
    while line and at is not None and len(found) < RUNS:
        at = operations.next_run(line, zone, at)
        if at is not None:
            found.append(i18n.moment(here.local(at), here.language))
            at = at.replace(second=1)
    return here.say(N_("; ")).join(found) or here.say(BY_HAND)


# ---------------------------------------------------------------- what the forms do


def save(here: Context, posted: Posted) -> Answer:
    """Check, try a file, or store: the same reading of the form for all three."""
    code = posted.raw("source")
    with here.session() as session:
        known = {row.code for row in operations.sources(session, here.actor)}
        before = queries.source(session, here.actor, code) if code else None
    code = code or code_of(posted, known)
    spec = _spec(here, posted, code, before)
    if posted.step == "try":
        return _try(here, spec, before)
    sources.check_clock(spec.schedule, spec.zone)
    if posted.step == "look":
        runs = _next(here, spec.schedule if spec.enabled else "", spec.zone)
        return {"message": here.say(FINE, runs=runs), "tone": "good"}
    with here.session(write=True) as session:
        sources.configure(session, here.actor, spec, check=pipeline.check_options, now=here.now())
        sources.forget_aliases(session, here.actor, code, keep=spec.aliases, now=here.now())
    return {"go": frame.at(KEY, source=code, message="saved")}


def _spec(here: Context, posted: Posted, code: str, before: SourceDetail | None) -> SourceSpec:
    kind = before.kind if before else posted.choice("kind", registry.importers())
    posted.done()
    options = source_options.read(here, posted, kind, before.options if before else {})
    values: dict[str, Any] = {name: posted.text(name) for name in ("zh", "en", "schedule", "zone", "ping")}
    sources.check_ping(values["ping"])
    values |= {"late_after": posted.whole("late") * HOUR, "catch_up": posted.whole("catch_up", 35) * DAY}
    aliases = {line.text("alias", need=True): line.text("meter", need=True) for line in posted.lines("aliases")}
    posted.done()
    _checked(posted, kind, options)
    return SourceSpec(code=code, kind=kind, options=options, enabled=posted.check("enabled"), aliases=aliases, **values)


def _checked(posted: Posted, kind: str, options: dict[str, Any]) -> None:
    """Refuse options that the importer does not take, beside the field concerned."""
    try:
        pipeline.check_options(kind, options)
    except ConfigurationError as error:
        named = source_options.BEGINNING + str(error.data.get("key", "")).partition(".")[0]
        own = f"{named}_toml" in posted.form and isinstance(options.get(named[2:]), dict)
        posted.refuse(f"{named}_toml" if own else named, error.code, error.template, **error.data)
    posted.done()


def _try(here: Context, spec: SourceSpec, before: SourceDetail | None) -> Answer:
    """Read an uploaded file as these options would, without storing anything of it."""
    given = flask.request.files.get("file")
    data = given.read() if given is not None else b""
    path = uploaded(here, keep(here, given.filename or "", data)) if given is not None and data else None
    if path is None:
        raise Invalid({"file": said(here, "NEEDED", NO_FILE)})
    with here.session() as session:
        resolve = Known(session, before.id) if before else None
    found = pipeline.preview(spec.kind, spec.options, [path], resolve=resolve, archive=here.site.archive).to_json()
    if found["error"]:
        message = f"{found['error']['message'][here.language]} [{found['error']['code']}]"
        return {"message": message, "tone": "bad"}
    counts = here.say(N_(", ")).join(
        f"{here.say(COUNTS[key])} {i18n.number(value, here.language)}" for key, value in found["counts"].items()
    )
    return {
        "message": here.say(TRIED, file=path.name, counts=counts),
        "tone": "good" if not found["issues"] else "warn",
        "tables": [one for one in (_totals(here, found), _issues(here, found)) if one["rows"]],
    }


def _totals(here: Context, found: dict[str, Any]) -> dict[str, Any]:
    heads = [here.say(title) for title in (METER, N_("Month"), N_("Readings"), N_("Total"), N_("Measure"))]
    number = Column("", "number")
    lines = [
        [
            one["meter"],
            one["month"],
            shown(one["readings"], number, here.language),
            str(one["display"]["value"]),
            one["display"]["measure"],
        ]
        for one in found["totals"][:SHOWN]
    ]
    kinds = ("text", "text", "num", "num", "text")
    return {"title": here.say(TOTALS), "heads": list(zip(heads, kinds, strict=True)), "rows": lines}


def _issues(here: Context, found: dict[str, Any]) -> dict[str, Any]:
    heads = [here.say(title) for title in (N_("Row"), N_("Column"), N_("Value"), N_("What is wrong"), CODE)]
    lines = [
        [str(one["row"] or ""), one["column"], one["value"], one["message"][here.language], one["code"]]
        for one in found["issues"][:SHOWN]
    ]
    return {"title": here.say(ISSUES), "heads": [(head, "text") for head in heads], "rows": lines}


def run(here: Context, posted: Posted) -> Answer:
    """Put a run into the ledger; the scheduler starts it at its next look."""
    code = posted.raw("source")
    with here.session(write=True) as session:
        found = queries.source(session, here.actor, code)
        schedule.run_now(session, here.actor, found.id, here.now())
    return {"go": frame.at(KEY, source=code, message="started")}


ROUTES = {"save": save, "run": run}
