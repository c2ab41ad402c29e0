"""First steps: from an empty database to a first judged target; each step can be done later."""

from dataclasses import dataclass

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context, welcome_actions
from dashboard import welcome_forms as forms
from dashboard.components.editor import button, editor, field
from dashboard.components.layout import grid, head, panel
from dashboard.components.links import address
from dashboard.context import Context
from monitor.domain.periods import from_day
from monitor.domain.resources import RESOURCES
from monitor.i18n import N_
from monitor.queries import operations, scope, targets
from monitor.services import organisation
from monitor.services.organisation import SiteSpec

PATH = "/welcome"
NAME = N_("First steps")
QUESTION = N_("From an empty database to a first judged target: five steps, each can be done later.")
METERS = N_("Meters")
TITLES = (N_("Organisation"), N_("Places"), METERS, N_("First file"), N_("First target"))
DONE, TODO, LATER = N_("done"), N_("to do"), N_("Can be done later.")
STEP = N_("Step {number}: {title}")
HAVE_UNITS = N_("Units: {count}")
HAVE_PLACES = N_("Places: {count}")
HAVE_METERS = N_("Meters: {count}")
HAVE_FILES = N_("Files imported: {count}; the last one is {file}.")
HAVE_TARGETS = N_("Targets set for {year}: {count}")
FROM_BOOK, BY_HAND = N_("From the Excel template"), N_("By hand")
GET_BOOK, GET_PRESENT = N_("Download the template"), N_("Download with what is there now")
ABOUT_BOOK = N_(
    "Units, head counts and areas, places, meters and shares in one workbook with drop-down lists and notes."
)
FIRST_UNITS = N_("First an organisation is needed: step 1.")
FIRST_PLACES = N_("First a place is needed, where the meters stand: step 2.")
FIRST_METERS = N_("First a meter is needed, or its readings have nowhere to go: step 3.")
ALL_IN_PLACE = N_("All five steps are done. See how you stand on the overview.")
MESSAGES = {
    "organisation": N_("The organisation is set up; you are its administrator."),
    "units": N_("The units are there."),
    "facts": N_("Head counts and areas are set."),
    "places": N_("The places are there."),
    "meters": N_("The meters are there."),
    "shares": N_("The meter is shared out."),
    "file": N_("The file was imported; its receipt says what came in."),
}
MORE, NOTHING_YET = N_("Do more here"), N_("Nothing has been imported yet.")
CHECK, TAKE = N_("Check the file"), N_("Set it up")
LOOK, IMPORT = N_("Preview"), N_("Import, and keep it as a source")
FIND_OUT = N_("Find out (tries all layouts)")
HINT_LAYOUT = N_("What the file looks like; the preview tells whether it fits.")
HINT_SOURCE = N_("A short name for where such files come from.")
HINT_SCHEDULE = N_(
    "Crontab line such as 10 2 * * * for 02:10 daily; empty: by hand only. New files are fetched from the inbox."
)
HINT_PERCENT = N_("Less than in the baseline year, in percent: 5 for −5 %.")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the first steps are."""

    spec: SiteSpec
    files: int
    last: str
    targets: int
    year: int

    @property
    def done(self) -> tuple[bool, bool, bool, bool, bool]:
        """Tell which steps are done."""
        spec = self.spec
        return bool(spec.units), bool(spec.places), bool(spec.meters), self.files > 0, self.targets > 0


def layout(**given: str) -> Component:
    """Build the page: parameters message, run."""
    here = context.current()
    with here.session() as session:
        standing = _standing(session, here)
    steps = (_organisation, _places, _meters, _file, _target)
    drawn = [grid(_step(here, standing, number, step(here, standing))) for number, step in enumerate(steps)]
    return html.Div(
        [head(here.say(NAME), here.say(QUESTION)), *_message(here, given), _progress(here, standing), *drawn]
    )


def _standing(session: Session, here: Context) -> Standing:
    if organisation.require_founder(session, here.actor):
        return Standing(SiteSpec(), 0, "", 0, here.now().year)
    runs = [run for run in operations.runs(session, here.actor, limit=100) if run.state == "done" and run.document]
    year = from_day(targets.default_as_of(session, now=here.now())).year
    judged = sum(row.judged is not None for row in targets.board(session, here.actor, year))
    last = runs[0].document if runs else ""
    return Standing(organisation.describe(session, here.actor), len(runs), last, judged, year)


def _message(here: Context, given: dict[str, str]) -> list[Component]:
    sentence = MESSAGES.get(given.get("message", ""))
    if sentence is None:
        return []
    run = given.get("run", "")
    link = html.A(here.say(N_("Receipt")), href=address("/receipt", run=run)) if run.isdigit() else ""
    return [html.Div([here.say(sentence), " ", link], className="note good", role="status")]


def _progress(here: Context, standing: Standing) -> Component:
    parts: list[Component] = []
    for number, (title, done) in enumerate(zip(TITLES, standing.done, strict=True), 1):
        mark = f"✓ {here.say(DONE)}" if done else here.say(TODO)
        step = [html.A(here.say(title), href=f"#step-{number}"), html.Small(f" · {mark}")]
        parts.append(html.Li(step, className="done" if done else ""))
    end = [html.P(html.A(here.say(ALL_IN_PLACE), href=address("/", year=standing.year)))] if all(standing.done) else []
    return grid(html.Div([html.Ol(parts, className="steps"), *end], className="panel span-12"))


def _step(here: Context, standing: Standing, number: int, inside: list[Component]) -> Component:
    done = standing.done[number]
    said = (
        here.say(HAVE_UNITS, count=len(standing.spec.all_units())),
        here.say(HAVE_PLACES, count=len(standing.spec.places)),
        here.say(HAVE_METERS, count=len(standing.spec.meters)),
        here.say(HAVE_FILES, count=standing.files, file=standing.last),
        here.say(HAVE_TARGETS, count=standing.targets, year=standing.year),
    )[number]
    title = here.say(STEP, number=number + 1, title=here.say(TITLES[number]))
    if done:  # open where a meter is still nobody's
        waiting = TITLES[number] == METERS and bool(forms.nobodys(standing.spec))
        inside = [html.Details([html.Summary(here.say(MORE)), *inside], open=waiting)]
    drawn = panel(here, ("✓ " if done else "") + title, inside, below=said if done else here.say(LATER))
    drawn.id = f"step-{number + 1}"
    return drawn


# ---------------------------------------------------------------- the steps


def _organisation(here: Context, standing: Standing) -> list[Component]:
    links = [html.A(here.say(GET_BOOK), href="/welcome/template.xlsx")]
    if standing.spec.units:
        links += [" · ", html.A(here.say(GET_PRESENT), href="/welcome/template.xlsx?present=1")]
    book = editor(
        here,
        "/welcome/template",
        [field("file", here.say(N_("File")), kind="file", wide=True)],
        [button(here.say(CHECK), "look", main=False), button(here.say(TAKE))],
    )
    parts = [html.H3(here.say(FROM_BOOK)), html.P([here.say(ABOUT_BOOK), " ", *links]), book]
    if not standing.spec.units:
        return [*parts, html.H3(here.say(BY_HAND)), forms.units_by_hand(here)]
    with here.session() as session:
        facts = forms.facts(here, session, preview=standing.files > 0)
    more = [html.H3(here.say(forms.ADD_UNITS)), forms.more_units(here)]
    return [*parts, *more, html.H3(here.say(forms.FACTS_TITLE)), facts]


def _places(here: Context, standing: Standing) -> list[Component]:
    if not standing.spec.units:
        return [html.P(here.say(FIRST_UNITS), className="reason")]
    with here.session() as session:
        form = forms.new_places(here, session)
    return [*forms.places_there(here, standing.spec), form] if standing.spec.places else [form]


def _meters(here: Context, standing: Standing) -> list[Component]:
    spec = standing.spec
    if not spec.places:
        return [html.P(here.say(FIRST_PLACES if spec.units else FIRST_UNITS), className="reason")]
    with here.session() as session:
        form = forms.new_meters(here, session)
        if not spec.meters:
            return [form]
        shares = forms.shares(here, session, spec, preview=standing.files > 0)
    more = [html.H3(here.say(forms.ADD_METERS)), form, html.H3(here.say(forms.SHARE_OUT)), shares]
    return [*forms.meters_there(here, spec), *more]


def _file(here: Context, standing: Standing) -> list[Component]:
    if not standing.spec.meters:
        return [html.P(here.say(FIRST_METERS if standing.spec.units else FIRST_UNITS), className="reason")]
    choices = [(welcome_actions.ANY, here.say(FIND_OUT)), *((name, name) for name in welcome_actions.layouts())]
    inside = [
        field("file", here.say(N_("File")), kind="file", wide=True),
        field("layout", here.say(N_("Layout")), welcome_actions.ANY, options=choices, hint=here.say(HINT_LAYOUT)),
        field("source", here.say(N_("Source")), "files", hint=here.say(HINT_SOURCE)),
        field("schedule", here.say(N_("Schedule")), "10 2 * * *", hint=here.say(HINT_SCHEDULE)),
    ]
    buttons = [button(here.say(LOOK), "look", main=False), button(here.say(IMPORT), after="look")]
    first = [] if standing.files else [html.P(here.say(NOTHING_YET))]
    return [*first, editor(here, "/welcome/file", inside, buttons)]


def _target(here: Context, standing: Standing) -> list[Component]:
    if not standing.spec.units:
        return [html.P(here.say(FIRST_UNITS), className="reason")]
    with here.session() as session:
        units = [(row.code, scope.name(row, here.language)) for row in scope.units(session, here.actor)]
    resources = [(code, row.zh if here.language == "zh" else row.en) for code, row in RESOURCES.items()]
    inside = [
        field("unit", here.say(N_("Unit")), units[0][0], options=units),
        field("resource", here.say(N_("Resource")), "electricity", options=resources),
        field("year", here.say(N_("Year")), standing.year, kind="number"),
        field("baseline", here.say(N_("Baseline year")), standing.year - 1, kind="number"),
        field("percent", here.say(N_("Reduction, %")), "5", kind="number", hint=here.say(HINT_PERCENT)),
    ]
    return [editor(here, "/welcome/target", inside, [button(here.say(N_("Set the target")))])]


def register(app: Dash) -> None:
    """Add the routes of the forms."""
    welcome_actions.register(app)
