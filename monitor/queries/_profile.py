"""The load profile of a unit: mean consumption by weekday and hour, from raw readings."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Reading, Register
from monitor.domain.access import Actor
from monitor.domain.amounts import PPM
from monitor.domain.periods import day_edges
from monitor.queries._meters import Layout, load_layout
from monitor.queries._tree import load_tree
from monitor.queries.scope import require_unit

HOUR = 3600
LONGEST_STEP = HOUR + 120  # a clock that drifts by a minute or two still reads hourly


def profile(session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int) -> pd.DataFrame:  # noqa: PLR0917 - who, whose, what, from, to
    """Give mean thousandths per hour of the assessed meters of a unit, by weekday (0 Monday) and local hour.

    Columns weekday, hour, quantity (float), n (how many such hours had readings). Only steps of up to an hour show a
    profile; bills and hand readings are left out. Empty where nothing does; NotFound for a stranger.
    """
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    layout = load_layout(session, resource, tree)
    parts = _parts(layout, frozenset(tree.subtree(unit_id)), end)
    frames = [_steps(session, stream, (start, end)) for stream in _streams(session, parts, layout)]
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
            sum(s.ppm for s in shares if s.unit_id in inside and s.valid_from < end <= s.valid_to)
            if meter.assessed
            else 0
        )
        if ppm:
            parts[meter.id] = parts.get(meter.id, 0) + ppm
            for child in layout.children.get(meter.id, ()):
                parts[child] = parts.get(child, 0) - ppm
    return {meter: ppm for meter, ppm in parts.items() if ppm}


class _Stream(NamedTuple):
    """A register as the profile reads it: `factor` carries share, multiplier and direction."""

    id: int
    cumulative: bool
    zone: str
    factor: float


def _streams(session: Session, parts: dict[int, int], layout: Layout) -> list[_Stream]:
    """Give the registers of the best priority of each meter."""
    columns = (
        Register.meter_id,
        Register.priority,
        Register.id,
        Register.kind,
        Register.direction,
        Register.multiplier_num,
        Register.multiplier_den,
    )
    wanted = select(*columns).where(
        Register.meter_id.in_(list(parts)), Register.counts.is_(True), Register.kind != "bill"
    )
    best: dict[int, int] = {}
    found = []
    for meter, priority, register, kind, direction, num, den in session.execute(wanted.order_by(*columns[:3])):
        if best.setdefault(meter, priority) == priority:
            factor = parts[meter] / PPM * num / den * (-1 if direction == "export" else 1)
            found.append(_Stream(register, kind == "cumulative", layout.meters[meter].zone, factor))
    return found


def _steps(session: Session, stream: _Stream, span: tuple[int, int]) -> pd.DataFrame:
    """Give one row for each short step of a register: day, hour, quantity."""
    edges = day_edges(stream.zone, *span)
    columns = (Reading.start_at, Reading.end_at, Reading.value)
    within = select(*columns).where(
        Reading.register_id == stream.id, Reading.end_at > int(edges[0]), Reading.end_at <= int(edges[-1])
    )
    rows = [(start, end, value) for start, end, value in session.execute(within.order_by(Reading.end_at))]
    empty = pd.DataFrame({"day": [], "hour": [], "quantity": []}).astype({"day": "int64", "hour": "int64"})
    if not rows:
        return empty
    start, end, value = _intervals(rows, cumulative=stream.cumulative)
    short = (end - start <= LONGEST_STEP) & (end > start) & (start >= edges[0])
    middle = (start[short] + end[short]) // 2
    index = np.searchsorted(edges, middle, side="right") - 1
    hour = np.minimum((middle - edges[index]) // HOUR, 23)
    return pd.DataFrame({"day": index + span[0], "hour": hour, "quantity": value[short] * stream.factor}).astype(
        {"day": "int64", "hour": "int64"}
    )


def _intervals(
    rows: list[tuple[int | None, int, int]], *, cumulative: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Give start, end and amount of each step; a register that falls shows no step."""
    end = np.array([row[1] for row in rows], dtype=np.int64)
    value = np.array([row[2] for row in rows], dtype=np.float64)
    if not cumulative:
        return np.array([row[0] if row[0] is not None else row[1] for row in rows], dtype=np.int64), end, value
    used = np.diff(value)
    return np.where(used >= 0, end[:-1], end[1:]), end[1:], used
