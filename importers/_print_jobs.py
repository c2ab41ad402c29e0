"""From print jobs to chunks of events: sheets in A4, sides, what is shown, what is said of unknown paper."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from importers._print_paper import A4, a4_of
from monitor.intake import contract
from monitor.intake.contract import CHUNK_ROWS, EVENT, N_, WARNING, Chunk, RowIssue, readings_frame

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
DAY = 86_400
USER = "user:"
PAPER_UNKNOWN = N_("The paper size '{value}' is not known; its {count} lines count as A4.")
PAPER_UNSAID = N_("{count} lines do not say which paper was used; they count as A4.")


class PrintOptions(contract.Options):
    """What the print logs have in common: to whom a job counts, and what is known of people."""

    attribution: Literal["printer", "user"] = Field(
        "printer", json_schema_extra={"zh": "归属方式：打印机或用户", "en": "Attribution: by printer or by user"}
    )
    names: bool = Field(
        default=False, json_schema_extra={"zh": "保留登录名（不加密）", "en": "Keep login names as they are"}
    )
    key: str = Field(
        "",
        json_schema_extra={
            "zh": "假名密钥的引用（env:名称 或 file:路径）",
            "en": "Reference to the key of pseudonyms (env:NAME or file:PATH)",
        },
    )
    rhythm: Literal["auto", "daily", "irregular"] = Field(
        "auto",
        json_schema_extra={
            "zh": "日志节奏：auto 自动判断；daily 每个工作日都应有；irregular 不定",
            "en": "Rhythm: auto, as seen so far; daily, something on every working day; irregular",
        },
    )
    longest_gap: int = Field(
        10,
        ge=0,
        le=366,
        json_schema_extra={"zh": "无打印记录视为完整的最长天数", "en": "Longest silence that is no gap, in days"},
    )


@dataclass(slots=True)
class Jobs:
    """Events of print jobs, in the order of the file. `media` codes index `sizes`; `sheets` as they are, whatever their size."""

    when: Ints
    meter: pd.Categorical
    sides: Ints
    sheets: Ints
    media: Ints
    sizes: list[str]
    row_no: Ints
    jobs: int
    issues: list[RowIssue] = field(default_factory=list)
    blank: int = 0


def sheets_of(pages: Ints, copies: Ints, duplex: Bools) -> Ints:
    """Give the sheets of jobs: with duplex half as many as pages, rounded up for each copy."""
    return np.where(duplex, (pages + 1) // 2, pages) * copies


def meter_of_user(user: str) -> str:
    """Name the meter of a login name, or of what stands for it already."""
    return user if user.startswith(USER) else USER + user


def chunks(jobs: Jobs, spans: list[tuple[int, int]], options: PrintOptions, common: dict[str, Any]) -> Iterator[Chunk]:
    """Give the chunks of a document; issues, spans and the number of jobs go with the first."""
    factors = np.array([a4_of(name) or A4 for name in jobs.sizes] + [A4], dtype=np.int64)[jobs.media]
    a4 = jobs.sheets * factors
    a3 = np.where(factors == 2 * A4, jobs.sheets, 0)
    before = 0
    for begin in range(0, max(len(jobs.when), 1), CHUNK_ROWS):
        part = slice(begin, begin + CHUNK_ROWS)
        frame = readings_frame(
            {
                "end_at": jobs.when[part],
                "meter": jobs.meter[part],
                "value": a4[part] / A4,
                "measure": "sheet",
                "row_no": np.minimum(jobs.row_no[part], 2**31 - 1),
                "sides": jobs.sides[part],
            }
        )
        reached = before + int(a4[part].sum())
        counts = {
            "jobs": jobs.jobs if not begin else 0,
            "sides": int(jobs.sides[part].sum()),
            "sheets": int(jobs.sheets[part].sum()),
            "sheets_a3": int(a3[part].sum()),
            "a4_equivalent": (reached + A4 // 2) // A4 - (before + A4 // 2) // A4,
        }
        chunk = Chunk(
            kind=EVENT, frame=frame, resource="paper", counts=counts, bridge=options.longest_gap * DAY, **common
        )
        if not begin:
            chunk.spans, chunk.blank = spans, jobs.blank
            chunk.refuse([*jobs.issues, *_paper(jobs)])
        before = reached
        yield chunk


def _paper(jobs: Jobs) -> list[RowIssue]:
    """Say once of each unknown size how many lines have it."""
    found = []
    for code, name in enumerate(jobs.sizes):
        unsaid = name in {"", "-"}
        rows = np.flatnonzero(jobs.media == code)
        if len(rows) and (unsaid or a4_of(name) is None):
            data = {"value": name[:60], "count": len(rows)}
            code_of = "PAPER_UNSAID" if unsaid else "PAPER_UNKNOWN"
            template = PAPER_UNSAID if unsaid else PAPER_UNKNOWN
            row = int(jobs.row_no[rows[0]])
            found.append(RowIssue(code_of, template, row, "", name[:60], data, severity=WARNING))
    return found


def stretches(instants: Ints, longest: int) -> list[tuple[int, int]]:
    """Give the time from the first to the last event (its second included), parted where a silence was longer than `longest` s."""
    if not len(instants):
        return []
    known = np.sort(instants)
    ends = np.flatnonzero(np.diff(known) > longest)
    first = known[np.concatenate([[0], ends + 1])].tolist()
    last = known[np.concatenate([ends, [len(known) - 1]])].tolist()
    return [(start, end + 1) for start, end in zip(first, last, strict=True)]
