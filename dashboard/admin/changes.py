"""Editing previews what changes: the same change is first tried and rolled back, then made."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from dashboard.admin import frame
from dashboard.admin.answers import Answer, Handler, Posted
from dashboard.admin.words import resource_name
from dashboard.components.editor import button
from dashboard.components.layout import period
from dashboard.components.status import LOOKS
from dashboard.context import Context
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.domain.periods import year_days
from monitor.domain.resources import from_quantity, resource
from monitor.i18n import N_
from monitor.queries.admin import readable
from monitor.queries.scope import name
from monitor.services.preview import FigureChange, Preview, preview_change

SHOW, APPLY = N_("Show what changes"), N_("Apply")
TAKE, SURE = N_("Remove …"), N_("Yes, remove")
NOTHING = N_("Nothing would be changed.")
NO_FIGURES = N_("No figure and no verdict of {period} changes.")
THESE = N_("These figures and verdicts of {period} change. Nothing has been stored yet.")
FIGURES, REST, WRITTEN = N_("Figures and verdicts"), N_("Not allocated"), N_("What is written down")
UNIT, RESOURCE, NOW_, THEN = N_("Unit"), N_("Resource"), N_("Used so far"), N_("Used afterwards")
DIFFERENCE, VERDICT, VERDICT_THEN = N_("Difference"), N_("Verdict"), N_("Verdict afterwards")
THING, BEFORE, AFTER = N_("Thing"), N_("Before"), N_("After")
ON_SHOW = 100
Change = Callable[[Session], object]


def two_steps(here: Context) -> list[dict[str, Any]]:
    """Give the buttons of a form that previews: the second one shows once the first was answered."""
    return [button(here.say(SHOW), "preview"), button(here.say(APPLY), "apply", after="preview")]


def removal(here: Context) -> list[dict[str, Any]]:
    """Give the buttons that remove something: the first shows what that changes."""
    return [button(here.say(TAKE), "preview", main=False), button(here.say(SURE), "apply", after="preview")]


def carried_out(here: Context, posted: Posted, change: Change, section: str, **thing: object) -> Answer:
    """Show what a change would do, or make it and go to the thing; refusals are raised as they are."""
    return tried(here, posted, change, lambda message: frame.at(section, **thing, message=message))


def removing(section: str, thing: str, remove: Callable[..., object]) -> Handler:
    """Give the handler that removes what the form names as `thing`: shown first, then made, then back to the list."""

    def handle(here: Context, posted: Posted) -> Answer:
        code = posted.raw(thing)

        def made(session: Session) -> object:
            return remove(session, here.actor, code, now=here.now())

        return tried(here, posted, made, lambda _: frame.at(section, message="removed"))

    return handle


def tried(here: Context, posted: Posted, change: Change, where: Callable[[str], str]) -> Answer:
    """Show what a change would do, or make it and go `where` that says: saved, or the same as before."""
    if posted.step == "preview":
        with here.session(write=True) as session:
            found = preview_change(session, here.actor, change, now=here.now())
            lines = [
                (one.subject, readable(session, one.subject, one.before), readable(session, one.subject, one.after))
                for one in found.audit[:ON_SHOW]
            ]
        return shown(here, found, lines)
    with here.session(write=True) as session:
        message = "saved" if change(session) else "same"
    return {"go": where(message)}


def shown(here: Context, found: Preview, lines: Sequence[tuple[str, Any, Any]]) -> Answer:
    """Say what a change would do: figures, verdicts, what is not allocated, and the lines written down."""
    if not found:
        return {"message": here.say(NOTHING), "tone": "none"}
    span = period(here, year_days(found.year)[0], found.as_of + 1)
    sentence = THESE if found.figures or found.not_allocated else NO_FIGURES
    tables = [_figures(here, found.figures), _rest(here, found), _written(here, lines)]
    return {
        "message": here.say(sentence, period=span),
        "tone": "warn" if found.figures else "good",
        "tables": [one for one in tables if one["rows"]],
    }


def _figures(here: Context, changes: Sequence[FigureChange]) -> dict[str, Any]:
    heads = (UNIT, RESOURCE, NOW_, THEN, DIFFERENCE, VERDICT, VERDICT_THEN)
    kinds = ("text", "text", "num", "num", "num", "text", "text")
    lines = [
        [
            name(one.unit, here.language),
            resource_name(here, one.resource),
            *_amounts(here, one.resource, one.used_before, one.used_after),
            _verdicts(here, one.judged_before),
            _verdicts(here, one.judged_after),
        ]
        for one in changes[:ON_SHOW]
    ]
    titles = [here.say(head) for head in heads]
    return {"title": here.say(FIGURES), "heads": list(zip(titles, kinds, strict=True)), "rows": lines}


def _amounts(here: Context, code: str, before: Amount, after: Amount) -> tuple[str, str, str]:
    shown_both = (
        i18n.quantity(before.quantity, code, here.language),
        i18n.quantity(after.quantity, code, here.language),
    )
    if before.quantity is None or after.quantity is None:
        return *shown_both, i18n.MISSING
    change = after.quantity - before.quantity
    text = i18n.number(from_quantity(change, code), here.language, resource(code).digits)
    return *shown_both, f"+{text}" if change > 0 else text


def _verdicts(here: Context, judged: Sequence[Any]) -> str:
    return here.say(N_(", ")).join(
        f"{LOOKS[one.progress.status].sign} {here.say(LOOKS[one.progress.status].word)}" for one in judged
    )


def _rest(here: Context, found: Preview) -> dict[str, Any]:
    heads = [
        (here.say(RESOURCE), "text"),
        (here.say(BEFORE), "num"),
        (here.say(AFTER), "num"),
        (here.say(DIFFERENCE), "num"),
    ]
    lines = [
        [resource_name(here, one.resource), *_amounts(here, one.resource, one.before, one.after)]
        for one in found.not_allocated
    ]
    return {"title": here.say(REST), "heads": heads, "rows": lines}


def _written(here: Context, written: Sequence[tuple[str, Any, Any]]) -> dict[str, Any]:
    heads = [(here.say(head), "text") for head in (THING, BEFORE, AFTER)]
    lines = [[subject, frame.values(before), frame.values(after)] for subject, before, after in written]
    return {"title": here.say(WRITTEN), "heads": heads, "rows": lines}
