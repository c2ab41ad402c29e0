"""Workbooks to fill in: readings, bills, months, paper issued; each has a bundled profile that reads it back as it was typed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.resources import RESOURCES
from monitor.errors import NotFound
from monitor.i18n import N_, translate
from monitor.queries import hand
from monitor.queries.hand import HandMeter
from monitor.reports.workbook import Book, Cell, Sheet, text

BLANK = text("")


@dataclass(frozen=True, slots=True)
class Form:
    """A workbook to fill in: its sheet, its columns, the profile that reads it, what to know, and the rows it begins with."""

    sheet: str
    profile: str
    heads: tuple[str, ...]
    kinds: tuple[str, ...]
    advice: tuple[str, ...]
    example: tuple[str, ...]
    rows: Callable[[Sequence[HandMeter], str, datetime], list[list[Cell]]]


def make(
    session: Session, actor: Actor, kind: str, language: str, *, now: datetime, unit_id: int | None = None
) -> bytes:
    """Give a form with the meters that the actor may see; `now` in the zone of its dates. NotFound for an unknown form or unit."""
    if kind not in FORMS:
        raise NotFound("NO_SUCH_FORM", N_("There is no form {form}; known: {known}"), form=kind, known=", ".join(FORMS))
    form = FORMS[kind]
    found = hand.registers(session, actor, form.kinds, unit_id=unit_id)

    def say(sentence: str, **data: object) -> str:
        return translate(sentence, language, **data)

    book = Book(say(form.sheet))
    sheet = book.sheet(say(form.sheet))
    sheet.put(0, 0, text(say(form.sheet), bold=True, size=14), measure=False)
    sheet.put(1, 0, text(say(FILL), colour="#6b7785"), measure=False)
    sheet.table(
        3,
        0,
        [_head(head, language, now) for head in form.heads],
        form.rows(found, language, now) or [[BLANK for _ in form.heads]],
    )
    sheet.print_setup(say(form.sheet), "", repeat=3, freeze=(4, 1))
    notes = book.sheet(say(N_("Instructions")))
    notes.put(0, 0, text(say(N_("Instructions")), bold=True, size=14), measure=False)
    lines = [*(say(line) for line in form.advice), say(PROFILE, profile=form.profile)]
    for row, line in enumerate(lines, 2):
        notes.put(row, 0, text(line), measure=False)
    row = len(lines) + 3
    notes.put(row, 0, text(say(N_("Example")), bold=True))
    for number, (head, value) in enumerate(zip(form.heads, form.example, strict=True), row + 1):
        notes.put(number, 0, text(_head(head, language, now)))
        notes.put(number, 1, text(say(value)))
    if kind == "paper-issued":
        _departments(notes, found, language, row + len(form.heads) + 2)
    return book.close()


def _head(head: str, language: str, now: datetime) -> str:
    """Give a heading; those of months carry the year before as long as January is not over."""
    year = now.year if now.month > 1 else now.year - 1
    return head.replace("{year}", str(year)) if head.startswith("{year}") else translate(head, language)


def _departments(notes: Sheet, found: Sequence[HandMeter], language: str, row: int) -> None:
    notes.put(row, 0, text(translate(N_("Departments that may be named"), language), bold=True))
    for number, one in enumerate((one for one in found if one.basis == "packs"), row + 1):
        notes.put(number, 0, text(one.code))
        notes.put(number, 1, text(_name(one, language)))


def _name(one: HandMeter, language: str) -> str:
    return (one.name_zh if language == "zh" else one.name_en) or one.name_zh or one.code


def _measure(one: HandMeter, language: str) -> Cell:
    measure = RESOURCES[one.resource].measure(one.measure)
    return text(measure.zh if language == "zh" else measure.code)


def _last(one: HandMeter, now: datetime) -> list[Cell]:
    if one.last_at is None:
        return [BLANK, BLANK]
    local = one.last_at.astimezone(now.tzinfo or ZoneInfo("UTC")).replace(tzinfo=None)
    value = Cell(one.last_value, "number", 0 if one.last_value is not None and one.last_value.denominator == 1 else 2)
    return [Cell(local, "moment"), value]


def _readings(found: Sequence[HandMeter], language: str, now: datetime) -> list[list[Cell]]:
    return [
        [
            text(one.code),
            text(_name(one, language)),
            _measure(one, language),
            *_last(one, now),
            BLANK,
            BLANK,
            Cell(one.multiplier, "number"),
        ]
        for one in found
    ]


def _bills(found: Sequence[HandMeter], language: str, now: datetime) -> list[list[Cell]]:
    return [
        [
            text(one.code),
            text(_name(one, language)),
            _last(one, now)[0] if one.last_at else BLANK,
            BLANK,
            BLANK,
            _measure(one, language),
            BLANK,
            BLANK,
        ]
        for one in found
    ]


def _months(found: Sequence[HandMeter], language: str, _now: datetime) -> list[list[Cell]]:
    return [
        [
            text(one.code),
            text(_name(one, language)),
            _measure(one, language),
            *[BLANK] * 12,
        ]
        for one in found
    ]


def _issued(_found: Sequence[HandMeter], _language: str, _now: datetime) -> list[list[Cell]]:
    return [[BLANK] * 5 for _ in range(30)]


FILL = N_("Fill in the empty cells; rows left empty are passed over. Leave the headings as they are.")
PROFILE = N_(
    "Import: source of the kind tabular with the profile {profile}, or Imports, upload. The preview shows what would be taken in."
)
METER, NAME, MEASURE = N_("Meter code"), N_("Name"), N_("Measure")
FORMS: dict[str, Form] = {
    "readings": Form(
        N_("Hand readings"), "meter-reading-sheet",
        (METER, NAME, MEASURE, N_("Previous date"), N_("Previous reading"), N_("Read on"), N_("Current reading"), N_("Multiplier")),
        ("cumulative",),
        (
            N_("Write the day and what the meter shows; the reading counts at the end of that day. Do not multiply: the multiplier is applied on import."),
            N_("A lower reading than the previous one is refused unless the meter was changed or began anew."),
        ),
        ("E-0412", N_("Office building, main meter"), "kWh", "2026-10-31 00:00", "10250", "2026-11-30", "10871", "80"),
        _readings,
    ),
    "bills": Form(
        N_("Bills"), "bill-sheet",
        (METER, NAME, N_("Billed from"), N_("Billed to"), N_("Quantity"), MEASURE, N_("Amount (CNY)"), N_("Invoice")),
        ("bill",),
        (N_("Both days belong to the bill: a bill for October has 1 October and 31 October."),),
        ("W-0007", N_("Compound, water"), "2026-10-01", "2026-10-31", "1830", "m³", "7503.00", "04410023"),
        _bills,
    ),
    "months": Form(
        N_("Use of months"), "month-grid",
        (METER, NAME, MEASURE, *(f"{{year}}-{month:02d}" for month in range(1, 13))),
        ("interval",),
        (
            N_("One row is a meter, one column a month. For another year write it into the headings: 2025-01, 2025-02 …"),
            N_("A month left empty is not known yet, which is not zero; a row of totals is not read."),
        ),
        ("E-0412", N_("Office building, main meter"), "kWh", *["49680"] * 10, "", ""),
        _months,
    ),
    "paper-issued": Form(
        N_("Paper issued"), "paper-issued",
        (N_("Date"), N_("Department"), N_("Quantity (pack)"), N_("Taken by"), N_("Remark")),
        ("event",),
        (N_("One row is an issue; a pack has 500 sheets. The sheet has every issue of the calendar months it names. Names and remarks are emptied before anything is kept."),),
        ("2026-11-05", N_("Finance Bureau"), "12", N_("(not kept)"), ""),
        _issued,
    ),
}  # fmt: skip
