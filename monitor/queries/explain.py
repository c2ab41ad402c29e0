"""How a figure came to be: unit → meters with shares and sub-meters taken off → days → registers → readings → run and document."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import pandas as pd
from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.amounts import Amount


@dataclass(frozen=True, slots=True)
class SharePart:
    """A dated share as it was applied: ppm on the days first..last-1 that lie in the period, and what it gave."""

    unit_id: int
    unit_name_zh: str
    unit_name_en: str
    ppm: int
    first: int
    last: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class ChildPart:
    """A sub-meter taken off."""

    id: int
    code: str
    name_zh: str
    name_en: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class MeterPart:
    """A meter in a figure: gross − children = net; net × shares = share. `counted` tells whether it is in the assessed figure."""

    id: int
    code: str
    name_zh: str
    name_en: str
    purpose: str
    counted: bool
    gross: Amount
    children: list[ChildPart]
    net: Amount
    shares: list[SharePart]
    share: Amount


@dataclass(frozen=True, slots=True)
class Explanation:
    """A figure opened: the shares of the counted meters add up to `amount` to the last integer."""

    unit_id: int
    resource: str
    start: int
    end: int
    amount: Amount
    coverage: Fraction
    meters: list[MeterPart]
    data_version: int


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register of a meter with its exact multiplier."""

    id: int
    code: str
    kind: str
    measure: str
    direction: str
    tariff: str
    counts: bool
    priority: int
    multiplier: Fraction


@dataclass(frozen=True, slots=True)
class MeterDay:
    """A day of a meter as derived: gross quantity, covered seconds of the day's length, estimated and off-hours part."""

    day: int
    quantity: int
    covered: int
    expected: int
    estimated: int
    off_hours: int
    known: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """A correction or estimate of a clerk; `end` is inclusive for corrections (an instant), exclusive for estimates (a day)."""

    id: int
    kind: str  # void | replace | estimate
    register_id: int | None
    start: int
    end: int
    value: int | None
    reason: str
    actor: str
    created_at: datetime
    voided_at: datetime | None


def figure(session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int) -> Explanation:  # noqa: PLR0917 - who, whose, what, from, to
    """Open the assessed figure of a unit over start..end-1; NotFound for a stranger."""
    raise NotImplementedError


def registers(session: Session, actor: Actor, meter_id: int) -> list[RegisterRow]:
    """List the registers of a meter that the actor may see by a share; NotFound for a stranger."""
    raise NotImplementedError


def meter_days(session: Session, actor: Actor, meter_id: int, start: int, end: int) -> list[MeterDay]:
    """Give the derived days start..end-1 of a meter; NotFound for a stranger."""
    raise NotImplementedError


def overlays(session: Session, actor: Actor, meter_id: int) -> list[Overlay]:
    """List corrections and estimates of a meter, the voided too, newest first; NotFound for a stranger."""
    raise NotImplementedError


def readings(session: Session, actor: Actor, register_id: int, start: int, end: int, limit: int = 1000) -> pd.DataFrame:  # noqa: PLR0917 - who, which, from, to
    """Give the readings whose end lies in the local days start..end-1: where each came from; NotFound for a stranger.

    Columns start_at, end_at (epoch s), value (as read), quality, run_id, row_no, document, source.
    """
    raise NotImplementedError
