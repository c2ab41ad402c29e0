"""What is refused before storage, and what is only remarked upon."""

import numpy as np
import pandas as pd
import pytest

from monitor.domain.readings import NO_START, Checked, Quality, check, empty, storage_frame

NOW = 1_780_000_000


def checked(start: int = NO_START, end: int = NOW - 3600, value: int = 5, *, cumulative: bool = False) -> Checked:
    frame = storage_frame(register_id=[1], end_at=[end], start_at=[start], value=[value], row_no=[12])
    return check(frame, now=NOW, cumulative=np.array([1] if cumulative else []))


def issues(found: Checked) -> list[tuple[object, ...]]:
    return list(found.issues.itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("TIME_TOO_EARLY", {"end": 1000}),
        ("TIME_IN_FUTURE", {"end": NOW + 172_801}),
        ("SPAN_NOT_POSITIVE", {"start": NOW - 3600}),
        ("SPAN_TOO_LONG", {"start": NOW - 500 * 86_400}),
        ("VALUE_TOO_LARGE", {"value": 10**16 + 1}),
        ("VALUE_TOO_LARGE", {"value": -(10**16) - 1}),
        ("REGISTER_NEGATIVE", {"value": -1, "cumulative": True}),
    ],
)
def test_what_cannot_be_true_is_refused(code: str, fields: dict[str, int]) -> None:
    found = checked(**fields)  # type: ignore[arg-type]
    assert issues(found) == [(12, "refused", code)]
    assert len(found.frame) == 0


def test_a_plain_reading_passes_unchanged() -> None:
    frame = storage_frame(register_id=[1, 2], end_at=[NOW, NOW], value=[1, 2])
    found = check(frame, now=NOW, cumulative=np.array([2]))
    pd.testing.assert_frame_equal(found.frame, frame)
    assert issues(found) == []


def test_consumption_below_zero_is_kept_and_suspect() -> None:
    found = checked(value=-5)
    assert found.frame["quality"].tolist() == [Quality.SUSPECT]
    assert issues(found) == [(12, "warning", "INTERVAL_NEGATIVE")]


def test_of_contradicting_rows_the_later_holds_and_the_earlier_is_named() -> None:
    frame = storage_frame(register_id=[1, 1, 1, 2], end_at=[NOW] * 4, value=[1, 2, 2, 9])
    found = check(frame, now=NOW, cumulative=np.array([]))
    assert found.frame["row_no"].tolist() == [2, 3]
    assert issues(found) == [(0, "warning", "ROW_CONTRADICTED")]


def test_overlapping_spans_are_named_whatever_their_order() -> None:
    frame = storage_frame(register_id=[1, 1], end_at=[NOW, NOW - 900], start_at=[NOW - 1800, NOW - 1800], value=[1, 2])
    assert issues(check(frame, now=NOW, cumulative=np.array([]))) == [(0, "warning", "INTERVALS_OVERLAP")]


def test_nothing_is_checked_without_complaint() -> None:
    assert len(check(empty(), now=NOW, cumulative=np.array([])).frame) == 0
