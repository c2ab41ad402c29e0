"""200 unit reports in all formats from stored data, against typst compiling a page with one chart. `python -m bench.reports FOLDER`.

The data of some units are built and then varied, so that no two reports are alike: building is stated by itself.
"""

import copy
import json
import resource
import sys
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import typst
from sqlalchemy import select

from bench.compound import NOW, YEAR
from monitor.database.engine import Database
from monitor.database.tables import OrgUnit
from monitor.domain.access import SYSTEM
from monitor.domain.periods import Month
from monitor.reports import monthly, pdf
from monitor.reports.document import document

UNITS, REPORTS, LANGUAGE = 10, 200, "zh"
MADE_AT = datetime(YEAR, 11, 4, 9, tzinfo=UTC)
FORMS = ("html", "xlsx", "pdf", "docx")
# What somebody would write who needs one page: a title, a sentence, the months as bars and as a table.
FLOOR = """
#let given = json(bytes(sys.inputs.document))
#set page(paper: "a4")
#set text(font: "Noto Sans SC", lang: "zh")
= #given.name
#par(given.said)
#let top = calc.max(..given.months.flatten())
#box(width: 100%, height: 4cm, stack(dir: ltr, spacing: 4pt, ..given.months.map(((now, before)) => align(bottom, stack(
  dir: ltr, rect(width: 12pt, height: 3.5cm * before / top, fill: silver), rect(width: 12pt, height: 3.5cm * now / top, fill: navy))))))
#table(columns: given.months.len() + 1, [], ..given.months.enumerate().map(((index, _)) => str(index + 1)),
  ..for place in (0, 1) { (str(2026 - place), ..given.months.map(one => str(one.at(place)))) })
"""


def varied(data: dict[str, Any], number: int) -> dict[str, Any]:
    """Give the report of another unit: another name, every quantity a little more."""
    made = copy.deepcopy(data)
    made["unit"] |= {"name_zh": f"第{number}处室", "code": f"u{number}"}

    def more(value: Any) -> None:
        for key, inner in value.items() if isinstance(value, dict) else ():
            if key == "quantity" and inner:
                value[key] = inner + inner * number // 1000
            more(inner)
        for inner in value if isinstance(value, list) else ():
            more(inner)

    more(made)
    return made


def build(folder: Path) -> tuple[list[dict[str, Any]], float]:
    with Database(f"sqlite:///{folder / 'jieyue.db'}") as database, database.session() as session:
        leaves = select(OrgUnit.id).where(OrgUnit.code.like("%-%")).order_by(OrgUnit.id).limit(UNITS)
        units = list(session.scalars(leaves))
        began = time.process_time()
        found = [monthly.build(session, SYSTEM, unit, Month(YEAR, 10), now=NOW) for unit in units]
        return found, (time.process_time() - began) / len(units)


def floor(given: list[dict[str, Any]], folder: Path) -> float:
    page = folder / "floor.typ"
    page.write_text(FLOOR, encoding="utf-8")
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(pdf.HERE / "fonts")])
    compiler = typst.Compiler(page, root=folder, font_paths=fonts, ignore_system_fonts=True)
    began = 0.0
    for number, data in enumerate([given[0], *given]):
        if number == 1:  # the first one warms it up
            began = time.process_time()
        rows = [[row[when]["quantity"] or 0 for when in ("now", "before")] for row in data["resources"][0]["months"]]
        said = {"name": data["unit"]["name_zh"], "said": "截至十月底累计用量低于同期额度。", "months": rows}
        compiler.compile(sys_inputs={"document": json.dumps(said)}, format="pdf", pdf_standards="a-2b", timestamp=0)
    return time.process_time() - began


def same(given: list[dict[str, Any]]) -> float:
    """Give what typst alone takes for the same documents with the same template."""
    press = pdf.Press()
    laid = [
        press.coverage.fit(document(data, LANGUAGE, version=1, made_at=MADE_AT))[0] | {"only": ""} for data in given
    ]
    inputs = [{"document": json.dumps(one | {"fonts": [pdf.FAMILY]}, ensure_ascii=False)} for one in laid]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(pdf.HERE / "fonts")])
    template = pdf.HERE / "templates" / "report.typ"
    compiler = typst.Compiler(template, root=template.parent, font_paths=fonts, ignore_system_fonts=True)
    compiler.compile(sys_inputs=inputs[0], format="pdf", pdf_standards=pdf.STANDARD, timestamp=0)
    began = time.process_time()
    for one in inputs:
        compiler.compile(sys_inputs=one, format="pdf", pdf_standards=pdf.STANDARD, timestamp=1)
    return time.process_time() - began


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(folder: Path) -> None:
    built, seconds = build(folder)
    given = [varied(built[number % UNITS], number) for number in range(REPORTS)]
    found = {"build": seconds, "peak_before": peak(), "floor": floor(given, folder)}
    for form in FORMS:
        render = import_module(f"monitor.reports.{form}").render
        render(given[0], LANGUAGE, version=1, made_at=MADE_AT)
        began, size = time.process_time(), 0
        for data in given:
            size += len(render(data, LANGUAGE, version=1, made_at=MADE_AT))
        found |= {form: time.process_time() - began, f"{form}_size": size // REPORTS, f"{form}_peak": peak()}
    found |= {"floor_same": same(given), "all": sum(found[form] for form in FORMS)}
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
