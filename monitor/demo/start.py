"""The demo's start: files into the inbox, the site from its declaration, the history through the importers, people."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from monitor.database.engine import Database
from monitor.database.tables import OrgUnit, Source
from monitor.demo.build import ZONE, build, due, fill, morning, withheld
from monitor.demo.series import Series
from monitor.demo.site import site
from monitor.domain.access import SYSTEM, Role
from monitor.i18n import LANGUAGES, N_, both, translate
from monitor.intake.pipeline import run_source
from monitor.services import accounts
from monitor.services.setup import apply_site, parse_site
from monitor.settings import Settings

FIRST_ARRIVAL = timedelta(seconds=60)  # after the start, so that a visitor sees it happen
MORNING = timedelta(hours=6, minutes=30)  # when the vendors deliver the day before

FILES = N_("The demo compound writes the meter files of {first} to {last} …")
SET_UP = N_("{units} units, {buildings} buildings, {meters} meters are set up.")
WRITTEN = N_("{count} files in {folder} ({seconds} s).")
IMPORTING = N_("{step}/{steps} {source}: reading its files …")
IMPORTED = N_("{files} files, {rows} readings, {refused} refused ({seconds} s).")
READY = N_("The demo is ready after {seconds} s.")
SIGN_IN = N_("Sign in as {login} with the password {password} ({who}).")
ADMIN = N_("administrator")
MANAGER = N_("facilities manager of the whole compound")
LIAISON = N_("liaison of the Ecology and Environment Bureau")
PEOPLE = (
    ("manager", "节能主管 王敏", MANAGER, "QL", Role.MANAGER),
    ("liaison", "联络员 陈静", LIAISON, "HBJ", Role.EDITOR),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the demo remembers of itself, in `demo.json`: its anchor, size, whether the history is in, who signs in.

    `pinned`: the anchor was named, so that time stands still there and no later mornings come.
    """

    anchor: str
    size: str
    started: str
    pinned: bool = False
    ready: bool = False
    people: tuple[tuple[str, str, str], ...] = ()

    @property
    def day(self) -> date:
        """The anchor date."""
        return date.fromisoformat(self.anchor)


def home(settings: Settings) -> Path:
    """Give the demo's own folder below the data folder."""
    return settings.data.absolute() / "demo"


def inbox(settings: Settings) -> Path:
    """Give the folder that the demo's sources watch."""
    return home(settings) / "inbox"


def _recall(settings: Settings) -> Kept | None:
    file = home(settings) / "demo.json"
    if not file.is_file():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    return Kept(**found | {"people": tuple(tuple(person) for person in found["people"])})


def _remember(settings: Settings, kept: Kept) -> Kept:
    """Write the demo's memory, readable by its owner alone: the generated passwords are in it."""
    folder = home(settings)
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / ".demo.json.part"
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        json.dump(asdict(kept), stream, ensure_ascii=False)
    partial.replace(folder / "demo.json")
    return kept


def _changed(settings: Settings, kept: Kept, **values: object) -> Kept:
    return _remember(settings, Kept(**asdict(kept) | values))


def prepare(
    settings: Settings,
    database: Database,
    *,
    anchor: date | None = None,
    size: str = "whole",
    progress: Callable[[str], None] = print,
) -> None:
    """Make the demo stand: at the first start everything, later nothing; an interrupted start is taken up again.

    `anchor` is the day on whose morning the demo begins (local; today where neither given nor set); data end the day
    before. `progress` gets each line in Chinese and English, the sign-ins last.
    """
    began = time.monotonic()
    database.upgrade()
    now = datetime.now(UTC)
    kept = _recall(settings)
    if kept is None:
        today = now.astimezone(ZONE).date()
        day = anchor or settings.demo.anchor or today
        kept = _remember(settings, Kept(day.isoformat(), size, now.isoformat(), pinned=day != today))
    if not kept.ready:
        series = build(kept.day, size=kept.size)
        _write(settings, series, progress)
        _set_up(settings, database, series, progress)
        _import(settings, database, now, progress)
        kept = _changed(
            settings, kept, ready=True, people=_people(database, kept, now), started=datetime.now(UTC).isoformat()
        )
    progress(both(READY, seconds=f"{time.monotonic() - began:.0f}"))
    for login, password, who in kept.people:
        words = (
            translate(SIGN_IN, tongue, login=login, password=password, who=translate(who, tongue))
            for tongue in LANGUAGES
        )
        progress(" · ".join(words))


def _write(settings: Settings, series: Series, progress: Callable[[str], None]) -> None:
    began = time.monotonic()
    progress(both(FILES, first=series.stories.start, last=series.stories.ago(1)))
    folder = inbox(settings)
    fill(folder, series)
    count = sum(1 for file in folder.rglob("*") if file.is_file())
    progress(both(WRITTEN, count=count, folder=folder, seconds=f"{time.monotonic() - began:.0f}"))


def _set_up(settings: Settings, database: Database, series: Series, progress: Callable[[str], None]) -> None:
    spec = parse_site(site(series, inbox(settings)), name="demo")
    with database.session(write=True) as session:
        apply_site(session, SYSTEM, spec)
    compound = series.compound
    progress(both(SET_UP, units=len(compound.units), buildings=len(compound.buildings), meters=len(compound.points)))


def _import(settings: Settings, database: Database, now: datetime, progress: Callable[[str], None]) -> None:
    """Bring every source's files in, as the scheduler would."""
    with database.session() as session:
        sources = [(row.id, row.name_zh, row.name_en) for row in session.scalars(select(Source).order_by(Source.id))]
    for step, (source_id, zh, en) in enumerate(sources, 1):
        began = time.monotonic()
        progress(both(IMPORTING, step=step, steps=len(sources), source=f"{zh} {en}"))
        receipts = run_source(database, source_id, trigger="schedule", actor=SYSTEM, now=now, archive=settings.archive)
        rows, refused = (sum(getattr(receipt, name) for receipt in receipts) for name in ("rows_new", "rows_refused"))
        seconds = f"{time.monotonic() - began:.0f}"
        progress("    " + both(IMPORTED, files=len(receipts), rows=f"{rows:,}", refused=refused, seconds=seconds))


def _people(database: Database, kept: Kept, now: datetime) -> tuple[tuple[str, str, str], ...]:
    """Make the administrator, a manager and a liaison, each with a generated password; those there are stay."""
    people = list(kept.people)
    with database.session(write=True) as session:
        admin = accounts.first_admin(session, now)
        if admin is not None:
            people.append((*admin, ADMIN))
        known = {login for login, *_ in accounts.list_users(session, SYSTEM)}
        for login, name, who, unit, role in PEOPLE:
            if login in known:
                continue
            user_id, password = accounts.create_user(session, SYSTEM, login, name, now=now)
            unit_id = session.scalars(select(OrgUnit.id).where(OrgUnit.code == unit)).one()
            accounts.grant(session, SYSTEM, user_id, unit_id, role)
            people.append((login, password, who))
    return tuple(people)


def drip(settings: Settings, database: Database, now: datetime) -> list[Path]:  # noqa: ARG001 - the files come in through the schedule
    """Put into the inbox what is due: the first file a minute after the start, then each morning the day before.

    Cheap when nothing is due; gives the files put in. The sources' own schedule brings them in.
    """
    kept = _recall(settings)
    if kept is None or not kept.ready or now < datetime.fromisoformat(kept.started) + FIRST_ARRIVAL:
        return []
    folder = inbox(settings)
    today = kept.day if kept.pinned else max((now.astimezone(ZONE) - MORNING).date(), kept.day)
    if not due(folder, kept.day, today):
        return []
    return morning(folder, kept.day, today, size=kept.size, arrived=now)


__all__ = ["drip", "home", "inbox", "prepare", "withheld"]
