"""What hangs on a thing: it is removed only where nothing does, and the refusal says what."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from monitor.database.tables import (
    AlertChannel,
    ApiToken,
    Baseline,
    Correction,
    DailyConsumption,
    Estimate,
    EventSpan,
    Meter,
    MeterShare,
    OrgUnit,
    PeriodClose,
    Place,
    QuotaBand,
    Reading,
    Register,
    Report,
    RoleGrant,
    Target,
    UnitMove,
    User,
)
from monitor.errors import Conflict
from monitor.i18n import N_

SHOWN = 3  # examples in the sentence

SUB_UNITS = N_("'{key}' has sub-units ({examples}); move or remove these first.")
SHARED = N_("Meters are shared to '{key}' ({examples}); share them out otherwise first.")
TARGETS = N_("'{key}' has targets (years {examples}); it stays for the record.")
BASELINES = N_("'{key}' has baselines (years {examples}); it stays for the record.")
CLOSED = N_("'{key}' has closed months ({examples}); it stays for the record.")
REPORTS = N_("'{key}' has reports ({examples}); it stays for the record.")
QUOTAS = N_("'{key}' has quotas (from {examples}); it stays for the record.")
PEOPLE = N_("People have a role on '{key}' ({examples}); take it from them first.")
MOVES = N_("Units stood below '{key}' once ({examples}); it stays for the record.")
CHANNELS = N_("Alert channels are for '{key}' ({examples}); remove these first.")
TOKENS = N_("Tokens are limited to '{key}' ({examples}); it stays for the record.")
PLACES = N_("'{key}' has places in it ({examples}); move or remove these first.")
METERS = N_("Meters stand at '{key}' ({examples}); move or remove these first.")
SUB_METERS = N_("'{key}' has sub-meters ({examples}); give them another main meter first.")
READINGS = N_("'{key}' has readings; undo their imports first, or leave it and end its shares.")
OVERLAYS = N_("'{key}' has estimates or corrections; it stays for the record.")

Uses = Iterable[tuple[str, Select[Any]]]


def refuse(session: Session, key: str, uses: Uses) -> None:
    """Raise Conflict STILL_IN_USE for the first that something uses; each query gives the names of what does."""
    for template, query in uses:
        names = [str(name) for name in session.scalars(query.limit(SHOWN + 1))]
        if names:
            examples = ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
            raise Conflict("STILL_IN_USE", template, key=key, examples=examples)


def of_unit(unit_id: int) -> Uses:
    """Name what may hang on a unit."""
    shared = select(Meter.code).where(Meter.id.in_(select(MeterShare.meter_id).where(MeterShare.unit_id == unit_id)))
    people = select(User.login).where(User.id.in_(select(RoleGrant.user_id).where(RoleGrant.unit_id == unit_id)))
    once = select(UnitMove.unit_id).where(
        or_(UnitMove.from_parent_id == unit_id, UnitMove.to_parent_id == unit_id), UnitMove.unit_id != unit_id
    )
    return (
        (SUB_UNITS, select(OrgUnit.code).where(OrgUnit.parent_id == unit_id).order_by(OrgUnit.code)),
        (SHARED, shared.order_by(Meter.code)),
        (TARGETS, select(Target.year).where(Target.unit_id == unit_id).distinct().order_by(Target.year)),
        (BASELINES, select(Baseline.year).where(Baseline.unit_id == unit_id).distinct().order_by(Baseline.year)),
        (QUOTAS, select(QuotaBand.year_from).where(QuotaBand.unit_id == unit_id).distinct()),
        (
            CLOSED,
            select(PeriodClose.month).where(PeriodClose.unit_id == unit_id).distinct().order_by(PeriodClose.month),
        ),
        (REPORTS, select(Report.period).where(Report.unit_id == unit_id).distinct().order_by(Report.period)),
        (PEOPLE, people.order_by(User.login)),
        (MOVES, select(OrgUnit.code).where(OrgUnit.id.in_(once)).order_by(OrgUnit.code)),
        (CHANNELS, select(AlertChannel.address).where(AlertChannel.unit_id == unit_id)),
        (TOKENS, select(ApiToken.name).where(ApiToken.unit_id == unit_id)),
    )


def of_place(place_id: int) -> Uses:
    """Name what may hang on a place."""
    return (
        (PLACES, select(Place.code).where(Place.parent_id == place_id).order_by(Place.code)),
        (METERS, select(Meter.code).where(Meter.place_id == place_id).order_by(Meter.code)),
    )


def of_meter(meter_id: int) -> Uses:
    """Name what may hang on a meter."""
    registers = select(Register.id).where(Register.meter_id == meter_id)
    return (
        (SUB_METERS, select(Meter.code).where(Meter.parent_id == meter_id).order_by(Meter.code)),
        (READINGS, select(Reading.end_at).where(Reading.register_id.in_(registers))),
        (READINGS, select(EventSpan.id).where(EventSpan.register_id.in_(registers))),
        (OVERLAYS, select(Estimate.id).where(Estimate.meter_id == meter_id)),
        (OVERLAYS, select(Correction.id).where(Correction.register_id.in_(registers))),
        (READINGS, select(DailyConsumption.day).where(DailyConsumption.meter_id == meter_id)),
    )


def of_register(register_id: int) -> Uses:
    """Name what may hang on a register."""
    return (
        (READINGS, select(Reading.end_at).where(Reading.register_id == register_id)),
        (READINGS, select(EventSpan.id).where(EventSpan.register_id == register_id)),
        (OVERLAYS, select(Correction.id).where(Correction.register_id == register_id)),
    )
