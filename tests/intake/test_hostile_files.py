"""Files that are not what they say, or mean harm: refused by content, named as what they are; the service lives on."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from monitor.errors import DocumentRefused
from monitor.intake import pipeline, sandbox
from monitor.intake.contract import Document
from tests.intake.conftest import ROWS

GOOD = b"meter,time,kWh\nE-1,2026-05-01 01:00,1\n"


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return out.getvalue()


def workbook(rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def encrypted() -> bytes:
    body = bytearray(zipped(("a.csv", GOOD)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(signature) + offset] |= 1
    return bytes(body)


def bomb() -> bytes:
    return zipped(*[(f"{n}.csv", bytes(210 << 20)) for n in range(3)])


REFUSED = {
    "a sign-in page": (b"\n<!DOCTYPE html><html><title>Sign in</title>", "HTML_PAGE"),
    "a PDF": (b"%PDF-1.7 ...", "NOT_A_TABLE"),
    "XML": (b"<?xml version='1.0'?><a/>", "NOT_A_TABLE"),
    "JSON": (b'{"meter": 1}', "NOT_A_TABLE"),
    "a program": (b"\x7fELF\x02\x01\x01" + bytes(100), "NOT_A_TABLE"),
    "noise": (bytes(range(256)) * 10, "NOT_A_TABLE"),
    "nothing": (b"", "EMPTY"),
    "only a byte order mark": (b"\xef\xbb\xbf\r\n", "EMPTY"),
    "only a header": (GOOD.splitlines(keepends=True)[0], "NO_ROWS"),
    "other columns": (b"a,b,c\n1,2,3\n", "COLUMN_MISSING"),
    "an open quote at once": (GOOD.splitlines(keepends=True)[0] + b'"E-1,2026-05-01 02:00,1\n', "QUOTE_NOT_CLOSED"),
    "a locked archive": (encrypted(), "ENCRYPTED"),
    "an archive in an archive": (zipped(("inner.zip", zipped(("a.csv", GOOD)))), "ZIP_NESTED"),
    "an empty archive": (zipped(), "ZIP_EMPTY"),
    "half an archive": (zipped(("a.csv", GOOD))[:60], "ARCHIVE_DAMAGED"),
    "a workbook of noise": (zipped(("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"<")), "WORKBOOK_DAMAGED"),
    "an old workbook of noise": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "WORKBOOK_DAMAGED"),
    "a locked workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        "ENCRYPTED",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_table_is_named_as_what_it_is(tmp_path: Path, case: str) -> None:
    body, code = REFUSED[case]
    path = tmp_path / "readings.csv"
    path.write_bytes(body)

    shown = pipeline.preview("tabular", {"profile": ROWS}, [path]).to_json()

    assert (shown["state"], shown["error"]["code"], shown["counts"]["accepted"]) == (
        "refused",
        code,
        shown["counts"]["read"],
    )
    assert "readings.csv" in shown["error"]["message"]["zh"]


@pytest.mark.parametrize(
    ("tail", "code", "lost"),
    [
        (b'"E-1,2026-05-01 02:00,1\n', "QUOTE_NOT_CLOSED", 1),
        (b'"E-1,2026-05-01 02:00,1\nE-1,2026-05-01 03:00,1\n', "QUOTE_NOT_CLOSED", 2),
        (b"E-1,2026-05-01 02:00,1,2,3,4,5,6,7,8,9\nE-1,2026-05-01 03:00,1\n", "ROW_TOO_LONG", 1),
        (b"E-1,2026-05-01 02:00," + b"1," * 5000 + b"\nE-1,2026-05-01 03:00,1\n", "ROW_TOO_LONG", 1),
    ],
)
def test_a_broken_row_costs_itself_and_what_cannot_be_told_from_it(
    tmp_path: Path, tail: bytes, code: str, lost: int
) -> None:
    path = tmp_path / "readings.csv"
    path.write_bytes(GOOD + tail)

    shown = pipeline.preview("tabular", {"profile": ROWS}, [path]).to_json()

    lines = tail.count(b"\n")
    assert (shown["state"], shown["counts"]["accepted"], shown["counts"]["refused"]) == (
        "readable",
        1 + lines - lost,
        lost,
    )
    assert [(issue["code"], issue["row"]) for issue in shown["issues"]] == [(code, 3)]


def test_a_bomb_is_measured_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(bomb())

    shown = pipeline.preview("tabular", {"profile": ROWS}, [path])

    assert (path.stat().st_size < 1 << 20, shown.error[0]) == (True, "UNPACKED_TOO_LARGE")


def test_a_member_with_a_climbing_name_stays_inside(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "climb.zip"
    path.parent.mkdir()
    path.write_bytes(zipped(("../../escaped.csv", GOOD), ("C:\\windows\\also.csv", GOOD.replace(b"01:00", b"02:00"))))

    shown = pipeline.preview("tabular", {"profile": ROWS}, [path])

    assert (shown.tally.accepted, [p.name for p in tmp_path.rglob("*.csv")]) == (2, [])


def test_the_extension_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "really-a-workbook.csv"
    path.write_bytes(workbook([["meter", "time", "kWh"], ["E-1", "2026-05-01 01:00", 1.5]]))

    assert pipeline.preview("tabular", {"profile": ROWS}, [path]).tally.accepted == 1


class Importers:
    """Ways to misbehave, run inside the sandbox under the name of a hostile importer."""

    SOURCE = """
import os, sys
from pydantic import BaseModel

class Hostile:
    class Options(BaseModel):
        how: str

    def __init__(self, options):
        self.how = options.how

    def fetch(self, cursor, now):
        return []

    def parse(self, document):
        if self.how == "memory":
            hoard = bytearray(3 << 30)
        if self.how == "abort":
            os.abort()
        if self.how == "hang":
            while True:
                pass
        if self.how == "crash":
            raise KeyError("column")
        if self.how == "print":
            print("garbage on standard output")
        return iter(())
"""


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution of its own with an importer that misbehaves as told."""
    (tmp_path / "hostile_importer.py").write_text(Importers.SOURCE)
    info = tmp_path / "hostile-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[jieyue.importers]\nhostile = hostile_importer:Hostile\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("memory", "DOCUMENT_TOO_LARGE"),
        ("abort", "PARSER_DIED"),
        ("hang", "PARSER_TOO_SLOW"),
        ("crash", "PARSER_FAILED"),
    ],
)
def test_a_reader_that_misbehaves_costs_one_document(hostile: Path, how: str, code: str) -> None:
    if how == "memory" and sandbox.limits() != "full":
        pytest.skip("this system has no limit on memory for a process")
    limit = sandbox.Limits(seconds=5)
    document = Document("file.bin", hostile / "hostile_importer.py")

    with pytest.raises(DocumentRefused) as caught:
        list(sandbox.parse("hostile", {"how": how}, document, limit))

    assert (caught.value.code, caught.value.data["file"]) == (code, "file.bin")
    assert list(sandbox.parse("hostile", {"how": "print"}, document, limit)) == []


def test_a_worker_takes_the_next_document(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD)
    list(sandbox.parse("tabular", {"profile": ROWS}, Document("a", path)))
    first = sandbox._idle[0].process.pid

    list(sandbox.parse("tabular", {"profile": ROWS}, Document("b", path)))

    assert [worker.process.pid for worker in sandbox._idle] == [first]


def test_a_reader_that_is_given_up_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD)
    chunks = sandbox.parse("tabular", {"profile": ROWS}, Document("a", path))
    assert len(next(chunks).frame) == 1
    chunks.close()  # type: ignore[attr-defined]

    assert [worker.process.poll() for worker in sandbox._idle] == []
