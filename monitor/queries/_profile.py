"""The load profile of a unit: mean consumption by weekday and hour, from the steps that its registers went through."""

from collections import defaultdict
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
from monitor.domain.registers import Steps
from monitor.queries._bases import Stand
from monitor.queries._meters import Layout, MeterFacts, load_layout
from monitor.queries._profile_events import event_hours
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
    frames = [frame for streams in by_zone.values() for frame in _frames(session, streams, (start, end))]
    for zone, streams in by_zone.items():
        factors = {one.id: one.factor * one.multiplier for one in streams.values() if one.event}
        frames += [event_hours(session, factors, zone, (start, end))] if factors else []
    steps = (
        pd.concat(frames) if frames else pd.DataFrame({"day": [], "hour": [], "quantity": []}).astype({"day": "int64"})
    )
    hours = steps.groupby(["day", "hour"], as_index=False)["quantity"].sum()
    hours["weekday"] = (hours["day"] + 3) % 7  # day 0 was a Thursday
    by_hour = hours.groupby(["weekday", "hour"])["quantity"]
    return pd.DataFrame({"quantity": by_hour.mean(), "n": by_hour.size()}).reset_index()


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


def _frames(session: Session, streams: dict[int, _Stream], span: tuple[int, int]) -> list[pd.DataFrame]:
    """Give the hours of the registers of one zone: day, hour, quantity, a row for each short step."""
    zone = next(iter(streams.values())).zone
    stepping = [one.id for one in streams.values() if not one.event]
    first, last = (int(edge) for edge in day_edges(zone, *span)[[0, -1]])
    found = []
    for terms, steps in register_steps(session, stepping, first, last):
        factors = np.array([streams[one.id].factor for one in terms], dtype=np.float64)
        found.append(_hours(steps, factors, zone, span))
    return found


def _hours(steps: Steps, factors: npt.NDArray[np.float64], zone: str, span: tuple[int, int]) -> pd.DataFrame:
    edges = day_edges(zone, *span)
    short = steps.take((steps.end - steps.start <= LONGEST_STEP) & (steps.start >= edges[0]))
    middle = (short.start + short.end) // 2
    index = np.searchsorted(edges, middle, side="right") - 1
    hour = np.minimum((middle - edges[index]) // HOUR, 23)
    return pd.DataFrame({"day": index + span[0], "hour": hour, "quantity": short.quantity * factors[short.reg]}).astype(
        {"day": "int64", "hour": "int64"}
    )
