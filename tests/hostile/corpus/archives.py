"""Archives of tables with bombs, lies and climbing names in them; and what is no table at all."""

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

from tests.hostile.case import GOOD, Case, profile, read, refused
from tests.hostile.make import BODY, book, sheet, zipped

ZIP: dict[str, Any] = {"file": "readings.zip"}


def archives() -> Iterator[Case]:
    """Archives of tables."""
    good, other = GOOD.encode(), GOOD.replace("E-1", "E-2").encode()
    yield read("an archive", zipped(("a.csv", good), ("b.csv", other)), 4, kwh="6", **ZIP)
    yield read(
        "an archive with a folder and strays",
        zipped(("d/", b""), ("d/a.csv", good), ("__MACOSX/._a.csv", b"x"), (".DS_Store", b"x")),
        2,
        kwh="3",
        **ZIP,
    )
    yield read(
        "an archive of a workbook",
        zipped(
            ("a.xlsx", book([sheet(BODY)])),
        ),
        2,
        kwh="3",
        **ZIP,
    )
    yield refused("an archive with nothing", zipped(), "ZIP_EMPTY", **ZIP)
    yield refused(
        "an archive with nothing asked for",
        zipped(("a.csv", good)),
        "ZIP_EMPTY",
        options=profile(member="readme"),
        **ZIP,
    )
    yield refused("an archive in an archive", zipped(("a.zip", zipped(("a.csv", good)))), "ZIP_NESTED", **ZIP)
    yield refused("a page in an archive", zipped(("a.csv", b"<!DOCTYPE html><html>")), "HTML_PAGE", **ZIP)
    yield refused("2,001 members", zipped(*[(f"{n}.csv", good) for n in range(2001)]), "UNPACKED_TOO_LARGE", **ZIP)
    yield refused(
        "600 MB of zeros",
        lambda: zipped(*[(f"{n}.csv", bytes(200 << 20)) for n in range(3)]),
        "UNPACKED_TOO_LARGE",
        **ZIP,
    )
    yield refused(
        "a thousand to one",
        lambda: zipped(("a.csv", b"E-1,2026-05-01 01:00,1\n" * (4 << 20))),
        "UNPACKED_TOO_LARGE",
        **ZIP,
    )
    body = zipped(("a.csv", good))
    size = body.index(b"PK\x01\x02") + 24
    yield refused("a size that lies", body[:size] + struct.pack("<I", 7) + body[size + 4 :], "ARCHIVE_DAMAGED", **ZIP)
    yield refused("a sum that is wrong", body.replace(body[14:18], b"\1\2\3\4"), "ARCHIVE_DAMAGED", **ZIP)
    locked = bytearray(body)
    locked[6] |= 1
    locked[body.index(b"PK\x01\x02") + 8] |= 1
    yield refused("a locked archive", bytes(locked), "ENCRYPTED", **ZIP)
    odd = bytearray(body)
    odd[8] = odd[body.index(b"PK\x01\x02") + 10] = 99
    yield refused("a way of packing that nobody knows", bytes(odd), "ARCHIVE_DAMAGED", **ZIP)
    at = body.index(b"PK\x05\x06") + 16
    (start,) = struct.unpack_from("<I", body, at)
    yield refused(
        "a part that begins before the file does",
        body[:at] + struct.pack("<I", start + 10) + body[at + 4 :],
        "ARCHIVE_DAMAGED",
        **ZIP,
    )
    yield refused("half an archive", body[:60], "ARCHIVE_DAMAGED", **ZIP)
    tail = io.BytesIO(b"MZ\x90" + bytes(100) + body)
    yield refused("an archive behind a program", tail.getvalue(), "NOT_A_TABLE", **ZIP)
    for name in (
        "../../up.csv",
        "/etc/up.csv",
        "C:\\up.csv",
        "..\\..\\up.csv",
        "a/../../../up.csv",
        "nul",
        "x" * 250 + ".csv",
        "a\nb.csv",
        "\u202evsc.a",
    ):
        yield read(f"a member called {name[:20]!r}", zipped((name, good)), 2, kwh="3", **ZIP)
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.csv"), good)
        link = zipfile.ZipInfo("b.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    yield refused("a link in an archive", twice.getvalue(), "COLUMN_MISSING", **ZIP)


def others() -> Iterator[Case]:
    """What is no table at all, whatever it is called."""
    for name, body, code in (
        ("a sign-in page", b"\n<!DOCTYPE html><html><title>Sign in</title>", "HTML_PAGE"), ("a page in capitals", b"<HTML><BODY>", "HTML_PAGE"),
        ("a comment before a page", b"<!-- x --><html>", "HTML_PAGE"), ("a PDF", b"%PDF-1.7\n%\xe2\xe3", "NOT_A_TABLE"),
        ("a PNG", b"\x89PNG\r\n\x1a\n" + bytes(50), "NOT_A_TABLE"), ("a JPEG", b"\xff\xd8\xff\xe0" + bytes(50), "NOT_A_TABLE"),
        ("a GIF", b"GIF89a" + bytes(range(200)), "NOT_A_TABLE"), ("gzip", b"\x1f\x8b\x08" + bytes(50), "NOT_A_TABLE"),
        ("RAR", b"Rar!\x1a\x07", "NOT_A_TABLE"), ("7z", b"7z\xbc\xaf\x27\x1c", "NOT_A_TABLE"), ("SQLite", b"SQLite format 3\0" + bytes(100), "NOT_A_TABLE"),
        ("an ELF program", b"\x7fELF\x02\x01\x01" + bytes(100), "NOT_A_TABLE"), ("a Windows program", b"MZ\x90" + bytes(100), "NOT_A_TABLE"),
        ("XML", b"<?xml version='1.0'?><a/>", "NOT_A_TABLE"), ("an old Excel XML", b"<Workbook xmlns='urn:x'><a/>", "NOT_A_TABLE"),
        ("JSON", b'{"meter": 1}', "NOT_A_TABLE"), ("noise", bytes(range(256)) * 10, "NOT_A_TABLE"),
    ):  # fmt: skip
        yield refused(name, body, code)


CASES = [*archives(), *others()]
