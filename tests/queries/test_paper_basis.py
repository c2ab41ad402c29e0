"""Paper is measured three times over and counted once: the basis of unit and year decides, and nothing is guessed."""

from datetime import date

import pytest

from monitor.database.tables import Meter, MeterShare, Place, UnitBasis
from monitor.domain.access import SYSTEM
from monitor.domain.periods import to_day, year_days
from monitor.domain.targets import Status
from monitor.errors import NotFound
from monitor.queries import consumption, explain, targets
from monitor.queries.reconciliation import reconcile
from monitor.services.targets import set_target
from tests.queries.conftest import DAY, NOW, World

LAST, THIS = year_days(2025), year_days(2026)
JUNE_END = to_day(date(2026, 6, 30))
SHEET = 1000


def paper(world: World, code: str, basis: str, unit: str) -> None:
    place = world.session.query(Place.id).scalar()
    meter = Meter(code=code, name_zh=code, name_en=code, resource="paper", place_id=place, basis=basis)
    world.session.add(meter)
    world.session.flush()
    share = MeterShare(meter_id=meter.id, unit_id=world.units[unit], ppm=1_000_000, valid_from=date(2000, 1, 1))
    world.session.add(share)
    world.session.flush()
    world.meters[code] = meter.id


def declare(world: World, unit: str, basis: str, *years: int) -> None:
    for year in years:
        world.session.add(UnitBasis(unit_id=world.units[unit], resource="paper", year=year, basis=basis))
    world.session.flush()


def three(world: World) -> None:
    """Logs say 100 sheets a day, counters 110, packs 500 on the first day."""
    for basis, quantities in (("print_log", [100, 100]), ("counter", [110, 110]), ("packs", [500, 0])):
        paper(world, basis, basis, "a1")
        world.days(basis, [sheets * SHEET for sheets in quantities])


def sheets(world: World, code: str) -> int | None:
    found = consumption.amount(world.session, SYSTEM, world.units[code], "paper", DAY, DAY + 2).quantity
    return None if found is None else found // SHEET


def test_without_a_declared_basis_nothing_counts_and_nothing_is_zero(world: World) -> None:
    three(world)

    amount = consumption.amount(world.session, SYSTEM, world.units["a"], "paper", DAY, DAY + 2)

    assert (amount.quantity, amount.coverage) == (None, 0)


@pytest.mark.parametrize(("basis", "counted"), [("print_log", 200), ("counter", 220), ("packs", 500)])
def test_the_declared_basis_counts_alone_also_from_above(world: World, basis: str, counted: int) -> None:
    three(world)
    declare(world, "hq", basis, 2026)

    assert [sheets(world, code) for code in ("a1", "a", "hq", "b")] == [counted, counted, counted, None]
    line = consumption.statement(world.session, SYSTEM, world.units["hq"], "paper", DAY, DAY + 2)
    assert (line.total.quantity, line.not_allocated.quantity) == (counted * SHEET, None)


def test_the_nearest_unit_above_decides(world: World) -> None:
    three(world)
    declare(world, "hq", "packs", 2026)
    declare(world, "a", "counter", 2026)

    assert sheets(world, "hq") == 220


def test_a_basis_by_which_nothing_measures_leaves_the_figure_missing(world: World) -> None:
    paper(world, "log", "print_log", "a1")
    world.days("log", [SHEET, SHEET])
    declare(world, "hq", "packs", 2026)

    amount = consumption.amount(world.session, SYSTEM, world.units["hq"], "paper", DAY, DAY + 2)
    assert (amount.quantity, amount.coverage) == (None, 0)


def test_packs_of_the_bureau_stand_for_the_logs_of_its_sections(world: World) -> None:
    paper(world, "log", "print_log", "a1")
    paper(world, "pack", "packs", "a")
    world.days("log", [SHEET, SHEET])
    world.days("pack", [7 * SHEET, 0])
    declare(world, "hq", "packs", 2026)

    amount = consumption.amount(world.session, SYSTEM, world.units["a"], "paper", DAY, DAY + 2)
    assert (amount.quantity, amount.coverage, sheets(world, "a1")) == (7 * SHEET, 1, None)


def _year(world: World, *codes: str) -> None:
    for code in codes:
        world.days(code, [100 * SHEET] * 365, first=LAST[0])
        world.days(code, [90 * SHEET] * (JUNE_END + 1 - THIS[0]), first=THIS[0])


@pytest.mark.parametrize(
    ("last", "this", "codes", "status"),
    [
        ("counter", "counter", [], Status.ON_TRACK),
        ("print_log", "counter", ["BASIS_DIFFERS"], Status.NOT_JUDGED),
        ("", "counter", ["BASIS_MISSING"], Status.NOT_JUDGED),
        ("counter", "", ["BASIS_MISSING"], Status.NOT_JUDGED),
    ],
)
def test_years_of_different_bases_are_not_judged(
    world: World, last: str, this: str, codes: list[str], status: Status
) -> None:
    for basis in ("print_log", "counter"):
        paper(world, basis, basis, "a1")
    _year(world, "print_log", "counter")
    for year, basis in ((2025, last), (2026, this)):
        if basis:
            declare(world, "hq", basis, year)
    set_target(
        world.session, SYSTEM, world.units["a"], "paper", year=2026, baseline_year=2025, reduction=50_000, now=NOW
    )

    found = targets.progress(world.session, SYSTEM, world.units["a"], "paper", 2026, JUNE_END)[0].progress

    assert found.status is status
    assert [reason.code for reason in found.reasons][:1] == codes


def test_the_bases_stand_side_by_side_with_their_differences(world: World) -> None:
    three(world)
    declare(world, "hq", "counter", 2026)

    found = reconcile(world.session, world.own, world.units["a1"], "paper", DAY, DAY + 40)

    assert (found.bases, found.mixed) == (("print_log", "counter", "packs"), False)
    assert [str(line.month) for line in found.months] == ["2026-01", "2026-02"]
    january = found.months[0]
    assert january.authoritative == "counter"
    assert [(line.amount.quantity, line.difference, line.authoritative) for line in january.bases] == [
        (200 * SHEET, -20 * SHEET, False),
        (220 * SHEET, 0, True),
        (500 * SHEET, 280 * SHEET, False),
    ]
    assert january.counted.quantity == 220 * SHEET
    assert [line.difference for line in found.months[1].bases] == [None, None, None]
    assert found.total is not None
    assert found.total.counted.quantity == 220 * SHEET
    with pytest.raises(NotFound):
        reconcile(world.session, world.stranger, world.units["a1"], "paper", DAY, DAY + 1)


def test_water_has_no_bases_to_reconcile(world: World) -> None:
    world.days("tap", [1])
    assert reconcile(world.session, SYSTEM, world.units["b"], "water", DAY, DAY + 1).months == ()


def test_the_explanation_says_which_basis_counted(world: World) -> None:
    three(world)
    declare(world, "hq", "packs", 2026)

    opened = explain.figure(world.session, SYSTEM, world.units["a1"], "paper", DAY, DAY + 2)

    assert [(part.year, part.basis) for part in opened.bases] == [(2026, "packs")]
    stands = {part.basis: [share.stand for share in part.shares] for part in opened.meters}
    assert stands == {"print_log": ["aside"], "counter": ["aside"], "packs": ["counts"]}
    assert sum(part.share.quantity or 0 for part in opened.meters) == opened.amount.quantity == 500 * SHEET


@pytest.mark.parametrize("basis", ["print_log", "packs"])
def test_bases_cost_one_statement_and_only_where_there_are_any(world: World, basis: str) -> None:
    three(world)
    declare(world, "hq", basis, 2026)
    with world.statements() as seen:
        sheets(world, "a1")
    assert seen.count == 5
