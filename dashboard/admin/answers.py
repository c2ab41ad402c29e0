"""What a form posted, read strictly, and the answer to it: JSON that the form shows, each error beside its field."""

import logging
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import flask
from dash import Dash
from flask.typing import ResponseReturnValue

from dashboard import context
from dashboard.context import Context
from monitor.domain.access import Action, Actor
from monitor.errors import Forbidden, JieyueError, NotFound
from monitor.i18n import N_

log = logging.getLogger(__name__)
Answer = dict[str, Any]
Handler = Callable[[Context, "Posted"], Answer]
Allowed = Callable[[Actor], bool]

NEEDED, TOO_LONG = N_("This is needed."), N_("At most {most} characters, please.")
CONTROL = N_("Characters that cannot be seen are not allowed here.")
NOT_A_NUMBER, NOT_WHOLE = N_("'{value}' is not a number."), N_("'{value}' is not a whole number.")
NOT_A_DAY, NOT_A_CHOICE = N_("'{value}' is not a day."), N_("Please choose one of the list.")
NOT_A_TIME = N_("'{value}' is not a time of day such as 08:30.")
LOOK_ABOVE = N_("Nothing was changed: please look at the marked fields.")
BROKEN = N_("Something went wrong on our side. It has been written down; please try again or quote this code.")
ON_LINES = 200  # more repeated lines than anybody types


class Invalid(Exception):  # noqa: N818 - what was posted, not a fault of ours
    """What was posted cannot be used; `errors` has the sentence for each field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(", ".join(errors))


@dataclass(slots=True)
class Posted:
    """The fields of a form; each reader notes what is wrong, and `done` refuses all of it at once."""

    form: Mapping[str, str]
    here: Context
    prefix: str = ""
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def step(self) -> str:
        """Which button was pressed: preview or apply (or the section's own)."""
        return self.form.get("step", "apply")

    def raw(self, name: str) -> str:
        """Give what was typed, blanks around it taken off."""
        return (
            self.form.get(self.prefix + name, "").replace("\0", "\ufffd").strip()
        )  # PostgreSQL takes no NUL in a text

    def refuse(self, name: str, code: str, sentence: str, /, **data: object) -> None:
        """Note what is wrong with a field."""
        self.wrong.setdefault(self.prefix + name, said(self.here, code, sentence, **data))

    def text(self, name: str, *, most: int = 120, need: bool = False, lines: bool = False) -> str:
        """Read a text of at most so many characters; only with `lines` it may have several."""
        value = self.raw(name)
        if need and not value:
            self.refuse(name, "NEEDED", NEEDED)
        elif len(value) > most:
            self.refuse(name, "TOO_LONG", TOO_LONG, most=most)
        elif not (re.sub(r"[\r\n\t]", "", value) if lines else value).isprintable():
            self.refuse(name, "NOT_PRINTABLE", CONTROL)
        return value[:most]

    def number(self, name: str, *, need: bool = False) -> Decimal | None:
        """Read a decimal number; a comma that groups thousands is no decimal mark and is refused."""
        value = self.raw(name).removesuffix("%").rstrip()
        if not value:
            if need:
                self.refuse(name, "NEEDED", NEEDED)
            return None
        try:
            found = Decimal(value) if re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,9})?", value, re.ASCII) else None
        except InvalidOperation:
            found = None
        if found is None:
            self.refuse(name, "NOT_A_NUMBER", NOT_A_NUMBER, value=value[:40])
        return found

    def whole(self, name: str, default: int = 0) -> int:
        """Read a whole number not below 0; the default where nothing is typed."""
        value = self.raw(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 10):  # noqa: PLR2004 - what fits a column
            self.refuse(name, "NOT_WHOLE", NOT_WHOLE, value=value[:40])
            return default
        return int(value)

    def day(self, name: str, *, need: bool = False) -> date | None:
        """Read a day."""
        value = self.raw(name)
        if not value:
            if need:
                self.refuse(name, "NEEDED", NEEDED)
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.refuse(name, "NOT_A_DAY", NOT_A_DAY, value=value[:40])
            return None

    def moment(self, name: str, zone: str) -> datetime | None:
        """Read a day and time on the clocks of a zone; needed."""
        value = self.raw(name)
        try:
            return datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            self.refuse(name, "NOT_A_DAY", NOT_A_DAY if value else NEEDED, value=value[:40])
            return None

    def clock(self, name: str, default: int) -> int:
        """Read a time of day as minutes since midnight; 24:00 is the end of the day."""
        value = self.raw(name)
        if not value:
            return default
        found = re.fullmatch(r"(\d{1,2})[:：](\d\d)", value, re.ASCII)
        minutes = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else 9999  # noqa: PLR2004 - of an hour
        if minutes > 24 * 60:
            self.refuse(name, "NOT_A_TIME", NOT_A_TIME, value=value[:40])
        return min(minutes, 24 * 60)

    def choice(self, name: str, known: Collection[str]) -> str:
        """Read one of the known values."""
        value = self.raw(name)
        if value not in known:
            self.refuse(name, "NOT_A_CHOICE", NOT_A_CHOICE)
        return value

    def check(self, name: str) -> bool:
        """Tell whether a box was ticked."""
        return bool(self.raw(name))

    def lines(self, name: str) -> list["Posted"]:
        """Give each repeated line as something to read from; errors fall to the whole."""
        beginning = f"{self.prefix}{name}."
        numbers = {key[len(beginning) :].partition(".")[0] for key in self.form if key.startswith(beginning)}
        ordered = sorted(int(one) for one in numbers if one.isascii() and one.isdigit())[:ON_LINES]
        return [Posted(self.form, self.here, f"{beginning}{one}.", self.wrong) for one in ordered]

    def done(self) -> None:
        """Refuse where anything was wrong so far."""
        if self.wrong:
            raise Invalid(self.wrong)


CODE_WRONG = N_("A code has 1 to {most} letters, digits, - or _.")
CODE_TAKEN = N_("The code {code} is taken.")
CODE_LENGTH = 60


def code_of(posted: Posted, known: Collection[str]) -> str:
    """Read the code of something new: not taken, and of signs that need no quoting anywhere."""
    code = posted.text("code", most=CODE_LENGTH, need=True)
    if code and not re.fullmatch(r"[\w.-]+", code):
        posted.refuse("code", "CODE_WRONG", CODE_WRONG, most=CODE_LENGTH)
    elif code in known:
        posted.refuse("code", "CODE_TAKEN", CODE_TAKEN, code=code)
    return code


def said(here: Context, code: str, sentence: str, /, **data: object) -> str:
    """Give a sentence in the reader's language with its code."""
    return f"{here.say(sentence, **data)} [{code}]"


def everywhere(action: Action) -> Allowed:
    """Ask for the action on the organisation as a whole."""
    return lambda actor: actor.may_everywhere(action)


def somewhere(action: Action) -> Allowed:
    """Ask for the action on any unit; the service asks again for the one concerned."""
    return lambda actor: actor.system or bool(actor.units(action))


def route(
    app: Dash,
    path: str,
    handler: Handler,
    allowed: Allowed,
    *,
    fields: Mapping[str, str] | None = None,
    base: str = "admin",
) -> None:
    """Add the route of a form below `base`; `fields` says beside which field the error of a code belongs."""
    known = dict(fields or {})

    def answer() -> ResponseReturnValue:
        here = context.current()
        if not allowed(here.actor):
            code = 403 if here.actor.roles else 404
            return flask.jsonify(refusal(here, "FORBIDDEN" if code == 403 else "NOT_FOUND")), code  # noqa: PLR2004
        return answered(here, handler, known)

    app.server.add_url_rule(f"/{base}/{path}", f"{base}_{path.replace('/', '_')}", answer, methods=["POST"])


REFUSALS = {
    "FORBIDDEN": N_("Your role on this unit does not allow this."),
    "NOT_FOUND": N_("There is no such thing, or you may not see it."),
}


def refusal(here: Context, code: str) -> Answer:
    """Say that something is not for this reader."""
    return {"message": said(here, code, REFUSALS[code]), "tone": "bad"}


def answered(here: Context, handler: Handler, fields: Mapping[str, str]) -> ResponseReturnValue:
    """Give what the handler says to what was posted; a refusal is a sentence, beside the field that `fields` names for its code."""
    posted = Posted(flask.request.form, here)
    try:
        return flask.jsonify(handler(here, posted))
    except Invalid as invalid:
        return flask.jsonify({"errors": invalid.errors, "message": here.say(LOOK_ABOVE), "tone": "bad"})
    except NotFound as error:
        return flask.jsonify(_shown(here, error, {})), 404
    except Forbidden as error:
        return flask.jsonify(_shown(here, error, {})), 403
    except JieyueError as error:
        own = str(error.data.get("key", ""))
        return flask.jsonify(_shown(here, error, {own: own, **fields} if own in posted.form else fields))
    except Exception:
        log.exception("a form failed: %s", flask.request.path)
        return flask.jsonify({"message": said(here, "INTERNAL", BROKEN), "tone": "bad"}), 500


def _shown(here: Context, error: JieyueError, fields: Mapping[str, str]) -> Answer:
    sentence = said(here, error.code, error.template, **error.data)
    beside = fields.get(error.code) or fields.get(str(error.data.get("key", "")), "")
    if not beside:
        return {"message": sentence, "tone": "bad"}
    return {"errors": {beside: sentence}, "message": here.say(LOOK_ABOVE), "tone": "bad"}
