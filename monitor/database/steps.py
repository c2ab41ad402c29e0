"""What registers went through between two readings, as the derived days see it: corrections, rollover, swaps, multipliers."""

from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy.orm import Session

from monitor.database._derive import _corrections, _meters, _points
from monitor.database._look import Look
from monitor.database.tables import Register
from monitor.domain.registers import RegisterTerms, Steps, corrected, steps, tidy

LOT = 50  # registers at a time: four weeks of quarter hours of these are 130,000 readings


def register_steps(
    session: Session, register_ids: Sequence[int], start: int, end: int
) -> Iterator[tuple[list[RegisterTerms], Steps]]:
    """Give the steps of registers that end within the instants (start, end], a lot at a time.

    `Steps.reg` indexes the terms beside it; quantities have the multiplier applied and no sign. A span that nothing explains
    (a register that fell) has no step.
    """
    for begin in range(0, len(register_ids), LOT):
        wanted = set(register_ids[begin : begin + LOT])
        meters = _meters(session, Register.id, sorted(wanted))
        terms = [one for _, registers in meters.values() for one in registers if one.id in wanted]
        corrections = _corrections(session, meters)
        ranges = np.array([[one.id, start, end] for one in terms], dtype=np.int64).reshape(-1, 3)
        index = {one.id: position for position, one in enumerate(terms)}
        points = _points(Look(session, corrections, None, None).readings(ranges), index)
        overlays = [(index[one.id], *correction) for one in terms for correction in corrections.get(one.id, ())]
        found = steps(corrected(tidy(points), overlays), terms)
        yield terms, found.take((found.end > start) & (found.end <= end))
