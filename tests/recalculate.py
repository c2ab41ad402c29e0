"""LibreOffice as a second opinion: it works out every formula of a workbook anew, whatever values are stored beside them."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
Cells = dict[str, list[list[Any]]]


def office() -> str:
    """Find LibreOffice; without it the test is skipped and says why."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        pytest.skip(
            "LibreOffice was not found (Debian: libreoffice-calc-nogui); tests/prepare.sh installs it where it may"
        )
    return found


def forgotten(content: bytes) -> bytes:
    """Take the stored value of every formula away: what is there afterwards was computed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data = re.sub(rb"(<f>[^<]*</f>)<v>[^<]*</v>", rb"\1<v>0</v>", data)
            new.writestr(name, data)
    return out.getvalue()


def recalculated(files: Mapping[str, bytes], folder: Path) -> dict[str, bytes]:
    """Give workbooks with every formula worked out anew, all in one run of LibreOffice."""
    program = office()
    profile, given, made = folder / "profile", folder / "given", folder / "made"
    for one in (profile / "user", given, made):
        one.mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS)
    for name, content in files.items():
        (given / f"{name}.xlsx").write_bytes(forgotten(content))
    paths = sorted(str(path) for path in given.iterdir())
    command = [
        program,
        f"-env:UserInstallation=file://{profile}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        made,
    ]
    subprocess.run([*command, *paths], check=True, capture_output=True, timeout=180)
    return {name: (made / f"{name}.xlsx").read_bytes() for name in files}


def cells(content: bytes) -> Cells:
    """Read all values of a workbook, sheet by sheet, as they are stored."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def formulas(content: bytes) -> int:
    """Count the formulas of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return sum(file.read(name).count(b"<f>") for name in file.namelist() if name.startswith("xl/worksheets/sheet"))


def differing(one: Cells, other: Cells) -> list[tuple[str, int, int, Any, Any]]:
    """List where two workbooks differ: sheet, row, column, both values; figures may differ in the fifteenth digit."""
    found = [("sheets", 0, 0, list(one), list(other))] if list(one) != list(other) else []
    for name in one.keys() & other.keys():
        for row, (left, right) in enumerate(zip(one[name], other[name], strict=False)):
            for column, (a, b) in enumerate(zip(left, right, strict=False)):
                same = (
                    a == pytest.approx(b, rel=1e-12, abs=1e-9)
                    if isinstance(a, float) and isinstance(b, float)
                    else a == b
                )
                if not same:
                    found.append((name, row, column, a, b))
    return found
