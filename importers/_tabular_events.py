"""For which time a table of events is the complete record, as its profile declares."""

import numpy as np
import pandas as pd

from importers._tabular_cells import Ints, instants, shift
from importers._tabular_profile import Profile
from monitor.intake.contract import EVENT, Chunk


class Record:
    """Goes along with the chunks of a document and says of each what it completes."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.first: int | None = None
        self.last = 0

    def of(self, chunk: Chunk) -> None:
        """Put stretches and the number of entries on a chunk of events; such a table is kept by hand and may lose entries."""
        if chunk.kind != EVENT:
            return
        chunk.counts = {"entries": len(chunk.frame)}
        chunk.retracts = True
        if not len(chunk.frame):
            return
        at = chunk.frame["end_at"].to_numpy()
        if self.profile.complete == "months":
            chunk.spans = _months(at, self.profile.time.zone)
        else:
            self.first = int(at.min()) if self.first is None else min(self.first, int(at.min()))
            self.last = max(self.last, int(at.max()) + 1)
            chunk.spans = [(self.first, self.last)]


def _months(at: Ints, zone: str) -> list[tuple[int, int]]:
    """Give the local calendar months in which there are events."""
    local = pd.DatetimeIndex(np.unique(at).astype("datetime64[s]")).tz_localize("UTC").tz_convert(zone)
    months = np.unique(local.tz_localize(None).to_numpy().astype("datetime64[M]"))
    begin = months.astype("datetime64[s]").astype(np.int64)
    starts, ends = (instants(walls, zone, edges=True).first.tolist() for walls in (begin, shift(begin, 0, 1)))
    return list(zip(starts, ends, strict=True))
