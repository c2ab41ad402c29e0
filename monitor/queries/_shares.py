"""Shares by fact worked out: what the percentages of a meter leave, in proportion to the units' facts of each day.

The result are dated parts per million, a piece from each change of a share, a fact or the tree to the next.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from monitor.database.tables import UnitFact
from monitor.domain.amounts import PPM
from monitor.domain.organisation import by_facts
from monitor.domain.periods import to_day
from monitor.queries._tree import Tree

FOREVER = 2**31
PERCENT = "percent"
Facts = dict[int, list[UnitFact]]


@dataclass(frozen=True, slots=True)
class ShareFacts:
    """A dated share: `ppm` of a meter to a unit on the days valid_from..valid_to-1.

    A share by fact (`basis` head_count, floor_area …) says how it came about: the unit's fact `value` of `whole`, in
    thousandths. Where facts are not known `ppm` is 0, and `claim` is the part (an equal one) that the unit's figure may be
    missing: it is expected of the unit and not covered, so that what nobody can share out is never a saving.
    """

    meter_id: int
    unit_id: int
    ppm: int
    valid_from: int
    valid_to: int
    basis: str = PERCENT
    value: int | None = None
    whole: int | None = None
    claim: int = 0


def resolved(shares: Sequence[ShareFacts], facts: Facts, tree: Tree) -> list[ShareFacts]:
    """Give the shares of one meter with those by fact worked out into dated pieces; percentages stay as they are."""
    fixed = [share for share in shares if share.basis == PERCENT]
    open_ = [share for share in shares if share.basis != PERCENT]
    if not open_:
        return fixed
    pieces = list(fixed)
    last: dict[int, ShareFacts] = {}
    for first, end in pairwise(_edges(shares, open_, facts, tree)):
        inside = [share for share in open_ if share.valid_from <= first < share.valid_to]
        percent = sum(share.ppm for share in fixed if share.valid_from <= first < share.valid_to)
        for piece in _piece(inside, max(PPM - percent, 0), facts, tree.on(first), (first, end)):
            before = last.get(piece.unit_id)
            if (
                before is not None
                and replace(before, valid_from=first, valid_to=end) == piece
                and before.valid_to == first
            ):
                pieces.remove(before)
                piece = replace(piece, valid_from=before.valid_from)  # noqa: PLW2901 - grown backwards
            pieces.append(piece)
            last[piece.unit_id] = piece
    return sorted(pieces, key=lambda share: (share.valid_from, share.unit_id))


def _edges(shares: Iterable[ShareFacts], open_: Sequence[ShareFacts], facts: Facts, tree: Tree) -> list[int]:
    """Give the days on which the parts may change."""
    kinds, units = {share.basis for share in open_}, {share.unit_id for share in open_}
    found = {day for share in shares for day in (share.valid_from, share.valid_to)}
    first, last = min(share.valid_from for share in open_), max(share.valid_to for share in open_)
    structure = tree.structure(first, last)
    found |= {stretch.first for stretch in structure.stretches}
    for unit in {below for each in units for below in structure.members(each)}:
        for fact in facts.get(unit, ()):
            if fact.kind in kinds:
                found |= {to_day(fact.valid_from), FOREVER if fact.valid_to is None else to_day(fact.valid_to)}
    return sorted(day for day in found if first <= day <= last)


def _piece(
    inside: Sequence[ShareFacts], rest: int, facts: Facts, tree: Tree, span: tuple[int, int]
) -> list[ShareFacts]:
    """Work the shares by fact of one stretch out; shares by two kinds of facts at once cannot be compared."""
    if not inside:
        return []
    first, end = span
    values = [value_on(facts, tree, share.unit_id, share.basis, first) for share in inside]
    alike = len({share.basis for share in inside}) == 1
    parts = by_facts(rest, values) if alike else None
    whole = sum(value for value in values if value is not None)
    claim = rest // len(inside) if parts is None else 0
    return [
        replace(
            share, ppm=part, valid_from=first, valid_to=end, value=value, whole=whole if parts else None, claim=claim
        )
        for share, value, part in zip(inside, values, parts or [0] * len(inside), strict=True)
    ]


def value_on(facts: Facts, tree: Tree, unit_id: int, kind: str, day: int) -> int | None:
    """Give a fact of a unit on a day, in thousandths: its own, or the sum of its sub-units' where each has one."""
    for fact in reversed(facts.get(unit_id, ())):
        if (
            fact.kind == kind
            and to_day(fact.valid_from) <= day
            and (fact.valid_to is None or day < to_day(fact.valid_to))
        ):
            return fact.value
    parts = [value_on(facts, tree, child, kind, day) for child in tree.children.get(unit_id, ())]
    known = [part for part in parts if part is not None]
    return sum(known) if parts and len(known) == len(parts) else None
