"""Event registers in storage: for which time their record is complete, and which events a newer version no longer has."""
# ruff: noqa: S608 - these statements are built of constants and integers only

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from monitor.database import _bulk
from monitor.database.tables import Document, EventSpan, ImportRun
from monitor.domain.events import uncovered, union
from monitor.domain.readings import NO_START
from monitor.domain.rhythm import without

_IDS = 1_000


def store_spans(
    session: Session,
    register_ids: Sequence[int],
    spans: Sequence[tuple[int, int]],
    run_id: int,
    *,
    bridge: int = 0,
    lost: Sequence[tuple[int, int]] = (),
) -> pd.DataFrame:
    """Write down for which time (epoch s, half-open) the record of registers is complete; what was known stays as it was.

    Holes of up to `bridge` seconds between stretches count as complete too, but for what is `lost`. As with readings, what an earlier run said is
    not said again: taking that run back takes its stretch. Gives the touched stretches: register_id, first_end, last_end.
    """
    spans = without([(start, end) for _, start, end in union((0, start, end) for start, end in spans)], lost)
    wanted = sorted(spans)
    known: dict[int, list[tuple[int, int]]] = {}
    for begin in range(0, len(register_ids) if wanted else 0, _IDS):
        query = select(EventSpan.register_id, EventSpan.start_at, EventSpan.end_at).where(
            EventSpan.register_id.in_(register_ids[begin : begin + _IDS]),
            EventSpan.start_at <= wanted[-1][1] + bridge,
            EventSpan.end_at >= wanted[0][0] - bridge,
        )
        for row in session.execute(query):
            known.setdefault(row.register_id, []).append((row.start_at, row.end_at))
    rows = [
        {"register_id": register, "start_at": start, "end_at": end, "run_id": run_id}
        for register in register_ids
        for start, end in without(_news(wanted, known.get(register, []), bridge), lost)
    ]
    if rows:
        session.execute(insert(EventSpan), rows)
    touched = [(row["register_id"], row["start_at"], row["end_at"] - 1) for row in rows]
    return pd.DataFrame(np.array(touched, dtype=np.int64).reshape(-1, 3), columns=_TOUCHED)


def _news(wanted: Sequence[tuple[int, int]], known: Sequence[tuple[int, int]], bridge: int) -> list[tuple[int, int]]:
    """Give the stretches to add to the known ones, holes that are bridged included."""
    joined = [(start, end) for _, start, end in union((0, *span) for span in [*wanted, *known])]
    holes = [(one[1], other[0]) for one, other in pairwise(joined) if other[0] - one[1] <= bridge]
    closed = [(start, end) for _, start, end in union((0, *span) for span in [*wanted, *holes])]
    return [part for span in closed for part in uncovered(span, known)]


def absent(
    session: Session,
    register_ids: Sequence[int],
    spans: Sequence[tuple[int, int]],
    there: pd.DataFrame,
    *,
    run_id: int,
) -> tuple[pd.DataFrame, int]:
    """Find stored events of the same source within complete stretches that a document (frame `there`) does not have.

    Those from an earlier version of the same file (same source and name) come back as rows of value 0, ready to be stored
    in their place; of the others only the number is given.
    """
    found = _stored(session, register_ids, spans)
    if not len(found):
        return there.iloc[:0], 0
    keys = pd.MultiIndex.from_frame(there[["register_id", "end_at"]].astype("int64"))
    found = found[~pd.MultiIndex.from_frame(found[["register_id", "end_at"]]).isin(keys)]
    found = found[found["run_id"] != run_id]
    if not len(found):
        return there.iloc[:0], 0
    own, versions = _runs(session, run_id, sorted(set(found["run_id"].tolist())))
    gone = found[found["run_id"].isin(sorted(versions))]
    retracted = pd.DataFrame({name: np.zeros(len(gone), dtype=np.int64) for name in there.columns})
    retracted["register_id"], retracted["end_at"] = gone["register_id"].to_numpy(), gone["end_at"].to_numpy()
    retracted["start_at"] = NO_START
    return retracted.astype(there.dtypes.to_dict()), int(found["run_id"].isin(sorted(own - versions)).sum())


def _stored(session: Session, register_ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> pd.DataFrame:
    parts = [np.empty((0, 3), dtype=np.int64)]
    pairs = [(one, start, end - 1) for one in register_ids for _, start, end in union((0, *span) for span in spans)]
    if pairs:
        columns = np.array(pairs, dtype=np.int64)
        for values in _bulk.literals(columns[:, 0], columns[:, 1], columns[:, 2]):
            sql = (
                f"WITH t(id, lo, hi) AS (VALUES {values}) SELECT r.register_id, r.end_at, r.run_id "
                "FROM t CROSS JOIN reading r WHERE r.register_id = t.id AND r.end_at BETWEEN t.lo AND t.hi "
                "AND r.value <> 0"
            )
            parts.append(_bulk.rows_of(session, sql, 3))
    return pd.DataFrame(np.concatenate(parts), columns=["register_id", "end_at", "run_id"])


def _runs(session: Session, run_id: int, others: Sequence[int]) -> tuple[set[int], set[int]]:
    """Give those of other runs that are of this run's source, and of these the ones of a document of the same name."""
    query = select(ImportRun.id, ImportRun.source_id, Document.name).join(
        Document, Document.id == ImportRun.document_id
    )
    rows = {
        row.id: (row.source_id, row.name) for row in session.execute(query.where(ImportRun.id.in_([run_id, *others])))
    }
    mine = rows.get(run_id, (0, ""))
    own = {one for one in others if one in rows and rows[one][0] == mine[0]}
    return own, {one for one in own if rows[one] == mine}


def spans_of(session: Session, run_id: int) -> list[tuple[int, int, int]]:
    """Give what a run said to be complete: register, first and last second."""
    gone = select(EventSpan.register_id, EventSpan.start_at, EventSpan.end_at).where(EventSpan.run_id == run_id)
    return [(row.register_id, row.start_at, row.end_at - 1) for row in session.execute(gone)]


def drop_spans(session: Session, run_id: int) -> None:
    """Take back what a run had said to be complete."""
    session.execute(text("DELETE FROM event_span WHERE run_id = :run"), {"run": run_id})


_TOUCHED = ["register_id", "first_end", "last_end"]
