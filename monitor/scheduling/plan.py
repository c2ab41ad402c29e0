"""What is due when: crontab lines in a local zone, the n-th working day of a month; pure, keyed by local business period."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from monitor.domain.periods import Month, is_workday
from monitor.errors import ConfigurationError
from monitor.i18n import N_

DENSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A period that falls due: its local name, unique within a job, and the instant."""

    period: str
    at: datetime


class Calendar(Protocol):
    """Says which periods fall due."""

    def due(self, after: datetime, until: datetime) -> Iterator[Due]:
        """Give the periods due in (after, until], oldest first, each local period once."""
        ...


@dataclass(frozen=True, slots=True)
class Crontab:
    """A crontab line in a zone; a night whose 01:30 comes twice has one 01:30, and so has one without."""

    line: str
    zone: str

    def due(self, after: datetime, until: datetime) -> Iterator[Due]:
        """Give the periods, named by their local time: `2026-05-31T02:00`."""
        place = ZoneInfo(self.zone)
        trigger = trigger_of(self.line)
        wall = _next(
            trigger, after.astimezone(place).replace(tzinfo=UTC)
        )  # the clock on the wall only goes forward here
        while wall is not None and (at := instant_of(wall, place)) <= until:
            if at > after:
                yield Due(wall.strftime("%Y-%m-%dT%H:%M"), at)
            wall = _next(trigger, wall)


def _next(trigger: CronTrigger, wall: datetime) -> datetime | None:
    found: datetime | None = trigger.get_next_fire_time(None, wall + timedelta(microseconds=1))
    return found


def instant_of(wall: datetime, place: ZoneInfo) -> datetime:
    """Give the instant at which a clock on the wall shows this: the first where it shows it twice, the jump where it never does."""
    local = wall.replace(tzinfo=place, fold=0)
    at = local.astimezone(UTC)
    if at.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
        return at
    at = local.replace(fold=1).astimezone(UTC)  # in the hour that spring takes away: on to the jump
    offset = at.astimezone(place).utcoffset()
    while at.astimezone(place).utcoffset() == offset:
        at = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return at


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """The n-th working day of every month at an hour; the period is the month before: `2026-10`."""

    nth: int
    hour: int
    zone: str
    country: str

    def due(self, after: datetime, until: datetime) -> Iterator[Due]:
        """Give the months whose report falls due."""
        first = after.astimezone(ZoneInfo(self.zone)).date()
        month = Month(first.year, first.month)
        while (at := self._at(month)) <= until:
            if at > after:
                yield Due(str(month.previous()), at)
            month = month.next()

    def _at(self, month: Month) -> datetime:
        day, left = date(month.year, month.month, 1), self.nth
        while True:
            left -= is_workday(day, self.country)
            if left == 0:
                return datetime.combine(day, time(self.hour), tzinfo=ZoneInfo(self.zone))
            day += timedelta(days=1)


def trigger_of(line: str) -> CronTrigger:
    """Read a crontab line; ConfigurationError where it is none."""
    try:
        return CronTrigger.from_crontab(line, timezone=UTC)
    except (ValueError, KeyError) as error:
        raise ConfigurationError(
            "SCHEDULE_WRONG", N_("The schedule {line} is not a crontab line: {problem}"), line=line, problem=str(error)
        ) from error


def thinned(periods: list[Due], now: datetime) -> list[Due]:
    """Of periods that lie more than an hour back keep the last of each hour.

    A source that is looked at every minute needs no 4,320 looks after a weekend off: each look takes all that is there.
    """
    kept: list[Due] = []
    for due in periods:
        old = due.at <= now - DENSE
        if old and kept and kept[-1].period[:13] == due.period[:13] and "T" in due.period:
            kept[-1] = due
        else:
            kept.append(due)
    return kept
