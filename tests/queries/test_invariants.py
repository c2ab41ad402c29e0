"""What must hold for any organisation: random units that move, meters, shares by percent and by fact, bases of paper."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.database.tables import UnitFact
from monitor.domain.amounts import PPM
from monitor.domain.periods import from_day, to_day
from monitor.queries._allocation import Ledger, of_each_unit
from monitor.queries._bases import Bases
from monitor.queries._meters import Layout, MeterFacts
from monitor.queries._series import Rows, Series
from monitor.queries._shares import FOREVER, ShareFacts, resolved
from monitor.queries._tree import Move, Tree, UnitRow, _grown

START, END = to_day(date(2025, 12, 22)), to_day(date(2026, 1, 12))
DAYS = END - START
FIELDS = ("quantity", "covered", "expected", "estimated", "known")
BASES = ("", "print_log", "packs")
day_of = st.integers(START - 3, END + 3)


@dataclass
class Organisation:
    """A tree with moves, a layout, and the days of each meter."""

    tree: Tree
    layout: Layout
    measured: dict[int, Series]
    weight: dict[int, int]

    def ledger(self, unit_id: int) -> Ledger:
        return Ledger(self.layout, self.tree.structure(START, END), unit_id, Rows.of(self.measured), self.weight)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Draw units of which each parent has the smaller number, on every day: no loops."""
    count = draw(st.integers(2, 6))
    above = {unit: draw(st.integers(1, unit - 1)) if unit > 1 else None for unit in range(1, count + 1)}
    moves = []
    for unit in draw(st.lists(st.integers(2, count), max_size=3, unique=True)):
        at, then = draw(day_of), above[unit]
        moves.append(Move(unit, at, draw(st.integers(1, unit - 1)), then))
        if draw(st.booleans()):
            earlier = Move(unit, at - draw(st.integers(1, 9)), draw(st.integers(1, unit - 1)), moves[-1].from_parent_id)
            moves.append(earlier)
    rows = tuple(UnitRow(u, f"u{u}", p, "", "", "", 0) for u, p in above.items())
    return Tree(_grown(rows, above), tuple(sorted(moves, key=lambda move: (move.at, move.unit_id))))


@st.composite
def spans(draw: st.DrawFn) -> tuple[int, int]:
    first = draw(day_of)
    return first, draw(st.one_of(st.just(FOREVER), st.integers(first + 1, END + 9)))


@st.composite
def shares_of(draw: st.DrawFn, meter: int, units: list[int]) -> list[ShareFacts]:
    """Draw percentages that never exceed the whole, and shares by one kind of fact."""
    left, found = PPM, []
    for unit in draw(st.lists(st.sampled_from(units), max_size=3, unique=True)):
        ppm = draw(st.one_of(st.just(left), st.integers(0, left)))
        left -= ppm
        found.append(ShareFacts(meter, unit, ppm, *draw(spans())))
    found += [
        ShareFacts(meter, unit, 0, *draw(spans()), "head_count")
        for unit in draw(st.lists(st.sampled_from(units), max_size=3, unique=True))
    ]
    return found


@st.composite
def facts_of(draw: st.DrawFn, units: list[int]) -> dict[int, list[UnitFact]]:
    found: dict[int, list[UnitFact]] = defaultdict(list)
    for unit in draw(st.lists(st.sampled_from(units), max_size=5)):
        first, last = draw(spans())
        until = None if last == FOREVER else from_day(last)
        fact = UnitFact(unit_id=unit, kind="head_count", value=draw(st.integers(0, 9999)), valid_from=from_day(first))
        fact.valid_to = until
        found[unit].append(fact)
    return found


@st.composite
def series(draw: st.DrawFn, weight: int) -> Series:
    numbers = st.lists(st.one_of(st.just(None), st.integers(-50, 10**13)), min_size=DAYS, max_size=DAYS)
    values = draw(numbers)
    known = np.array([value is not None for value in values])
    quantity = np.array([value or 0 for value in values], dtype=np.int64)
    covered = np.where(known, draw(st.sampled_from((86_400, 4321))), 0) * weight
    return Series(START, quantity, covered, np.full(DAYS, 86_400 * weight), np.maximum(quantity, 0) // 3, known)


@st.composite
def organisations(draw: st.DrawFn, bases: bool = True) -> Organisation:
    tree = draw(trees())
    units = sorted(tree.by_id)
    facts = draw(facts_of(units))
    meters, shares, measured, weight = {}, {}, {}, {}
    for number in range(1, draw(st.integers(1, 4)) + 1):
        basis = draw(st.sampled_from(BASES)) if bases else ""
        above = None if basis or number == 1 else draw(st.one_of(st.none(), st.integers(1, number - 1)))
        if above and meters[above].basis:
            above = None
        assessed = draw(st.booleans())
        purpose = draw(st.sampled_from(("office", "dormitory")))
        names = (number, f"m{number}", "", "", purpose)
        meters[number] = MeterFacts(*names, assessed, above, "Asia/Shanghai", "CN", basis)
        weight[number] = draw(st.integers(1, 9))
        measured[number] = draw(series(weight[number]))
        shares[number] = resolved(draw(shares_of(number, units)), facts, tree)
    used: dict[int, set[tuple[str, int, int]]] = defaultdict(set)
    for number, listed in shares.items():
        for share in listed:
            if meters[number].basis:
                used[share.unit_id].add((meters[number].basis, share.valid_from, share.valid_to))
    keys = st.tuples(st.sampled_from(units), st.sampled_from((2025, 2026)))
    declared = draw(st.dictionaries(keys, st.sampled_from(BASES[1:]), max_size=3)) if used else {}
    return Organisation(tree, Layout("paper", meters, shares, Bases(tree, declared, dict(used))), measured, weight)


def same(one: Series, other: Series) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in FIELDS)


def added(parts: list[Series]) -> Series:
    return sum(parts, Series.empty(START, END))


@settings(max_examples=150, deadline=None)
@given(organisations(bases=False))
def test_the_total_is_counted_and_deducted_and_not_allocated_to_the_last_integer(given_: Organisation) -> None:
    ledger = given_.ledger(1)
    own = added([ledger.net(meter) for meter in given_.layout.meters])
    parts = [ledger.counted(), *ledger.deducted().values(), ledger.not_allocated()]

    for name in ("quantity", "covered", "estimated"):
        assert getattr(added(parts), name).tolist() == getattr(own, name).tolist()


@settings(max_examples=150, deadline=None)
@given(organisations())
def test_no_share_of_a_basis_that_does_not_count_gets_into_the_total(given_: Organisation) -> None:
    ledger, bases = given_.ledger(1), given_.layout.bases
    for meter in given_.layout.meters.values():
        for (share, raw), (_, kept) in zip(ledger.measured_shares(meter.id), ledger.shares(meter.id), strict=True):
            year = np.array([from_day(day).year for day in range(START, END)])
            chosen = np.array([bases.of(share.unit_id, each) == meter.basis for each in year.tolist()])
            counts = chosen if meter.basis else np.ones(DAYS, dtype=bool)
            assert kept.quantity.tolist() == np.where(counts, raw.quantity, 0).tolist()
            assert not (kept.covered > kept.expected).any()


@settings(max_examples=150, deadline=None)
@given(organisations())
def test_each_day_a_parent_is_its_children_and_its_own(given_: Organisation) -> None:
    figures = {unit: given_.ledger(unit).counted() for unit in given_.tree.by_id}
    own = {unit: Series.empty(START, END) for unit in figures}
    ledger = given_.ledger(1)
    for meter in given_.layout.meters.values():
        for share, part in ledger.shares(meter.id) if meter.assessed else ():
            own[share.unit_id] += part
    for index in range(DAYS):
        tree = given_.tree.on(START + index)
        for unit in figures:
            below = sum(figures[child].quantity[index] for child in tree.children.get(unit, ()))
            assert figures[unit].quantity[index] == own[unit].quantity[index] + below


@settings(max_examples=150, deadline=None)
@given(organisations())
def test_the_board_has_what_each_unit_has_alone(given_: Organisation) -> None:
    for top in given_.tree.by_id:
        for unit, found in of_each_unit(given_.ledger(top)).items():
            assert same(found, given_.ledger(unit).counted())


@settings(max_examples=150, deadline=None)
@given(organisations())
def test_the_explanation_adds_up_to_the_figure(given_: Organisation) -> None:
    for unit in given_.tree.by_id:
        ledger = given_.ledger(unit)
        shares = []
        for meter in ledger.shared_meters():
            opened = added([piece.series for piece in ledger.pieces(meter.id)])
            assert opened.quantity.tolist() == ledger.share(meter.id).quantity.tolist()
            assert opened.expected.tolist() == ledger.share(meter.id).expected.tolist()
            shares += [opened] if meter.assessed else []
        assert added(shares).quantity.tolist() == ledger.counted().quantity.tolist()


@settings(max_examples=100, deadline=None)
@given(trees(), st.data())
def test_shares_by_fact_take_all_that_percentages_leave_or_nothing(tree: Tree, data: st.DataObject) -> None:
    units = sorted(tree.by_id)
    facts, listed = data.draw(facts_of(units)), data.draw(shares_of(1, units))
    found = resolved(listed, facts, tree)
    for day in range(START, END):
        percent = sum(s.ppm for s in found if s.basis == "percent" and s.valid_from <= day < s.valid_to)
        by_fact = [s for s in found if s.basis != "percent" and s.valid_from <= day < s.valid_to]
        known = bool(by_fact) and all(s.value is not None for s in by_fact) and any(s.value for s in by_fact)
        assert len(by_fact) == len({s.unit_id for s in by_fact})
        assert sum(s.ppm for s in by_fact) == (PPM - percent if known else 0)
        assert all(not s.claim for s in by_fact) or not known
