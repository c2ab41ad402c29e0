"""Readings in even steps are sent as their values alone, and stand in the table as any others do."""

from pathlib import Path

import numpy as np
import pytest

from monitor.database import _bulk
from monitor.database.engine import Database
from monitor.domain.readings import NO_START

NAMES = ("register_id", "end_at", "start_at", "value", "quality", "run_id", "row_no")


def columns(block: int, registers: int = 3) -> dict[str, np.ndarray]:
    """Make rows as a file in order of time brings them: each register as many, one row number apart by all registers."""
    end = np.tile(1_700_000_000 + 900 * np.arange(block), registers) + np.repeat(np.arange(registers) * 60, block)
    row = np.tile(np.arange(block) * registers, registers) + np.repeat(np.arange(registers), block)
    value = np.random.default_rng(block).integers(-(10**16), 10**16, len(end))
    same = np.ones(len(end), dtype=np.int64)
    register = np.repeat(np.arange(1, registers + 1) * 7, block)
    made = (register, end, end - 900, value, same * 0, same * 5, row + 2)
    return dict(zip(NAMES, made, strict=True))


CASES = {
    "even": {},
    "no start": {"start_at": np.full(60, NO_START)},
    "one start missing": {"start_at": np.where(np.arange(60) == 30, NO_START, columns(20)["end_at"] - 900)},
    "a register without starts": {"start_at": np.where(np.arange(60) < 20, NO_START, columns(20)["end_at"] - 900)},
    "one estimated": {"quality": (np.arange(60) == 41).astype(np.int64)},
    "a hole": {"end_at": columns(20)["end_at"] + 900 * (np.arange(60) > 50)},
    "rows by register": {"row_no": np.arange(60)},
    "uneven": {"register_id": np.repeat([7, 14, 21], [20, 21, 19])},
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_inserted_is_what_was_given(tmp_path: Path, case: str) -> None:
    given = columns(20) | CASES[case]
    with Database(f"sqlite:///{tmp_path / 'even.db'}") as database:
        database.upgrade()
        with database.session(write=True) as session:
            _bulk.insert(session, "reading", given, narrow={})
            rows = _bulk.rows_of(
                session,
                f"SELECT register_id, end_at, COALESCE(start_at, {NO_START}), value, quality, run_id, row_no FROM reading ORDER BY 1, 2",
                len(NAMES),
            )

    assert rows.tolist() == sorted(np.column_stack([given[name] for name in NAMES]).tolist())


@pytest.mark.parametrize(("case", "block"), [("even", 20), ("no start", 20), ("rows by register", 20), ("one start missing", 0), ("a hole", 0), ("one estimated", 0), ("uneven", 0)])  # fmt: skip
def test_only_even_rows_are_sent_so(case: str, block: int) -> None:
    assert _bulk._even_block(columns(20) | CASES[case]) == block
