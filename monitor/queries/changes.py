"""A unit's change against the same days of last year, explained: people or area, workdays, weather, the rest."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.amounts import PPM, Amount
from monitor.domain.baselines import Calendar, Finding, class_sums, percent_text, shape_of
from monitor.domain.changes import explained
from monitor.domain.indicators import Indicator
from monitor.domain.periods import from_day, workdays, year_days
from monitor.domain.resources import resource as known_resource
from monitor.domain.targets import BASIS_DIFFERS, BASIS_MISSING
from monitor.domain.weather import DEFAULT, Rule
from monitor.i18n import N_
from monitor.queries import _allocation as allocation
from monitor.queries._denominators import Facts, pair
from monitor.queries._meters import Layout, load_layout
from monitor.queries._series import Series
from monitor.queries._tree import Structure, load_tree
from monitor.queries._weather import Weather, split, station_of
from monitor.queries.scope import load_facts, require_unit

MIN_COVERAGE = 950_000  # ppm of either year: a gap must not look like a saving
CHANGE_UNMEASURED = N_(
    "Only {coverage} % of the days of {year} were measured; {least} % are needed to say what a change comes from."
)


@dataclass(frozen=True, slots=True)
class ChangeStep:
    """A part of the change: `kind` head_count | floor_area | workdays | weather | rest, negative where it was less."""

    kind: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Change:
    """The days of a year up to one, against the same days of the year before, taken with this year's structure.

    `steps` add up to now − before exactly; they are empty where `reasons` say why nothing can be explained. `unknown` names
    the factors that were left out because they are not known; what they did is in the rest. `weather` says how its part came
    about, `unsplit` why there is none.
    """

    before: Amount
    now: Amount
    steps: tuple[ChangeStep, ...]
    reasons: tuple[Finding, ...]
    unknown: tuple[str, ...]
    weather: Weather | None = None
    unsplit: Finding | None = None


def change(  # noqa: PLR0917 - who, whose, what, when
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, as_of: int, *, rule: Rule = DEFAULT
) -> Change:
    """Explain what a unit used from 1 January of a year to a day (inclusive); NotFound for a stranger."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    layout = load_layout(session, resource, tree)
    structures = tuple(tree.structure(*year_days(each), as_in=year) for each in (year, year - 1))
    book = allocation.Book(session, layout, allocation.needed(layout, structures[0], unit_id))
    weight = book.weights(year)
    this, last = (
        allocation.read(book, structure, unit_id=unit_id, weight=weight).counted() for structure in structures
    )
    gone = min(max(as_of + 1 - structures[0].start, 1), structures[0].end - structures[0].start)
    day = from_day(structures[0].start + gone - 1)
    same = year_days(year - 1)[0] + min(gone, _days_until(day.month, day.day, year - 1))
    now, before = this.amount(None, structures[0].start + gone), last.amount(None, same)
    reasons = (*_unmeasured({year: now, year - 1: before}), *_bases(layout, structures[0], unit_id, year))
    if reasons or now.quantity is None or not before.quantity:
        return Change(before, now, (), tuple(reasons), ())
    ends = ((structures[0].start, structures[0].start + gone), (structures[1].start, same))
    spans = [tree.structure(first, end, as_in=year) for first, end in ends]
    people = _people(load_facts(session), (spans[0], spans[1]), unit_id, resource)
    calendar = _workdays(layout, last, year, (gone, same - structures[1].start))
    weather, unsplit = None, None
    if known_resource(resource).weather:
        flags = workdays(*year_days(year - 1), _country(layout))
        end = structures[0].start + gone
        found = split(session, station_of(session, tree, unit_id), last, flags, ends=(same, end), rule=rule)
        weather, unsplit = (None, found) if isinstance(found, Finding) else (found, None)
    parts = [] if weather is None else [("weather", weather.part)]
    steps = explained(before.quantity, now.quantity, [*people, ("workdays", calendar)], parts)
    unknown = () if people else ("head_count", "floor_area")
    return Change(before, now, tuple(ChangeStep(*step) for step in steps), (), unknown, weather, unsplit)


def _people(
    facts: Facts, spans: tuple[Structure, Structure], unit_id: int, resource: str
) -> list[tuple[str, Fraction]]:
    """Give what people alone would have made of it, or area where people are not known for both years; [] for neither."""
    for indicator, kind in ((Indicator.PER_PERSON, "head_count"), (Indicator.PER_M2, "floor_area")):
        now, before = pair(facts, spans, unit_id, resource, indicator)
        if now and before:
            return [(kind, now / before)]
    return []


def _days_until(month: int, day: int, year: int) -> int:
    """Count the days of a year up to the same day (29 February: the 28th), inclusive."""
    return sum(_date(number) <= (month, day) for number in range(*year_days(year)))


def _date(day: int) -> tuple[int, int]:
    found = from_day(day)
    return found.month, found.day


def _workdays(layout: Layout, last: Series, year: int, gone: tuple[int, int]) -> Fraction:
    """Give what the calendar alone would have made of last year's use: its mean days, on this year's workdays and days off."""
    this, before = (Calendar(each, workdays(*year_days(each), _country(layout))) for each in (year, year - 1))
    shape = shape_of(class_sums(last.columns(), before))
    now, then = (shape.cumulated(one)[days] for one, days in zip((this, before), gone, strict=True))
    return Fraction(now, then) if then else Fraction(1)


def _country(layout: Layout) -> str:
    """Give the calendar of most of the meters."""
    found = Counter(meter.country for meter in layout.meters.values())
    return found.most_common(1)[0][0] if found else "CN"


def _unmeasured(amounts: dict[int, Amount]) -> list[Finding]:
    least = percent_text(Fraction(MIN_COVERAGE, PPM))
    return [
        Finding(
            "CHANGE_UNMEASURED",
            CHANGE_UNMEASURED,
            {"coverage": percent_text(amount.coverage), "least": least, "year": year},
        )
        for year, amount in amounts.items()
        if amount.coverage * PPM < MIN_COVERAGE
    ]


def _bases(layout: Layout, structure: Structure, unit_id: int, year: int) -> list[Finding]:
    """Tell whether the two years' paper is counted on one and the same basis."""
    bases = layout.bases
    inside = [unit for unit in structure.members(unit_id) if unit in bases.used] if bases.used else []
    for each in (year, year - 1):
        if any(bases.undecided(unit, each) for unit in inside):
            return [Finding("BASIS_MISSING", BASIS_MISSING, {"year": each})]
    if any(bases.of(unit, year) != bases.of(unit, year - 1) for unit in inside):
        return [Finding("BASIS_DIFFERS", BASIS_DIFFERS, {"year": year, "baseline_year": year - 1})]
    return []
