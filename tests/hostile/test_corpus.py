"""Hostile and broken files, one by one: what comes of each is declared, nothing dies, and every refusal says where and why in both languages."""

import re
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.intake import pipeline, sandbox
from tests.hostile.case import Case
from tests.hostile.corpus import archives, books, feeds, logs, texts, values

CASES = [*texts.CASES, *values.CASES, *books.CASES, *archives.CASES, *logs.CASES, *feeds.CASES]
SECONDS, BYTES = 30, 1 << 30
CHINESE = re.compile("[\u4e00-\u9fff]")
WHOLE_FILE = {"LINES_IN_QUOTES"}  # words about a file, not about a row


def test_there_are_more_than_three_hundred_and_no_name_twice() -> None:
    names = [case.name for case in CASES]

    assert (len(names) > 300, sorted(name for name in set(names) if names.count(name) > 1)) == (True, [])


def test_golden_files_are_right_to_the_last_digit_or_asked() -> None:
    assert sum(case.kwh is not None or bool(case.code) for case in CASES) > 300


def peak() -> int:
    """Give the most memory that the waiting reader ever had; one that died of its file was held by its limit."""
    most = 0
    for worker in sandbox._idle:
        status = Path(f"/proc/{worker.process.pid}/status")
        if status.exists():
            most = max(most, int(status.read_text().partition("VmHWM:")[2].split()[0]) << 10)
    return most


def sentences(shown: dict[str, Any]) -> list[str]:
    """Give what is wrong with what is said."""
    wrong = []
    error, file = shown["error"], shown["document"]
    said = [(file, error["message"])] if error else []
    for issue in shown["issues"][:50]:
        if issue["code"] not in WHOLE_FILE and not (issue["row"] or 0) > 0:
            wrong.append(f"no row: {issue['code']}")
        if not (issue["file"] or "").startswith(file):
            wrong.append(f"another file: {issue['file']}")
        said.append(("", issue["message"]))
    for place, message in said:
        if not CHINESE.search(message["zh"]) or message["zh"] == message["en"]:
            wrong.append(f"no Chinese: {message}")
        if place and any(place not in text for text in message.values()):
            wrong.append(f"no place: {message}")
        if re.search(r"(?<!%){\w+}", error["message"]["en"] if error else "") or "Traceback" in message["en"]:
            wrong.append(f"not filled: {message}")
    return wrong


@pytest.mark.parametrize("case", CASES, ids=[case.name[:60] for case in CASES])
def test_what_comes_of_it_is_what_is_declared(tmp_path: Path, case: Case) -> None:
    path = tmp_path / case.file
    path.write_bytes(case.body())
    before = time.monotonic()

    preview = pipeline.preview(case.kind, case.options, [path])

    took, memory, shown = time.monotonic() - before, peak(), preview.to_json()
    assert (took < SECONDS, memory < BYTES) == (True, True), (took, memory)
    counts, error = shown["counts"], shown["error"]
    assert (error or {"code": ""})["code"] == case.code, error
    assert sentences(shown) == []
    if not case.code:
        assert (counts["accepted"], counts["refused"]) == (case.good, case.bad), shown["issues"][:3]
        assert {issue["code"] for issue in shown["issues"]} == case.why
    if case.kwh is not None:
        assert sum(Decimal(total["display"]["value"]) for total in shown["totals"]) == case.kwh
    for language in ("zh", "en"):
        assert preview.to_text(language).encode()
