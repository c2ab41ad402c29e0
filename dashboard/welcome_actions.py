"""What the first steps do: an organisation from a workbook, a first file, a first target; by hand: see `welcome_site`."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import flask
from dash import Dash
from flask.typing import ResponseReturnValue

from dashboard import context, welcome_site
from dashboard.admin.answers import CODE_LENGTH, CODE_WRONG, Answer, Handler, Invalid, Posted, answered, said
from dashboard.components.links import address
from dashboard.context import Context
from dashboard.imports_actions import safe_name
from monitor import i18n
from monitor.domain.access import Action
from monitor.domain.resources import RESOURCES
from monitor.i18n import N_
from monitor.intake import pipeline
from monitor.intake.receipt import COUNTS
from monitor.intake.registry import importer
from monitor.intake.resolve import Known
from monitor.queries import operations, scope
from monitor.services import organisation, sources, template
from monitor.services.sources import SourceSpec
from monitor.services.targets import set_target

BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 200  # lines of a table in an answer
ANY = ""  # a layout to be found out
NO_FILE = N_("Choose a file first.")
ALL_RIGHT = N_("Every row was understood: {units} units, {places} places, {meters} meters.")
TO_MEND = N_("Nothing was changed: {count} cells are to be mended.")
WRONG_CELLS = N_("What is to be mended")
FITS = N_("{file} was read with the layout {layout}: {counts}. Nothing has been imported yet.")
NO_LAYOUT = N_(
    "None of the layouts at hand fits {file}. Choose one to see why, or describe the file in a profile of your own."
)
OTHERWISE = N_("There is a source {code} that reads another layout; choose another name.")
BEFORE = N_("The baseline year lies before the target's year.")
FIELDS = {"FACT_NEEDS_REASON": "facts", "SITE_TOO_MUCH": "shares", "SITE_MIXED_SHARES": "shares"}
TOTALS, ISSUES = N_("Totals per meter and month"), N_("Refused rows and remarks")


def register(app: Dash) -> None:
    """Add the routes."""
    handlers: dict[str, Handler] = {"template": _template, "file": _file, "target": _target, **welcome_site.HANDLERS}
    for name, handler in handlers.items():
        app.server.add_url_rule(f"/welcome/{name}", f"welcome_{name}", _posted(handler), methods=["POST"])
    app.server.add_url_rule("/welcome/template.xlsx", "welcome_template_file", _download)


def _posted(handler: Handler) -> Callable[[], ResponseReturnValue]:
    def allowed(here: Context, posted: Posted) -> Answer:
        with here.session() as session:
            organisation.require_founder(session, here.actor)
        return handler(here, posted)

    return lambda: answered(context.current(), allowed, FIELDS)


def _download() -> ResponseReturnValue:
    """Give the template: empty, or with `present` the organisation as it stands, to its administrators."""
    here = context.current()
    content = template.blank()
    if flask.request.args.get("present"):
        if not here.actor.may_everywhere(Action.MANAGE_ORGANISATION):
            flask.abort(403)
        with here.session() as session:
            content = template.export(session, here.actor)
    name = "jieyue-organisation.xlsx"
    return flask.Response(content, mimetype=BOOK, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _upload(here: Context) -> tuple[str, bytes]:
    given = flask.request.files.get("file")
    data = given.read() if given is not None else b""
    if given is None or not data:
        raise Invalid({"file": said(here, "NEEDED", NO_FILE)})
    return safe_name(given.filename or ""), data


# ---------------------------------------------------------------- organisation


def _template(here: Context, posted: Posted) -> Answer:
    """Read a filled-in template; with the step apply it becomes the organisation."""
    name, data = _upload(here)
    with here.session(write=posted.step == "apply") as session:
        found = template.look(session, here.actor, data, name)
        if not found.problems and posted.step == "apply":
            template.take(session, here.actor, found.spec, now=here.now())
            return {"go": address("/welcome", message="organisation")}
    if found.problems:
        heads = [(here.say(head), "text") for head in (WRONG_CELLS, N_("Code"))]
        lines = [[one.said(here.language), one.code] for one in found.problems[:SHOWN]]
        message = said(here, "TEMPLATE_WRONG", TO_MEND, count=len(found.problems))
        return {"message": message, "tone": "bad", "tables": [{"title": name, "heads": heads, "rows": lines}]}
    counts = {"units": len(found.spec.all_units()), "places": len(found.spec.places), "meters": len(found.spec.meters)}
    return {"message": here.say(ALL_RIGHT, **counts), "tone": "good"}


# ---------------------------------------------------------------- the first file


def layouts() -> list[str]:
    """Name the layouts that come with the program."""
    schema = importer("tabular").Options.model_json_schema()
    return list(schema["properties"]["profile"].get("choices", []))


def _file(here: Context, posted: Posted) -> Answer:
    """Read a file as one of the layouts would; with the step apply import it and keep its source."""
    name, data = _upload(here)
    chosen = posted.choice("layout", [ANY, *layouts()])
    here.actor.require_everywhere(Action.IMPORT)
    with TemporaryDirectory(dir=here.site.uploads) as folder:  # the form sends it again: nothing waits with names in it
        path = Path(folder) / name
        path.write_bytes(data)
        return _look(here, posted, path, chosen)


def _look(here: Context, posted: Posted, path: Path, chosen: str) -> Answer:
    layout, found = _read(here, path, chosen)
    if layout is None or found["error"]:
        return _unfit(here, path.name, found if chosen else None)
    if posted.step == "apply":
        return _import(here, posted, path, layout)
    counts = here.say(N_(", ")).join(
        f"{here.say(COUNTS[key])} {i18n.number(value, here.language)}" for key, value in found["counts"].items()
    )
    message = here.say(FITS, file=path.name, layout=layout, counts=counts)
    tables = [one for one in (_totals(here, found), _issues(here, found)) if one["rows"]]
    return {"message": message, "tone": "warn" if found["issues"] else "good", "tables": tables}


def _read(here: Context, path: Path, chosen: str) -> tuple[str | None, dict[str, Any]]:
    """Preview a file with the layout chosen, or with each at hand: the one that understands most rows."""
    with here.session() as session:
        resolve = Known(session, 0)
    best: tuple[str | None, dict[str, Any]] = (None, {"error": True})
    for layout in [chosen] if chosen else layouts():
        found = pipeline.preview("tabular", {"profile": layout}, [path], resolve=resolve, archive=here.site.archive)
        plain = found.to_json()
        if chosen or (not plain["error"] and _understood(plain) > _understood(best[1])):
            best = (layout, plain)
    return best


def _understood(found: Mapping[str, Any]) -> int:
    return 0 if found["error"] else int(found["counts"]["read"]) - int(found["counts"]["refused"])


def _unfit(here: Context, name: str, found: Mapping[str, Any] | None) -> Answer:
    if found is None:
        return {"message": said(here, "NO_LAYOUT", NO_LAYOUT, file=name), "tone": "bad"}
    error = found["error"]
    return {"message": f"{error['message'][here.language]} [{error['code']}]", "tone": "bad"}


def _import(here: Context, posted: Posted, path: Path, layout: str) -> Answer:
    code = posted.text("source", most=CODE_LENGTH, need=True)
    if code and not re.fullmatch(r"[\w.-]+", code):
        posted.refuse("source", "CODE_WRONG", CODE_WRONG, most=CODE_LENGTH)
    elif _otherwise(here, code, layout):
        posted.refuse("source", "SOURCE_OTHERWISE", OTHERWISE, code=code)
    schedule = posted.text("schedule")
    posted.done()
    inbox = here.site.settings.data / "inbox" / safe_name(code)
    inbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {"profile": layout, "inbox": str(inbox.resolve())}
    zone = here.site.settings.zone
    spec = SourceSpec(code=code, zh=code, kind="tabular", options=options, schedule=schedule, zone=zone)
    with here.session(write=True) as session:
        source = sources.configure(session, here.actor, spec, check=pipeline.check_options, now=here.now())
    receipt = pipeline.import_file(
        here.site.database, source, path, actor=here.actor, now=here.now(), archive=here.site.archive
    )
    return {"go": address("/welcome", message="file", run=receipt.run_id)}


def _otherwise(here: Context, code: str, layout: str) -> bool:
    """Tell whether a source of this code reads something else: it is not to be changed by the way."""
    with here.session() as session:
        found = {row.code: row.id for row in operations.sources(session, here.actor)}
        if code not in found:
            return False
        kind, options = sources.importer_of(session, here.actor, found[code])
    return kind != "tabular" or options.get("profile") != layout


def _totals(here: Context, found: dict[str, Any]) -> dict[str, Any]:
    heads = [here.say(head) for head in (N_("Meter"), N_("Month"), N_("Readings"), N_("Total"), N_("Measure"))]
    kinds = ("text", "text", "num", "num", "text")
    lines = [
        [
            one["meter"],
            one["month"],
            i18n.number(one["readings"], here.language),
            i18n.number(Decimal(str(one["display"]["value"])), here.language, 1),
            one["display"]["measure"],
        ]
        for one in found["totals"][:SHOWN]
    ]
    return {"title": here.say(TOTALS), "heads": list(zip(heads, kinds, strict=True)), "rows": lines}


def _issues(here: Context, found: dict[str, Any]) -> dict[str, Any]:
    heads = [here.say(head) for head in (N_("Row"), N_("Column"), N_("Value"), N_("What is wrong"), N_("Code"))]
    lines = [
        [str(one["row"] or ""), one["column"], one["value"], one["message"][here.language], one["code"]]
        for one in found["issues"][:SHOWN]
    ]
    return {"title": here.say(ISSUES), "heads": [(head, "text") for head in heads], "rows": lines}


# ---------------------------------------------------------------- the first target


def _target(here: Context, posted: Posted) -> Answer:
    """Promise a reduction and show how it stands."""
    with here.session() as session:
        rows = {row.code: row.id for row in scope.units(session, here.actor)}
    unit, resource = posted.choice("unit", rows), posted.choice("resource", RESOURCES)
    year, baseline = posted.whole("year"), posted.whole("baseline")
    percent = posted.number("percent", need=True)
    if year and baseline >= year:
        posted.refuse("baseline", "BASELINE_NOT_BEFORE", BEFORE)
    posted.done()
    reduction = int((percent or Decimal(0)) * 10_000)
    with here.session(write=True) as session:
        terms: dict[str, Any] = {"year": year, "baseline_year": baseline, "reduction": reduction}
        set_target(session, here.actor, rows[unit], resource, **terms, now=here.now())
    return {"go": address("/", unit=unit, year=year)}
