"""Who asks, in which language and colours, with which database: built once per request and read by every page."""

from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import flask
from sqlalchemy.orm import Session

from monitor.domain.access import NOBODY, Actor
from monitor.i18n import LANGUAGES, translate
from monitor.services import visits
from monitor.services.settings import Live
from monitor.settings import Settings

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Site:
    """What one web process serves: its database, the settings it was given, clock, and where files lie."""

    database: Any  # monitor.database.engine.Database, which pages do not import: they only open its sessions
    given: Settings
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    live: Live = field(default_factory=Live)
    people: visits.People = field(default_factory=visits.People)

    @property
    def settings(self) -> Settings:
        """The settings given, with what was set on the Admin page since."""
        return self.live.of(self.database, self.given)

    @property
    def archive(self) -> Path:
        """The folder in which everything heard is kept."""
        return Path(self.settings.archive)

    @property
    def uploads(self) -> Path:
        """The folder in which an uploaded file waits between preview and import; made when first needed."""
        folder = self.archive.parent / "uploads"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


@dataclass(frozen=True, slots=True)
class Standing:
    """How the data stood when the request came: their version, and how often people moved it."""

    version: int = 0
    acts: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """One request: the actor (NOBODY before sign-in), language, theme, CSRF token and the site.

    `reach` is what readers have in common who may see the same. Where a page is made to be kept, `moment` is the session that all
    of it reads in, so that its figures are of one state of the data.
    """

    site: Site
    actor: Actor = NOBODY
    name: str = ""
    language: str = "zh"
    theme: str = "light"
    csrf: str = ""
    standing: Standing = Standing()
    reach: Hashable = None
    moment: Session | None = None

    @property
    def signed_in(self) -> bool:
        """Whether somebody has signed in."""
        return self.actor.user_id is not None

    def session(self, *, write: bool = False) -> AbstractContextManager[Session]:
        """Open a database session: committed at the end, rolled back on an error."""
        if self.moment is not None and not write:
            return nullcontext(self.moment)
        session: AbstractContextManager[Session] = (
            self.site.database.session(write=True) if write else self.site.database.session()
        )
        return session

    def now(self) -> datetime:
        """Give the present instant, UTC."""
        return self.site.clock()

    def local(self, instant: datetime | None) -> datetime | None:
        """Give an instant in the site's zone, as people read it."""
        return None if instant is None else instant.astimezone(ZoneInfo(self.site.settings.zone))

    def say(self, sentence: str, /, **data: object) -> str:
        """Translate a sentence into the reader's language."""
        return translate(sentence, self.language, **data)


def current() -> Context:
    """Give the context of the running request; RuntimeError outside of one."""
    context: Context = flask.g.jieyue
    return context


def language_of(cookies: Mapping[str, str], wanted: str | None) -> str:
    """Choose the language: the cookie, else the first of Accept-Language that we speak, else Chinese."""
    if cookies.get("language") in LANGUAGES:
        return cookies["language"]
    for part in (wanted or "").split(","):
        code = part.split(";")[0].strip()[:2].lower()
        if code in LANGUAGES:
            return code
    return "zh"


def theme_of(cookies: Mapping[str, str]) -> str:
    """Choose the theme: the cookie, else light."""
    chosen = cookies.get("theme", "")
    return chosen if chosen in THEMES else "light"
