"""Thousands of damaged files through every parser: only declared outcomes, no reader that fails of itself, dies or hangs.

Some hundred here; `JIEYUE_FUZZ=100000` for as many, from the number `JIEYUE_FUZZ_FROM` on. Of what falls out the seeds are told.
"""

import copy
import io
import json
import os
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import ConfigurationError
from monitor.intake import pipeline
from monitor.services import _template_read
from monitor.services._site import SiteSpec
from monitor.services._template_write import write
from tests.greenbutton import feeds
from tests.hostile.case import GOOD, ROWS, profile
from tests.hostile.corpus import logs, texts
from tests.hostile.make import BODY, book, sheet, xls
from tests.hostile.mutate import mutated, mutated_markup

COUNT, FIRST = int(os.environ.get("JIEYUE_FUZZ", "300")), int(os.environ.get("JIEYUE_FUZZ_FROM", "0"))
OURS = {"PARSER_FAILED", "PARSER_GARBLED", "PARSER_TOO_SLOW", "INTERNAL"}
SLOW = 30
SAMPLES = Path(__file__).parents[1] / "importers"
TABLE: dict[str, Any] = {"profile": ROWS}


def targets() -> list[tuple[str, dict[str, Any], str, bytes]]:
    """Give kind, options, name and bytes of each file that is damaged: the samples, and one of each format and layout."""
    found: list[tuple[str, dict[str, Any], str, bytes]] = [
        ("tabular", TABLE, "a.csv", (GOOD * 3).encode()),
        ("tabular", profile(time={"format": "iso"}), "a.csv", GOOD.replace(":00", ":00:00+08:00").encode()),
        (
            "tabular",
            profile(time={"format": "epoch"}),
            "a.csv",
            b"meter,time,kWh\nE-1,1777575600,1\nE-1,1777579200,2\n",
        ),
        ("tabular", profile(**texts.CHINESE), "a.csv", texts.SHEET.encode("gb18030")),
        ("tabular", profile(**texts.CHINESE), "a.csv", texts.SHEET.encode("utf-16")),
        ("tabular", TABLE, "a.xls", xls()),
        ("cups_page_log", {}, "page_log", logs.LOG.encode()),
        ("papercut_print_log", {}, logs.CUT["file"], logs.FILE.encode()),
        ("green_button", {}, "usage.xml", feeds.house(feeds.reading(0), feeds.reading(1)).encode()),
    ]
    for kind in sorted(path.name for path in SAMPLES.iterdir()):
        (sample,) = (SAMPLES / kind).glob("sample.*")
        found.append(
            (
                kind,
                json.loads((SAMPLES / kind / "expected.json").read_text("utf-8"))["options"],
                sample.name,
                sample.read_bytes(),
            )
        )
    return found


def damaged_book(seed: int) -> bytes:
    """Give a workbook one of whose parts is damaged, or that is damaged as a whole."""
    whole = book([sheet(BODY)])
    if seed % 4 == 0:
        return mutated(whole, seed)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        for name in names:
            data = old.read(name)
            new.writestr(name, mutated(data, seed) if name == names[seed % len(names)] else data)
    return out.getvalue()


def test_no_damage_makes_a_reader_fail_of_itself(tmp_path: Path) -> None:
    files, wrong, outcomes = targets(), [], Counter[str]()
    for seed in range(FIRST, FIRST + COUNT):
        number = seed % (len(files) + 2)
        kind, options, name, data = files[number] if number < len(files) else ("tabular", TABLE, "a.xlsx", b"")
        path = tmp_path / name
        damage = mutated_markup if kind == "green_button" else mutated
        path.write_bytes(damage(data, seed) if data else damaged_book(seed))
        began = time.monotonic()
        try:
            shown = pipeline.preview(kind, copy.deepcopy(options), [path]).to_json()
            json.dumps(shown, ensure_ascii=False).encode()
        except Exception as error:  # noqa: BLE001 - whatever it is, it fell out
            wrong.append((seed, name, repr(error)[:200]))
            continue
        code = (shown["error"] or {"code": "read"})["code"]
        outcomes[code] += 1
        if code in OURS or time.monotonic() - began > SLOW:
            wrong.append((seed, name, str(shown["error"])[:300]))
        counts = shown["counts"]
        if (
            code == "read"
            and counts["read"] != counts["accepted"] + counts["repeated"] + counts["blank"] + counts["refused"]
        ):
            wrong.append((seed, name, f"counts {counts}"))

    assert wrong == []
    assert outcomes["read"] > COUNT // 5, outcomes  # the damage is not all of one kind
    print(dict(outcomes))  # noqa: T201 - shown by -s, for the long run


def test_no_damage_makes_the_template_of_an_organisation_fail() -> None:
    whole, present, outcomes = write(None), SiteSpec(), Counter[str]()
    for seed in range(FIRST, FIRST + max(COUNT // 50, 12)):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            names = [name for name in old.namelist() if name.startswith("xl/") and name.endswith(".xml")]
            for name in old.namelist():
                data = old.read(name)
                new.writestr(name, mutated(data, seed) if name == names[seed % len(names)] else data)
        try:
            outcomes["read"] += not _template_read.read(out.getvalue(), "t.xlsx", present).problems
        except ConfigurationError as error:
            outcomes[error.code] += 1

    assert set(outcomes) <= {"read", "TEMPLATE_UNREADABLE", "TEMPLATE_TOO_LARGE"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("no archive", b"x"),
        ("half an archive", b"PK\x03\x04" + bytes(50)),
        (
            "a cell in the last row and column",
            book([sheet(BODY + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')]),
        ),
        ("a million rows", book([sheet(BODY + '<row r="1048576"><c r="B1048576"><v>1</v></c></row>')])),
        ("a bomb", book([sheet(BODY)], more={"xl/sharedStrings.xml": bytes(220 << 20)})),
        ("laughs", book([sheet(BODY, '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>').replace("E-1", "&x;")])),
        ("another workbook", book([sheet(BODY)])),
        ("an old workbook", xls()),
    ],
)
def test_a_template_that_is_none_is_named_and_kills_nobody(name: str, data: bytes) -> None:
    try:
        said = [problem.both() for problem in _template_read.read(data, f"{name}.xlsx", SiteSpec()).problems]
    except ConfigurationError as error:
        said = [error.template.format_map(error.data)]

    assert said, name
