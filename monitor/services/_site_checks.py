"""What the parts of a site must not contradict: circles, shares above the whole, facts that jump without a word."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from monitor.domain.amounts import PPM
from monitor.errors import ConfigurationError, Conflict
from monitor.i18n import N_
from monitor.services._site import Named

CIRCLE = N_("'{key}' is its own ancestor; correct 'parent'.")
TOO_MUCH = N_("The shares of '{key}' add up to {percent} % on {day}; make it 100 % at most.")
MIXED = N_("'{key}' is shared by {one} and by {other} on {day}; choose one of the two.")
REASON = N_("'{key}' goes from {before} to {after}, more than a tenth; say why in the note.")
TENTH = 10

Spec = TypeVar("Spec", bound=Named)
Node = TypeVar("Node", bound=Hashable)


def parents_first(specs: Iterable[tuple[Spec, str | None]]) -> list[list[tuple[Spec, str | None]]]:
    """Group by depth, tops first; what refers outside the list counts as a top. A circle is refused."""
    listed = list(specs)
    parents = {spec.code: parent for spec, parent in listed}
    levels: dict[int, list[tuple[Spec, str | None]]] = defaultdict(list)
    for spec, parent in listed:
        way = ancestors(parents, spec.code)
        if way is None:
            raise ConfigurationError("SITE_CIRCLE", CIRCLE, key=spec.code)
        levels[len(way)].append((spec, parent))
    return [levels[depth] for depth in sorted(levels)]


def ancestors(parents: Mapping[Node, Node | None], node: Node) -> list[Node] | None:
    """Give the nodes above one, as far as they are listed; None where it stands above itself."""
    way: list[Node] = []
    at = parents.get(node)
    while at is not None and at in parents:
        if at == node or len(way) > len(parents):
            return None
        way.append(at)
        at = parents[at]
    return way


def no_circle(parents: Mapping[Node, Node | None], changed: Mapping[Node, str]) -> None:
    """Refuse a changed node (with its code) that would stand above itself."""
    for node, code in changed.items():
        if ancestors(parents, node) is None:
            raise ConfigurationError("SITE_CIRCLE", CIRCLE, key=code)


def one_kind(code: str, shares: Iterable[tuple[date, date | None, str]]) -> None:
    """Refuse shares (from, until before, by) of one meter that go by two kinds of facts on the same day."""
    listed = [share for share in shares if share[2] != "percent"]
    for number, (since, until, kind) in enumerate(listed):
        for start, end, other in listed[number + 1 :]:
            if other != kind and (until is None or start < until) and (end is None or since < end):
                data = {"day": max(since, start).isoformat(), "one": kind, "other": other}
                raise ConfigurationError("SITE_MIXED_SHARES", MIXED, key=code, **data)


def sums(code: str, shares: Iterable[tuple[date, date | None, int]]) -> None:
    """Refuse shares that give out more than there is on some day."""
    found = too_much(shares)
    if found is not None:
        day, given = found
        percent = str(Decimal(given) / 10_000)
        raise ConfigurationError("SITE_TOO_MUCH", TOO_MUCH, key=code, percent=percent, day=day.isoformat())


def too_much(shares: Iterable[tuple[date, date | None, int]]) -> tuple[date, int] | None:
    """Give the first day on which shares (from, until before, ppm) are above the whole, and their sum."""
    steps: dict[date, int] = defaultdict(int)
    for since, until, ppm in shares:
        steps[since] += ppm
        if until is not None:
            steps[until] -= ppm
    given = 0
    for day in sorted(steps):
        given += steps[day]
        if given > PPM:
            return day, given
    return None


def jumps(before: int | None, after: int) -> bool:
    """Tell whether a fact (thousandths) moves by more than a tenth."""
    return before is not None and abs(after - before) * TENTH > before


def reasoned(subject: str, before: int | None, after: int, note: str) -> None:
    """Refuse a fact that moves by more than a tenth and does not say why."""
    if before is not None and jumps(before, after) and not note.strip():
        shown = {name: f"{Decimal(value) / 1000:f}" for name, value in (("before", before), ("after", after))}
        raise Conflict("FACT_NEEDS_REASON", REASON, key=subject, **shown)
