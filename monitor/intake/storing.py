"""Stores what a document says, a bounded part at a time: each part's readings, their days and a mark in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pandas as pd
from sqlalchemy.orm import Session

from monitor.database import events as event_store
from monitor.database import rhythm
from monitor.database.engine import Database
from monitor.database.readings import Recent, rebuild_daily, store_readings
from monitor.database.state import bump_data_version, data_version
from monitor.domain.readings import TEMPLATES, empty
from monitor.i18n import N_
from monitor.intake import ledger
from monitor.intake.checks import Ready
from monitor.intake.contract import BILL, CHUNK_ROWS, EVENT, MAX_ISSUES, WARNING, RowIssue
from monitor.intake.events import EventLog, parts
from monitor.intake.receipt import Receipt

MOST_LATER = 4 * CHUNK_ROWS  # readings that wait for the end of the document
ABSENT = N_(
    "{count} events that an earlier file had in this time are not in this one; they stay. Undo that import if they are wrong."
)
RETRACTED = N_("{count} events that an earlier version of this file had are no longer in it; they no longer count.")
_KEY = ["register_id", "end_at"]


@dataclass(slots=True)
class Store:
    """The open end of one import.

    Of a document in several parts, rows that would change a stored reading wait until its end: a later row of the same
    document may say otherwise, and the last one holds.
    """

    database: Database
    fence: Callable[[Session], None] | None
    receipt: Receipt
    now: int
    own_registers: list[int] = field(default_factory=list)
    pending: list[Ready] = field(default_factory=list)
    events: EventLog = field(default_factory=EventLog)
    later: pd.DataFrame | None = None
    parted: bool = False
    pieces: list[pd.DataFrame] = field(default_factory=list)
    recent: Recent = field(default_factory=Recent)

    def add(self, made: Ready) -> None:
        """Take a checked chunk; a full part is stored at once."""
        if made.kind == EVENT:
            self.events.add(made)
            return
        if self.pending and sum(len(p.frame) for p in self.pending) + len(made.frame) > CHUNK_ROWS:
            self.parted = True
            self._part(self._readings)
        self.pending.append(made)

    def prepare(self) -> None:
        """Store all but the last part."""
        if self.later is not None:
            self._forget(self._frame())
            self._apply_later()
        self.pieces = parts(self.events.frame())
        self.receipt.tally.join_events(self.events.merged)
        for piece in self.pieces[:-1]:
            self._part(partial(self._write, frame=piece))

    def finish(self, session: Session) -> None:
        """Store the last part, in the transaction that also writes the receipt."""
        self.parted = False
        self._readings(session)
        for piece in self.pieces[-1:]:
            self._write(session, piece)
        if not self.events.empty or self.events.registers:
            self._complete(session)

    def _part(self, write: Callable[[Session], None]) -> None:
        with ledger.writing(self.database, self.fence) as session:
            write(session)
            ledger.mark_chunk(session, self.receipt)
            bump_data_version(session, by_hand=False)
            self.recent.version = data_version(session)
        if self.later is not None and len(self.later) > MOST_LATER:
            self._apply_later()

    def _frame(self) -> pd.DataFrame | None:
        frames = [made.frame for made in self.pending if len(made.frame)]
        if not frames:
            return None
        return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0].reset_index(drop=True)

    def _readings(self, session: Session) -> None:
        """Store the pending chunks."""
        frame = self._frame()
        if frame is not None:
            self._forget(frame)
            self._write(session, frame, defer=self.parted)
            for made in self.pending:
                if made.kind == BILL and len(made.frame):
                    ledger.store_bills(session, made.frame, made.extra, self.receipt.run_id)
        self.pending = []

    def _write(self, session: Session, frame: pd.DataFrame, *, defer: bool = False) -> None:
        stored = store_readings(session, frame, self.receipt.run_id, defer=defer)
        self.recent.stands(data_version(session))
        rebuild_daily(session, stored.touched, known=stored.known, recent=self.recent)
        waiting = 0 if stored.deferred is None else len(stored.deferred)
        if stored.deferred is not None and waiting:
            self.later = stored.deferred if self.later is None else pd.concat([self.later, stored.deferred])
        receipt = self.receipt
        receipt.new += stored.new
        receipt.changed += stored.changed
        receipt.stored_same += len(frame) - stored.new - stored.changed - waiting - len(stored.contradicted)
        self._contradicted(stored.contradicted)

    def _forget(self, frame: pd.DataFrame | None) -> None:
        """Drop waiting rows that a later row of the document contradicts."""
        if self.later is None or frame is None:
            return
        again = pd.MultiIndex.from_frame(self.later[_KEY]).isin(pd.MultiIndex.from_frame(frame[_KEY]))
        self._contradicted(self.later["row_no"][again].tolist())
        self.later = self.later[~again] if not again.all() else None

    def _contradicted(self, rows: list[int]) -> None:
        tally = self.receipt.tally
        tally.blank += len(rows)
        code = "ROW_CONTRADICTED"
        tally.say([RowIssue(code, TEMPLATES[code], row, severity=WARNING) for row in sorted(rows)[:MAX_ISSUES]])

    def _apply_later(self) -> None:
        """Let the waiting rows take effect."""
        waiting, self.later = self.later, None
        for piece in parts(waiting) if waiting is not None else ():
            self._part(partial(self._write, frame=piece.reset_index(drop=True)))

    def _complete(self, session: Session) -> None:
        """Write down for which time the events are complete, and what an earlier version of the file had in it."""
        registers = sorted(self.events.registers | set(self.own_registers))
        spans = self.events.complete(self.now)
        run, bridge = self.receipt.run_id, self.events.bridge
        instants = self.seen["end_at"].to_numpy(dtype="int64")
        lost = rhythm.lost_days(session, run, registers, spans, events=instants, bridge=bridge)
        touched = event_store.store_spans(session, registers, spans, run, bridge=bridge, lost=lost)
        rebuild_daily(session, touched)
        gone, others = event_store.absent(session, registers, spans, self.seen, run_id=self.receipt.run_id)
        tally = self.receipt.tally
        if self.events.retracts and len(gone):
            stored = store_readings(session, gone, self.receipt.run_id)
            rebuild_daily(session, stored.touched)
            tally.events["retracted"] = stored.changed
            tally.say([_word("EVENTS_RETRACTED", RETRACTED, stored.changed)])
        others += 0 if self.events.retracts else len(gone)
        if others:
            tally.say([_word("EVENTS_ABSENT", ABSENT, others)])

    @property
    def seen(self) -> pd.DataFrame:
        """The events of the document, each register and second once."""
        return pd.concat(self.pieces, ignore_index=True) if self.pieces else empty()


def _word(code: str, template: str, count: int) -> RowIssue:
    return RowIssue(code, template, data={"count": count}, severity=WARNING)
