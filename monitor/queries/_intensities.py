"""Use per person or m² over some days: the one figure behind rankings and quotas, or why there is none."""

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from monitor.domain.amounts import PPM, Amount
from monitor.domain.baselines import Finding, percent_text
from monitor.domain.indicators import Indicator
from monitor.domain.periods import from_day
from monitor.domain.targets import BASIS_MISSING, COVERAGE_LOW, DENOMINATOR_MISSING, NO_READINGS
from monitor.queries import _allocation as allocation
from monitor.queries._bases import Bases
from monitor.queries._denominators import Facts, best
from monitor.queries._meters import Layout
from monitor.queries._series import Series
from monitor.queries._tree import Structure

MIN_COVERAGE = 950_000  # ppm: units measured less than this are not ranked per person and per m²


@dataclass(frozen=True, slots=True)
class Intensity:
    """Use per person or m², or the `reasons` why there is none.

    `value` is in thousandths of the base measure, *as if complete* (used ÷ coverage), so that gaps do not look like savings;
    `denominator` is whole persons or m², time-weighted, of the `kind` of fact named.
    """

    used: Amount
    denominator: Fraction | None
    kind: str
    value: Fraction | None
    reasons: tuple[Finding, ...] = ()


def intensity(
    used: Amount,
    who: tuple[int, str, Indicator],
    facts: Facts,
    structure: Structure,
    *,
    hindrances: list[Finding],
) -> Intensity:
    """Divide the use of a unit (`who`: unit, resource, indicator) by its persons or m² over the days of a structure."""
    unit_id, resource, indicator = who
    kind, denominator = best(facts, structure, unit_id, resource, indicator)
    year = from_day(structure.end - 1).year
    missing = [] if denominator else [Finding("DENOMINATOR_MISSING", DENOMINATOR_MISSING, {"year": year})]
    reasons = (*hindrances, *missing)
    if reasons or not denominator or used.quantity is None:
        return Intensity(used, denominator, kind, None, reasons)
    return Intensity(used, denominator, kind, Fraction(used.quantity) * used.expected / used.covered / denominator)


def unmeasured(used: Amount, year: int, least: int, *, undecided: int | None) -> list[Finding]:
    """Tell why a use cannot be judged: a missing reading is never a saving. `undecided` is a year without a basis of paper."""
    if undecided is not None:
        return [Finding("BASIS_MISSING", BASIS_MISSING, {"year": undecided})]
    if used.quantity is None or not used.covered:
        return [Finding("NO_READINGS", NO_READINGS, {"year": year})]
    if used.coverage * PPM >= least:
        return []
    data = {"coverage": percent_text(used.coverage), "least": percent_text(Fraction(least, PPM))}
    return [Finding("COVERAGE_LOW", COVERAGE_LOW, data)]


def undecided(bases: Bases, structure: Structure, unit_id: int) -> int | None:
    """Give a year of the structure's days in which nothing says how the sub-tree's paper is counted; None where all is said."""
    inside = structure.members(unit_id) if bases.used else {}
    years = range(from_day(structure.start).year, from_day(structure.end - 1).year + 1)
    known = [unit for unit in inside if unit in bases.used]
    return next((year for year in years for unit in known if bases.undecided(unit, year)), None)


def days_of(
    session: Session, layout: Layout, structure: Structure, tops: list[int]
) -> tuple[dict[int, Series], list[allocation.Ledger]]:
    """Read the days of each unit below some tops, and the ledgers of the tops."""
    wanted = set().union(*(allocation.needed(layout, structure, top) for top in tops))
    book = allocation.Book(session, layout, wanted)
    weight = book.weights(from_day(structure.end - 1).year)
    ledgers = [allocation.read(book, structure, unit_id=top, weight=weight) for top in tops]
    found: dict[int, Series] = {}
    for ledger in ledgers:
        found |= allocation.of_each_unit(ledger)
    return found, ledgers
