"""Every table on one page.

Quantities are 64-bit integers in thousandths of the resource's base measure, shares and percentages parts per million,
instants epoch seconds UTC, days numbers since 1970-01-01. `reading` and `daily_consumption` keep their times as plain
integers: they are read and written in bulk. No table and no column per resource.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from monitor.database.columns import Day, Id, Instant

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The one registry of tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
        int: BigInteger,
        str: Text,
        datetime: Instant,
        date: Day,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


def _id() -> Mapped[int]:
    return mapped_column(Id, primary_key=True, autoincrement=True)


def _ref(target: str, *, nullable: bool = False, index: bool = True) -> Mapped[Any]:
    return mapped_column(Id, ForeignKey(target), nullable=nullable, index=index)


# ---------------------------------------------------------------- organisation


class OrgUnit(Base):
    """A node of the organisation: city › bureau › department, any depth."""

    __tablename__ = "org_unit"
    id: Mapped[int] = _id()
    code: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = _ref("org_unit.id", nullable=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str] = mapped_column(
        default="department"
    )  # organisation | bureau | department …: a label, no rule hangs on it
    position: Mapped[int] = mapped_column(Integer, default=0)


class UnitFact(Base):
    """A dated denominator: `value` in thousandths (persons, m²), valid from a day until before another."""

    __tablename__ = "unit_fact"
    __table_args__ = (UniqueConstraint("unit_id", "kind", "valid_from"),)
    id: Mapped[int] = _id()
    unit_id: Mapped[int] = _ref("org_unit.id")
    kind: Mapped[
        str
    ]  # head_count 用能人数 | posts 编制人数 | water_head_count 用水人数 | fte | floor_area | heated_area
    value: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")  # why, asked for where it moves by more than a tenth


class UnitMove(Base):
    """A unit changed its place in the tree: from this day on it stands below `to_parent_id`, before it below `from_parent_id`.

    `org_unit.parent_id` is where it stands after the last move; the tree of a day is made by going back through the moves.
    """

    __tablename__ = "unit_move"
    __table_args__ = (UniqueConstraint("unit_id", "at"),)
    id: Mapped[int] = _id()
    unit_id: Mapped[int] = _ref("org_unit.id")
    at: Mapped[date]
    from_parent_id: Mapped[int | None] = _ref("org_unit.id", nullable=True, index=False)
    to_parent_id: Mapped[int | None] = _ref("org_unit.id", nullable=True, index=False)
    note: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class UnitBasis(Base):
    """The authoritative basis of a unit's resource in a year (print_log | counter | packs); sub-units have it from above."""

    __tablename__ = "unit_basis"
    __table_args__ = (UniqueConstraint("unit_id", "resource", "year"),)
    id: Mapped[int] = _id()
    unit_id: Mapped[int] = _ref("org_unit.id")
    resource: Mapped[str]
    year: Mapped[int] = mapped_column(Integer)
    basis: Mapped[str]
    actor: Mapped[str] = mapped_column(default="")


class Place(Base):
    """Where meters stand: site › building › floor › room, with zone, calendar country and office hours (minutes of the day)."""

    __tablename__ = "place"
    id: Mapped[int] = _id()
    code: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = _ref("place.id", nullable=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str] = mapped_column(default="building")
    zone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    country: Mapped[str] = mapped_column(default="CN")
    office_from: Mapped[int] = mapped_column(Integer, default=480)
    office_to: Mapped[int] = mapped_column(Integer, default=1080)
    area: Mapped[int | None]  # m², thousandths


class PlaceHours(Base):
    """Office hours of a place from a day on, until the next row; before the first row the place's own hold."""

    __tablename__ = "place_hours"
    __table_args__ = (UniqueConstraint("place_id", "valid_from"),)
    id: Mapped[int] = _id()
    place_id: Mapped[int] = _ref("place.id")
    valid_from: Mapped[date]
    office_from: Mapped[int] = mapped_column(Integer)
    office_to: Mapped[int] = mapped_column(Integer)


# ---------------------------------------------------------------- meters


class Meter(Base):
    """A metering point. Its children's consumption is taken off its own, so that sub-meters count once."""

    __tablename__ = "meter"
    id: Mapped[int] = _id()
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    resource: Mapped[str] = mapped_column(index=True)
    place_id: Mapped[int] = _ref("place.id")
    parent_id: Mapped[int | None] = _ref("meter.id", nullable=True)
    purpose: Mapped[str] = mapped_column(
        default="office"
    )  # office | canteen | server_room | dormitory | charging_pile | let_out | base_station | supply
    assessed: Mapped[bool] = mapped_column(default=True)  # 计入考核
    basis: Mapped[str] = mapped_column(default="")
    # "" counts always; print_log | counter | packs counts for the units and years of which it is the authoritative basis


class Register(Base):
    """One stream of a meter; a bill, a hand reading and an interval feed are three registers and never overwrite each other.

    `multiplier_num/multiplier_den` is the 倍率 as an exact rational; `digits` the register's width in its display measure
    (it rolls over at 10^digits), 0 where it never does. `direction` import adds, export subtracts. Among registers of the same
    meter and day the smallest `priority` with the day fully covered wins; registers of equal priority (tariffs) add up.
    """

    __tablename__ = "register"
    __table_args__ = (UniqueConstraint("meter_id", "code"),)
    id: Mapped[int] = _id()
    meter_id: Mapped[int] = _ref("meter.id")
    code: Mapped[str] = mapped_column(default="")
    kind: Mapped[
        str
    ]  # interval | cumulative | bill | event | gauge (a state such as a temperature: never summed, no days)
    measure: Mapped[str]
    direction: Mapped[str] = mapped_column(default="import")
    tariff: Mapped[str] = mapped_column(default="")
    counts: Mapped[bool] = mapped_column(default=True)
    priority: Mapped[int] = mapped_column(Integer, default=10)
    multiplier_num: Mapped[int] = mapped_column(default=1)
    multiplier_den: Mapped[int] = mapped_column(default=1)
    digits: Mapped[int] = mapped_column(Integer, default=0)
    interval_seconds: Mapped[int] = mapped_column(
        Integer, default=0
    )  # expected step; 0: irregular (hand readings, bills)


class MeterAlias(Base):
    """What a source calls a meter; a meter's own code is always known."""

    __tablename__ = "meter_alias"
    __table_args__ = (UniqueConstraint("alias", "source_id"),)
    id: Mapped[int] = _id()
    alias: Mapped[str] = mapped_column(index=True)
    source_id: Mapped[int | None] = _ref("source.id", nullable=True)  # None: the same for all sources
    meter_id: Mapped[int] = _ref("meter.id")


class MeterEvent(Base):
    """A dated fact of a register: replacement (final value of the old, first of the new), reset, change of multiplier.

    For `multiplier`, `initial_value/final_value` hold numerator and denominator of the multiplier from then on.
    """

    __tablename__ = "meter_event"
    __table_args__ = (UniqueConstraint("register_id", "at", "kind"),)
    id: Mapped[int] = _id()
    register_id: Mapped[int] = _ref("register.id")
    kind: Mapped[str]  # replacement | reset | multiplier
    at: Mapped[datetime]
    final_value: Mapped[int | None]
    initial_value: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="")


class MeterShare(Base):
    """Whose consumption a meter measures: parts per million to a unit, valid from a day until before another.

    `basis` percent: `ppm` as it stands. Any kind of unit fact (head_count, floor_area …): the unit has a part, in proportion to
    its fact of the day, of what the percentages of meter and day leave; `ppm` is 0 and worked out when read.
    What the shares of a meter and day leave below 1,000,000 is not allocated (未分摊) and always shown.
    """

    __tablename__ = "meter_share"
    __table_args__ = (UniqueConstraint("meter_id", "unit_id", "valid_from"),)
    id: Mapped[int] = _id()
    meter_id: Mapped[int] = _ref("meter.id")
    unit_id: Mapped[int] = _ref("org_unit.id")
    basis: Mapped[str] = mapped_column(default="percent")
    ppm: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


# ---------------------------------------------------------------- readings


class Reading(Base):
    """What the supplier said last: value as read, before multiplier. `start_at` only for intervals and bills."""

    __tablename__ = "reading"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
    register_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    end_at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    start_at: Mapped[int | None] = mapped_column(BigInteger)
    value: Mapped[int]
    quality: Mapped[int] = mapped_column(SmallInteger)  # domain.readings.Quality
    run_id: Mapped[int] = mapped_column(BigInteger)
    row_no: Mapped[int] = mapped_column(Integer)


class ReadingRevision(Base):
    """The predecessor of a changed reading: which run had said it, which one replaced it."""

    __tablename__ = "reading_revision"
    id: Mapped[int] = _id()
    register_id: Mapped[int]
    end_at: Mapped[int]
    start_at: Mapped[int | None]
    value: Mapped[int]
    quality: Mapped[int] = mapped_column(SmallInteger)
    run_id: Mapped[int]
    row_no: Mapped[int] = mapped_column(Integer)
    replaced_by: Mapped[int] = mapped_column(index=True)
    __table_args__ = (Index("ix_reading_revision_key", "register_id", "end_at"),)


class EventSpan(Base):
    """A stretch of time [start_at, end_at) for which a document is the complete record of an event register.

    Events (print jobs, packs issued) have no duration: their readings carry no start, and the days of a register are covered as
    far as its spans reach. A day without an event inside a span is a measured zero.
    """

    __tablename__ = "event_span"
    id: Mapped[int] = _id()
    register_id: Mapped[int]
    start_at: Mapped[int]
    end_at: Mapped[int]
    run_id: Mapped[int] = mapped_column(index=True)
    __table_args__ = (Index("ix_event_span_register_id_start_at", "register_id", "start_at"),)


class Correction(Base):
    """A clerk's overlay on the readings of a register and period; the readings themselves stay.

    `void` ignores the readings whose end lies in (start_at, end_at]; `replace` lets `value` stand for the reading at `end_at`.
    """

    __tablename__ = "correction"
    id: Mapped[int] = _id()
    register_id: Mapped[int] = _ref("register.id")
    operation: Mapped[str]
    start_at: Mapped[int]
    end_at: Mapped[int]
    value: Mapped[int | None]
    reason: Mapped[str]
    actor: Mapped[str]
    created_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]


class Estimate(Base):
    """A clerk's estimate for whole days without readings: `quantity` is spread over [start_day, end_day) of a meter, marked estimated."""

    __tablename__ = "estimate"
    id: Mapped[int] = _id()
    meter_id: Mapped[int] = _ref("meter.id")
    start_day: Mapped[date]
    end_day: Mapped[date]
    quantity: Mapped[int]
    reason: Mapped[str]
    actor: Mapped[str]
    created_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]


class Bill(Base):
    """The money side of a bill reading (same register and end): amount in thousandths of the minor unit (分, cent)."""

    __tablename__ = "bill"
    register_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    end_at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    amount: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    invoice: Mapped[str] = mapped_column(default="")
    run_id: Mapped[int]


class BillRevision(Base):
    """The predecessor of a changed bill: what its row said before the run `replaced_by`."""

    __tablename__ = "bill_revision"
    id: Mapped[int] = _id()
    register_id: Mapped[int]
    end_at: Mapped[int]
    amount: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3))
    invoice: Mapped[str]
    run_id: Mapped[int]
    replaced_by: Mapped[int] = mapped_column(index=True)


class DailyConsumption(Base):
    """Derived per meter and local day by `rebuild_daily` alone: gross quantity of the meter, multiplier applied, children not taken off.

    `covered` is seconds of the day covered by readings, `estimated` and `off_hours` parts of the quantity.
    """

    __tablename__ = "daily_consumption"
    __table_args__ = ({"sqlite_with_rowid": False},)
    meter_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    quantity: Mapped[int]
    covered: Mapped[int] = mapped_column(Integer)
    estimated: Mapped[int]
    off_hours: Mapped[int]
    rule_version: Mapped[int] = mapped_column(Integer)


# ---------------------------------------------------------------- sources, documents, runs


class Source(Base):
    """One configured importer with schedule and cursor. `schedule` is a crontab line in `zone`; "" means by hand only."""

    __tablename__ = "source"
    id: Mapped[int] = _id()
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    options: Mapped[dict[str, Any]]
    schedule: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    late_after: Mapped[int] = mapped_column(
        Integer, default=0
    )  # seconds without a new document before it counts as late; 0: never
    catch_up: Mapped[int] = mapped_column(
        Integer, default=35 * 86_400
    )  # seconds back in time that missed periods are still run
    enabled: Mapped[bool] = mapped_column(default=True)
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ping: Mapped[str] = mapped_column(default="")  # address, or reference to one, that is called after each import
    created_at: Mapped[datetime]


class Document(Base):
    """Everything heard, kept by the SHA-256 of its bytes as received (before scrubbing)."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("source_id", "sha256"),)
    id: Mapped[int] = _id()
    source_id: Mapped[int] = _ref("source.id")
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    size: Mapped[int]
    kept_as: Mapped[str]  # path below the archive folder
    received_at: Mapped[datetime]


class ImportRun(Base):
    """The receipt of one document (or of a look that found none): counts, state, what went wrong."""

    __tablename__ = "import_run"
    id: Mapped[int] = _id()
    source_id: Mapped[int] = _ref("source.id")
    document_id: Mapped[int | None] = _ref("document.id", nullable=True)
    state: Mapped[str]  # running | done | refused | failed | unchanged | undone
    trigger: Mapped[str]  # schedule | hand | upload | command
    actor: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_new: Mapped[int] = mapped_column(default=0)
    rows_changed: Mapped[int] = mapped_column(default=0)
    rows_same: Mapped[int] = mapped_column(default=0)
    rows_blank: Mapped[int] = mapped_column(default=0)  # declared missing by the profile: neither stored nor refused
    rows_refused: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime | None]  # span of the readings
    last_at: Mapped[datetime | None]
    chunks_done: Mapped[int] = mapped_column(Integer, default=0)
    detected: Mapped[dict[str, Any]] = mapped_column(default=dict)  # encoding, delimiter, sheet … as shown
    error_code: Mapped[str] = mapped_column(default="")
    error_template: Mapped[str] = mapped_column(default="")
    error_data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ImportIssue(Base):
    """A row of a document that was refused or is worth a word: its place, value, code; the sentence is made when shown."""

    __tablename__ = "import_issue"
    id: Mapped[int] = _id()
    run_id: Mapped[int] = _ref("import_run.id")
    severity: Mapped[str]  # refused | warning
    code: Mapped[str]
    template: Mapped[str]
    file: Mapped[str]
    sheet: Mapped[str] = mapped_column(default="")
    row_no: Mapped[int | None] = mapped_column(Integer)
    column: Mapped[str] = mapped_column(default="")
    value: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class JobRun(Base):
    """The ledger of due work: one row per job and due period, the truth about what ran (APScheduler is only the clock)."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("job", "due_period"),)
    id: Mapped[int] = _id()
    job: Mapped[str]  # import:<source code> | report:monthly | watch:late …
    due_period: Mapped[str]  # local business period, e.g. 2026-05-31T02:00
    due_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str]  # due | running | succeeded | failed | gave_up | beyond_window
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    not_before: Mapped[datetime | None]
    owner: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")


# ---------------------------------------------------------------- targets, reports, alerts


class Baseline(Base):
    """The reference year of a unit and resource (基期). `quantity` is a declared figure; None: computed from the readings."""

    __tablename__ = "baseline"
    __table_args__ = (UniqueConstraint("unit_id", "resource", "year", "version"),)
    id: Mapped[int] = _id()
    unit_id: Mapped[int] = _ref("org_unit.id")
    resource: Mapped[str]
    year: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, default=1)
    quantity: Mapped[int | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Target(Base):
    """A promise: an indicator of a unit and resource, in a year.

    `kind` reduction: `reduction` ppm less than in the baseline year. `kind` cap: at most `cap` (thousandths of the base measure,
    per person or m² where the indicator says so); the baseline year then only gives the course over the year.
    The row with the highest version not withdrawn is in force. `cascaded_from` is the target above that it was shared out from.
    """

    __tablename__ = "target"
    __table_args__ = (UniqueConstraint("unit_id", "resource", "indicator", "year", "version"),)
    id: Mapped[int] = _id()
    unit_id: Mapped[int] = _ref("org_unit.id")
    resource: Mapped[str]
    indicator: Mapped[str]  # total | per_person | per_m2
    year: Mapped[int] = mapped_column(Integer)
    baseline_year: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(default="reduction")  # reduction | cap
    reduction: Mapped[int] = mapped_column(Integer)
    cap: Mapped[int | None]
    min_coverage: Mapped[int] = mapped_column(Integer, default=950_000)
    version: Mapped[int] = mapped_column(Integer, default=1)
    cascaded_from: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    approved_by: Mapped[str] = mapped_column(default="")
    approved_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class QuotaBand(Base):
    """The three values of a quota (能耗定额) for a unit and its sub-tree: constraint ≥ reference ≥ guidance, per person or m² and year.

    Values are thousandths of the resource's base measure; None where the standard names none. Always declared by the
    organisation, with its `source` (standard, table, climate zone); the nearest unit above with a row of the year is in force.
    """

    __tablename__ = "quota_band"
    id: Mapped[int] = _id()
    unit_id: Mapped[int] = _ref("org_unit.id")
    resource: Mapped[str]
    indicator: Mapped[str]  # per_person | per_m2
    year_from: Mapped[int] = mapped_column(Integer)
    year_to: Mapped[int | None] = mapped_column(Integer)  # the last one; None: until another row begins
    constraint_value: Mapped[int | None]
    reference_value: Mapped[int | None]
    guidance_value: Mapped[int | None]
    source: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class PeriodClose(Base):
    """A month of a unit's sub-tree closed as reported (结账): its figures as canonical JSON, so that later changes can be listed."""

    __tablename__ = "period_close"
    __table_args__ = (
        Index(
            "uq_period_close_standing",
            "unit_id",
            "month",
            unique=True,
            sqlite_where=text("reopened_at IS NULL"),
            postgresql_where=text("reopened_at IS NULL"),
        ),
    )
    id: Mapped[int] = _id()
    unit_id: Mapped[int] = _ref("org_unit.id")
    month: Mapped[str]  # 2026-05
    data: Mapped[str]  # canonical JSON
    sha256: Mapped[str] = mapped_column(String(64))  # of data
    note: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[str] = mapped_column(default="")
    reopened_reason: Mapped[str] = mapped_column(default="")


class Report(Base):
    """A report as it was: canonical JSON of its data and the rendered bytes; printing again returns those bytes."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("kind", "unit_id", "period", "language", "version"),)
    id: Mapped[int] = _id()
    kind: Mapped[str] = mapped_column(default="monthly")
    unit_id: Mapped[int] = _ref("org_unit.id")
    period: Mapped[str]  # 2019-12
    language: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, default=1)
    data: Mapped[str]  # canonical JSON
    sha256: Mapped[str] = mapped_column(String(64))  # of data
    html: Mapped[bytes] = mapped_column(LargeBinary)
    actor: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    sent_to: Mapped[list[Any]] = mapped_column(default=list)


class ReportFile(Base):
    """A further rendering of a report (xlsx …), made from the same data and kept beside it."""

    __tablename__ = "report_file"
    __table_args__ = (UniqueConstraint("report_id", "format"),)
    id: Mapped[int] = _id()
    report_id: Mapped[int] = _ref("report.id")
    format: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Alert(Base):
    """A state change that somebody must see; open until `closed_at`. `unit_id` None: it concerns the organisation as a whole."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open",
            "rule",
            "subject",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )
    id: Mapped[int] = _id()
    rule: Mapped[str]  # source_late | job_failed | job_beyond_window | rows_refused | over_pace | delivery_missing …
    subject: Mapped[str]
    unit_id: Mapped[int | None]
    opened_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AlertRule(Base):
    """A rule switched off, or with limits other than its defaults; a rule without a row is on with its defaults."""

    __tablename__ = "alert_rule"
    kind: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict)
    actor: Mapped[str] = mapped_column(default="")


class AlertChannel(Base):
    """Who hears of alerts: an e-mail address or a webhook, for the rules named (all where none is) of a unit's sub-tree."""

    __tablename__ = "alert_channel"
    id: Mapped[int] = _id()
    kind: Mapped[str]  # mail | webhook
    address: Mapped[str]
    unit_id: Mapped[int | None] = _ref("org_unit.id", nullable=True)
    rules: Mapped[list[Any]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(default="zh")
    enabled: Mapped[bool] = mapped_column(default=True)


class Notification(Base):
    """One message about one state change of an alert to one channel; sent once, tried again while it fails."""

    __tablename__ = "notification"
    __table_args__ = (UniqueConstraint("alert_id", "channel_id", "event"),)
    id: Mapped[int] = _id()
    alert_id: Mapped[int] = _ref("alert.id")
    channel_id: Mapped[int] = _ref("alert_channel.id")
    event: Mapped[str]  # opened | closed
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    not_before: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")


# ---------------------------------------------------------------- people


class User(Base):
    """A person who signs in; the password is kept as its argon2 hash."""

    __tablename__ = "user_account"
    id: Mapped[int] = _id()
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    language: Mapped[str] = mapped_column(default="zh")
    disabled: Mapped[bool] = mapped_column(default=False)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RoleGrant(Base):
    """A role of a person on a unit and its sub-tree."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("user_id", "unit_id"),)
    id: Mapped[int] = _id()
    user_id: Mapped[int] = _ref("user_account.id")
    unit_id: Mapped[int] = _ref("org_unit.id")
    role: Mapped[str]
    origin: Mapped[str] = mapped_column(
        default=""
    )  # "" given by hand; oidc: follows the groups of the identity provider


class UserIdentity(Base):
    """A person as an identity provider knows them: `subject` at `issuer` never changes, names and addresses may."""

    __tablename__ = "user_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)
    id: Mapped[int] = _id()
    user_id: Mapped[int] = _ref("user_account.id")
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]


class LoginSession(Base):
    """A signed-in browser; only the hash of its cookie is kept, so the table gives nobody a way in."""

    __tablename__ = "session"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = _ref("user_account.id")
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiToken(Base):
    """A key for programs; only its hash is kept. It may do what its person may, and no more than its scopes say, until it expires."""

    __tablename__ = "api_token"
    id: Mapped[int] = _id()
    user_id: Mapped[int] = _ref("user_account.id")
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(String(12))  # its first characters, to tell tokens apart
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]] = mapped_column(default=list)
    unit_id: Mapped[int | None] = _ref("org_unit.id", nullable=True)  # limits it to a sub-tree
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class StoredSetting(Base):
    """A setting made on the Admin page; the environment and the settings file come before it."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    actor: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class AuditEvent(Base):
    """Who did what to which thing: values before and after."""

    __tablename__ = "audit_event"
    id: Mapped[int] = _id()
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    seal_id: Mapped[int | None] = _ref("audit_seal.id", nullable=True)


class AuditSeal(Base):
    """A link of the chain over the audit log: SHA-256 over the seal before it and the rows sealed with it, in order of id."""

    __tablename__ = "audit_seal"
    id: Mapped[int] = _id()
    rows: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]


class State(Base):
    """Small named values: `data_version` (bumped by every business write), `acts` (by what people did alone), `scheduler_heartbeat`, `installation`."""

    __tablename__ = "state"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
