"""What an operator asks first, each with what to do: the machine, the database, the work, the figures, the sources."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from monitor import trouble
from monitor.database.engine import Database
from monitor.doctor import base, figures, machine, sources, work
from monitor.doctor.finding import Finding, Scene
from monitor.i18n import N_
from monitor.settings import Settings

__all__ = ["Finding", "examine"]
FAILED = N_("This could not be looked at: {problem}")
Look = Callable[[Scene], Iterator[Finding]]
INSIDE: tuple[Look, ...] = (*base.INSIDE, *work.LOOKS, *figures.LOOKS, *sources.LOOKS)


def examine(settings: Settings, database: Database, *, now: datetime | None = None) -> Iterator[Finding]:
    """Give a finding for each thing looked at, well or not; nothing is changed. What lies in tables only where they can be read."""
    scene = Scene(settings, database, now or datetime.now(UTC))
    for look in machine.LOOKS:
        yield from look(scene)
    readable = True
    for found in chain.from_iterable(look(scene) for look in base.OUTSIDE):
        readable = readable and found.well
        yield found
    for inner in INSIDE if readable else ():
        yield from _guarded(inner, scene)


def _guarded(look: Look, scene: Scene) -> Iterator[Finding]:
    """A look that fails is a finding itself: of the machine's trouble, or of ours."""
    try:
        yield from look(scene)
    except DBAPIError as error:
        known = trouble.explained(error, scene.database)
        problem = str(error.orig).partition("\n")[0]
        if known is None:
            yield Finding("NOT_LOOKED_AT", well=False, template=FAILED, data={"problem": problem})
        else:
            yield Finding(known.code, well=False, template=known.template, data=dict(known.data))
    except SQLAlchemyError as error:
        yield Finding("NOT_LOOKED_AT", well=False, template=FAILED, data={"problem": type(error).__name__})
