"""What is read and typed in by hand: the meters that a reader may see, with measure, multiplier and last reading."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Meter, Reading, Register
from monitor.domain.access import Actor
from monitor.domain.resources import RESOURCES, THOUSANDTHS, resource
from monitor.queries import consumption, scope, targets


@dataclass(frozen=True, slots=True)
class HandMeter:
    """A register with its meter: the last reading in the register's own measure, before the multiplier; None where none came yet."""

    code: str
    name_zh: str
    name_en: str
    resource: str
    basis: str
    kind: str
    measure: str
    multiplier: Fraction
    last_at: datetime | None
    last_value: Fraction | None


def registers(session: Session, actor: Actor, kinds: Iterable[str], *, unit_id: int | None = None) -> list[HandMeter]:
    """List the registers of these kinds of the meters that the actor may see, by meter; empty for a stranger.

    With `unit_id` only those shared to that unit and below. NotFound where the actor may not see it.
    """
    tops = scope.visible_tree(session, actor).roots if unit_id is None else [unit_id]
    day = targets.default_as_of(session)
    ids = {
        row.id
        for top in tops
        for code in RESOURCES
        for row in consumption.meters(session, actor, top, code, day, day + 1)
    }
    last = (
        select(Reading.end_at)
        .where(Reading.register_id == Register.id)
        .order_by(Reading.end_at.desc())
        .limit(1)
        .correlate(Register)
        .scalar_subquery()
    )
    query = (
        select(Meter, Register, last)
        .join(Register, Register.meter_id == Meter.id)
        .where(Meter.id.in_(ids), Register.kind.in_(list(kinds)))
        .order_by(Meter.resource, Meter.code, Register.priority, Register.code)
    )
    return [_hand(session, *row) for row in session.execute(query)]


def _hand(session: Session, meter: Meter, register: Register, last: int | None) -> HandMeter:
    value = None
    if last is not None:
        wanted = (Reading.register_id == register.id, Reading.end_at == last)
        stored = session.scalar(select(Reading.value).where(*wanted))
        factor = resource(meter.resource).measure(register.measure).factor
        value = None if stored is None else Fraction(stored) / (THOUSANDTHS * factor)
    return HandMeter(
        meter.code,
        meter.name_zh,
        meter.name_en,
        meter.resource,
        meter.basis,
        register.kind,
        register.measure,
        Fraction(register.multiplier_num, register.multiplier_den),
        None if last is None else datetime.fromtimestamp(last, UTC),
        value,
    )
