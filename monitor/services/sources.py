"""Sources: configured, switched on and off; options are checked by whoever knows the importers."""

from collections.abc import Callable, Container, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.state import bump_data_version
from monitor.database.tables import Meter, MeterAlias, Source
from monitor.domain.access import Action, Actor
from monitor.errors import ConfigurationError, NotFound
from monitor.i18n import N_
from monitor.services._site import SourceSpec, is_ping
from monitor.services._site_apply import Applier

__all__ = ["Check", "SourceSpec", "check_clock", "configure", "forget_aliases", "importer_of", "set_enabled"]

Check = Callable[[str, Mapping[str, Any]], None]
"""Given kind and options, raises a ConfigurationError that names the option; `intake` has one for the registered importers."""

NO_SUCH_SOURCE = N_("There is no such source, or you may not see it.")
BAD_SCHEDULE = N_(
    "'{schedule}' is not a schedule; five fields as in crontab are wanted, such as 30 2 * * * for 02:30 daily."
)
BAD_PING = N_(
    "This is no address to call: write one with https:// and without a password, or a reference such as file:NAME."
)
BAD_ZONE = N_("'{zone}' is not a time zone; a name such as Asia/Shanghai is wanted.")


def configure(session: Session, actor: Actor, spec: SourceSpec, *, check: Check, now: datetime | None = None) -> int:
    """Make or change the source of this code; gives its id. The same again changes nothing.

    `check` refuses options that the importer of this kind does not take; schedule and zone are checked here.
    """
    actor.require_everywhere(Action.IMPORT)
    check(spec.kind, spec.options)
    check_clock(spec.schedule, spec.zone)
    applier = Applier(session, actor, now)
    applier.source(spec)
    if applier.created or applier.changed:
        bump_data_version(session)
    return session.scalars(select(Source.id).where(Source.code == spec.code)).one()


def set_enabled(session: Session, actor: Actor, source_id: int, *, enabled: bool, now: datetime | None = None) -> None:
    """Switch a source on or off; a switch that stands so already changes nothing."""
    actor.require_everywhere(Action.IMPORT)
    source = session.get(Source, source_id)
    if source is None:
        raise NotFound("NOT_FOUND", NO_SUCH_SOURCE)
    if source.enabled == enabled:
        return
    source.enabled = enabled
    session.flush()
    change = ({"enabled": not enabled}, {"enabled": enabled})
    record(
        session,
        actor,
        "source.enable",
        f"source:{source.code}",
        before=change[0],
        after=change[1],
        at=now or datetime.now(UTC),
    )
    bump_data_version(session)


def importer_of(session: Session, actor: Actor, source_id: int) -> tuple[str, dict[str, Any]]:
    """Give kind and options of a source, to those who may import; NotFound where there is none."""
    actor.require_everywhere(Action.IMPORT)
    source = session.get(Source, source_id)
    if source is None:
        raise NotFound("NOT_FOUND", NO_SUCH_SOURCE)
    return source.kind, dict(source.options)


def forget_aliases(
    session: Session, actor: Actor, code: str, *, keep: Container[str], now: datetime | None = None
) -> list[str]:
    """Take away what a source calls meters, but for the names kept; gives those forgotten. Readings that came stay."""
    actor.require_everywhere(Action.IMPORT)
    source = session.scalars(select(Source).where(Source.code == code)).one_or_none()
    if source is None:
        raise NotFound("NOT_FOUND", NO_SUCH_SOURCE)
    named = select(MeterAlias, Meter.code).join(Meter, Meter.id == MeterAlias.meter_id)
    gone = [(row, meter) for row, meter in session.execute(named.where(MeterAlias.source_id == source.id))]
    gone = [(row, meter) for row, meter in gone if row.alias not in keep]
    for row, meter in gone:
        before = {"alias": row.alias, "meter": meter}
        record(session, actor, "setup.remove", f"source:{code}", before=before, at=now or datetime.now(UTC))
        session.delete(row)
    session.flush()
    if gone:
        bump_data_version(session)
    return [row.alias for row, _ in gone]


def check_clock(schedule: str, zone: str) -> None:
    """Refuse a schedule that is no crontab line, and a zone that is none."""
    try:
        place = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError("ZONE_UNKNOWN", BAD_ZONE, zone=zone) from None
    try:
        if schedule:
            CronTrigger.from_crontab(schedule, timezone=place)
    except (ValueError, KeyError):
        raise ConfigurationError("SCHEDULE_INVALID", BAD_SCHEDULE, schedule=schedule) from None


def check_ping(address: str) -> None:
    """Refuse what cannot be called after an import."""
    try:
        is_ping(address)
    except ValueError:
        raise ConfigurationError("PING_WRONG", BAD_PING) from None
