"""The load profile of a unit: mean consumption by weekday and hour, from the steps that its registers went through."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.steps import register_steps
from monitor.database.tables import Register
from monitor.domain.access import Actor
from monitor.domain.amounts import PPM
from monitor.domain.periods import day_edges, from_day
from monitor.queries._bases import Stand
from monitor.queries._meters import Layout, MeterFacts, load_layout
from monitor.queries._profile_events import cells, event_hours
from monitor.queries._tree import load_tree
from monitor.queries.scope import require_unit

HOUR = 3600
HOURLY = ("interval", "cumulative", "event")
PACKS = "packs"  # a day on which paper was fetched tells nothing of its hours
LONGEST_STEP = HOUR + 120  # a clock that drifts by a minute or two still reads hourly


def profile(session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int) -> pd.DataFrame:  # noqa: PLR0917 - who, whose, what, from, to
    """Give mean thousandths per hour of the assessed meters of a unit, by weekday (0 Monday) and local hour.

    Columns weekday, hour, quantity (float), n (how many such hours had readings). Only steps of up to an hour show a
    profile, and events of the moment (print jobs), of which an hour without any is a zero; bills, hand readings, counters read
    now and then and packs issued are left out. Corrections, rollover and swaps are as in the derived days; the
    shares are those of the last day. Empty where nothing does; NotFound for a stranger.
    """
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    layout = load_layout(session, resource, tree)
    parts = _parts(layout, frozenset(tree.on(end - 1).subtree(unit_id)), end)
    by_zone: dict[str, dict[int, _Stream]] = defaultdict(dict)
    for stream in _streams(session, parts, layout):
        by_zone[stream.zone][stream.id] = stream
    total, seen = np.zeros((end - start) * 24), np.zeros((end - start) * 24, dtype=np.bool_)
    for zone, streams in by_zone.items():
        found = list(_hours(session, streams, zone, (start, end)))
        factors = {one.id: one.factor * one.multiplier for one in streams.values() if one.event}
        found += [event_hours(session, factors, zone, (start, end))] if factors else []
        for cell, quantity in found:
            total += np.bincount(cell, weights=quantity, minlength=len(total))
            seen[cell] = True
    return _by_weekday(total, seen, start)


def _by_weekday(total: npt.NDArray[np.float64], seen: npt.NDArray[np.bool_], start: int) -> pd.DataFrame:
    """Average the hours that were seen by weekday and hour."""
    day, hour = np.divmod(np.flatnonzero(seen), 24)
    week = (day + start + 3) % 7 * 24 + hour  # day 0 was a Thursday
    there, count = np.unique(week, return_counts=True)
    mean = np.bincount(week, weights=total[seen], minlength=7 * 24)[there] / count
    return pd.DataFrame({"weekday": there // 24, "hour": there % 24, "quantity": mean, "n": count})


def _parts(layout: Layout, inside: frozenset[int], end: int) -> dict[int, int]:
    """Give ppm by meter: a share counts, and is taken off each sub-meter of that meter."""
    parts: dict[int, int] = {}
    for meter in layout.meters.values():
        shares = layout.shares.get(meter.id, ())
        ppm = (
            sum(
                s.ppm
                for s in shares
                if s.unit_id in inside and s.valid_from < end <= s.valid_to and _counts(layout, meter, s.unit_id, end)
            )
            if meter.assessed
            else 0
        )
        if ppm:
            parts[meter.id] = parts.get(meter.id, 0) + ppm
            for child in layout.children.get(meter.id, ()):
                parts[child] = parts.get(child, 0) - ppm
    return {meter: ppm for meter, ppm in parts.items() if ppm}


def _counts(layout: Layout, meter: MeterFacts, unit_id: int, end: int) -> bool:
    """Tell whether the meter's basis is the unit's on the last day."""
    return not meter.basis or layout.bases.stand(meter.basis, unit_id, from_day(end - 1).year) is Stand.COUNTS


class _Stream(NamedTuple):
    """A register as the profile reads it: `factor` carries share and direction."""

    id: int
    zone: str
    factor: float
    multiplier: float = 1.0
    event: bool = False


def _streams(session: Session, parts: dict[int, int], layout: Layout) -> list[_Stream]:
    """Give the registers of the best priority of each meter."""
    ordered = (Register.meter_id, Register.priority, Register.id)
    columns = (*ordered, Register.direction, Register.kind, Register.multiplier_num, Register.multiplier_den)
    wanted = select(*columns).where(
        Register.meter_id.in_(list(parts)), Register.counts.is_(True), Register.kind.in_(HOURLY)
    )
    best: dict[int, int] = {}
    found = []
    for meter, priority, register, direction, kind, times, by in session.execute(wanted.order_by(*ordered)):
        if kind == "event" and layout.meters[meter].basis == PACKS:
            continue
        if best.setdefault(meter, priority) == priority:
            factor = parts[meter] / PPM * (-1 if direction == "export" else 1)
            found.append(_Stream(register, layout.meters[meter].zone, factor, times / by, kind == "event"))
    return found


def _hours(
    session: Session, streams: dict[int, _Stream], zone: str, span: tuple[int, int]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """Give the short steps of the registers of one zone: hour of the span, quantity."""
    edges = day_edges(zone, *span)
    stepping = [one.id for one in streams.values() if not one.event]
    for terms, steps in register_steps(session, stepping, int(edges[0]), int(edges[-1])):
        factors = np.array([streams[one.id].factor for one in terms], dtype=np.float64)
        short = steps.take((steps.end - steps.start <= LONGEST_STEP) & (steps.start >= edges[0]))
        cell, _ = cells((short.start + short.end) // 2, edges)
        yield cell, short.quantity * factors[short.reg]
