"""The figures: do the derived days follow from the readings, do shares add up, does every reading have its register."""

from collections.abc import Iterator

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from monitor.database.readings import rebuild_meters
from monitor.database.tables import DailyConsumption, ImportIssue, ImportRun, Meter, MeterShare, Reading, Register
from monitor.doctor.finding import Finding, Scene, few
from monitor.domain.consumption import RULE_VERSION
from monitor.i18n import N_

SAMPLE = 8  # meters whose days are derived anew, spread over all
MILLION = 1_000_000
RUNS = 50  # the newest, whose unknown names are told
DERIVED = N_("Derived days follow from the readings ({count} meters derived anew and compared)")
DIFFER = N_("Derived days differ from the readings: {meters}")
OLD_RULE = N_("{count} derived days were made by an older rule ({oldest}; this version has {rule}).")
REBUILD = N_("Derive them anew: jieyue rebuild {meters}")
SHARES, OVER = (
    N_("Shares of meters add up to at most 100 %"),
    N_("Shares of one day add up to more than 100 %: {meters}"),
)
MEND_SHARES = N_("Mend the shares on the page of the meter, or in the workbook: the surplus is counted twice.")
OWNED, ORPHANS = N_("Every reading belongs to a register"), N_("{count} registers have readings but are not there.")
RESTORE = N_("Rows were deleted in the database itself: take the last backup back into a new folder and compare.")
NAMES, UNKNOWN = (
    N_("Every name in the newest files is a meter"),
    N_("The newest files name meters that are not known: {names}"),
)
ALIAS = N_(
    "Make the meter, or give an existing one this name as alias (Administration, Meters); then import the file again."
)


def days(scene: Scene) -> Iterator[Finding]:
    """Derive the days of some meters anew, compare, and take everything back."""
    with scene.database.session() as session:
        oldest, count = session.execute(
            select(func.min(DailyConsumption.rule_version), func.count()).where(
                DailyConsumption.rule_version != RULE_VERSION
            )
        ).one()
        metered = select(Meter.id, Meter.code).join(Register, Register.meter_id == Meter.id).distinct()
        meters = [(row.id, row.code) for row in session.execute(metered.order_by(Meter.id))]
    if count:
        shown: dict[str, object] = {"count": count, "oldest": oldest, "rule": RULE_VERSION, "meters": ""}
        yield Finding("DAYS_OLD_RULE", well=False, template=OLD_RULE, remedy=REBUILD, data=shown)
    chosen = meters[:: max(len(meters) // SAMPLE, 1)][:SAMPLE]
    wrong = [code for meter_id, code in chosen if _differs(scene, meter_id)]
    shown = {"count": len(chosen), "meters": few(wrong) if wrong else ""}
    yield Finding("DAYS_DIFFER", not wrong, DIFFER if wrong else DERIVED, REBUILD, shown)


def _differs(scene: Scene, meter_id: int) -> bool:
    with scene.database.session(write=True) as session:
        before = _derived(session, meter_id)
        rebuild_meters(session, [meter_id])
        after = _derived(session, meter_id)
        session.rollback()
    return before != after


def _derived(session: Session, meter_id: int) -> list[tuple[object, ...]]:
    columns = [column for column in inspect(DailyConsumption).columns if column.name != "rule_version"]
    chosen = select(*columns).where(DailyConsumption.meter_id == meter_id).order_by(*columns)
    return [tuple(row) for row in session.execute(chosen)]


def shares(scene: Scene) -> Iterator[Finding]:
    """Whether the shares of a meter exceed the whole on any day."""
    with scene.database.session() as session:
        rows = session.execute(
            select(Meter.code, MeterShare.ppm, MeterShare.valid_from, MeterShare.valid_to)
            .join(Meter, Meter.id == MeterShare.meter_id)
            .where(MeterShare.basis == "percent")
        ).all()
    over = {
        code
        for code, _, day, _ in rows
        if sum(ppm for own, ppm, first, last in rows if own == code and first <= day and (last is None or day < last))
        > MILLION
    }
    yield Finding("SHARES_OVER", not over, OVER if over else SHARES, MEND_SHARES, {"meters": few(sorted(over))})


def owned(scene: Scene) -> Iterator[Finding]:
    """Whether there are readings of registers that are gone."""
    last = select(func.max(Reading.register_id)).scalar_subquery()
    with scene.database.session() as session:
        beyond = session.scalar(select(last)) or 0
        ids = set(session.scalars(select(Register.id)))
        lost = [
            number
            for number in range(1, beyond + 1)
            if number not in ids
            and session.scalar(select(Reading.end_at).where(Reading.register_id == number).limit(1))
        ]
    yield Finding("READINGS_ORPHANED", not lost, ORPHANS if lost else OWNED, RESTORE, {"count": len(lost)})


def names(scene: Scene) -> Iterator[Finding]:
    """Names in the newest files that no meter has."""
    newest = select(ImportRun.id).where(ImportRun.document_id.is_not(None)).order_by(ImportRun.id.desc()).limit(RUNS)
    with scene.database.session() as session:
        issues = select(ImportIssue.data).where(ImportIssue.code == "METER_UNKNOWN", ImportIssue.run_id.in_(newest))
        said = {str(data.get("meter", "")) for data in session.scalars(issues)}
        known = set(session.scalars(select(Meter.code)))
    unknown = sorted(said - known)
    yield Finding("NAMES_UNKNOWN", not unknown, UNKNOWN if unknown else NAMES, ALIAS, {"names": few(unknown)})


LOOKS = (days, shares, owned, names)
