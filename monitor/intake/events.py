"""Collects the events of a document: added up per register and second over all chunks, with the time they are complete for."""

from dataclasses import dataclass, field

import pandas as pd

from monitor.intake.checks import Ready, summed
from monitor.intake.contract import CHUNK_ROWS

EARLIEST = 315_532_800  # 1980-01-01, as for readings


@dataclass(slots=True)
class EventLog:
    """The events of one document. `registers` are all that it names; `merged` counts those added to another."""

    frames: list[pd.DataFrame] = field(default_factory=list)
    registers: set[int] = field(default_factory=set)
    spans: list[tuple[int, int]] = field(default_factory=list)
    last: int | None = None
    merged: int = 0
    bridge: int = 0
    retracts: bool = False

    @property
    def empty(self) -> bool:
        """Tell whether the document says nothing of events."""
        return not self.frames and not self.spans

    def add(self, ready: Ready) -> None:
        """Take a checked chunk of events."""
        self.frames.append(ready.frame)
        self.registers |= {target.register_id for target in ready.targets}
        self.spans += ready.spans
        self.bridge = max(self.bridge, ready.bridge)
        self.retracts = self.retracts or ready.retracts
        if ready.last is not None:
            self.last = ready.last if self.last is None else max(self.last, ready.last)

    def frame(self) -> pd.DataFrame:
        """Give one frame, each register and second once, in order of time."""
        together = pd.concat(self.frames, ignore_index=True) if self.frames else pd.DataFrame()
        self.frames = []
        if not len(together):
            return together
        whole, _ = summed(together, pd.DataFrame(index=together.index))
        self.merged = len(together) - len(whole)
        return whole.sort_values(["end_at", "register_id"], ignore_index=True)

    def complete(self, now: int) -> list[tuple[int, int]]:
        """Give the stretches with a complete record; one that is not over at `now` ends with the last event."""
        found = []
        for start, end in self.spans:
            stop = end if end <= now else min(now, start if self.last is None else self.last + 1)
            if max(start, EARLIEST) < stop:
                found.append((max(start, EARLIEST), stop))
        return found

    def open_until(self, now: int) -> int | None:
        """Give the end of the last stretch that is not over at `now`; the same bytes say more after it."""
        return max((end for _, end in self.spans if end > now), default=None)


def parts(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Cut a frame into parts that one transaction can store."""
    return [frame.iloc[at : at + CHUNK_ROWS] for at in range(0, len(frame), CHUNK_ROWS)]
