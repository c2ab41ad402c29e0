"""A report as PDF/A-2b through typst: one compiler for the process, our own fonts only, words as values and never as markup."""

import json
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from monitor.i18n import N_, translate
from monitor.reports.blocks import Block, paragraph
from monitor.reports.document import document
from monitor.reports.glyphs import Coverage
from monitor.reports.numbers import Data

HERE = Path(__file__).parent
FORMAT, MIME = "pdf", "application/pdf"
STANDARD = "a-2b"
FAMILY = "Noto Sans SC"
DRAWN = ("months", "bullet")
SHARP = 200  # dots per inch of drawings in a Word file
NOT_IN_FONT = N_(
    "□ stands for characters that the fonts of this file do not have: {codes}. The page (HTML) and the Word file show them."
)
LISTED = 12


def render(data: Data, language: str, *, version: int = 0, made_at: datetime | None = None) -> bytes:
    """Render a report as PDF; the same data, language, version and moment give the same bytes.

    `made_at` is shown in the zone that it carries. Version 0 is a draft that is not in the archive.
    """
    return _press().pdf(document(data, language, version=version, made_at=made_at), made_at=made_at)


def drawings(blocks: Sequence[Block], language: str) -> list[bytes]:
    """Give drawings as PNG, each as wide as a page's text; the same as in the PDF."""
    return _press().pictures(blocks, language) if blocks else []


@cache
def _press() -> "Press":
    return Press()


class Press:
    """A typst compiler with our fonts; one at a time uses it."""

    def __init__(self) -> None:
        fonts = HERE / "fonts"
        self.coverage = Coverage.of(sorted(fonts.glob("*.ttf")))
        known = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])
        template = HERE / "templates" / "report.typ"
        self._compiler = typst.Compiler(template, root=template.parent, font_paths=known, ignore_system_fonts=True)
        self._guard = threading.Lock()

    def pdf(self, laid: Data, *, made_at: datetime | None) -> bytes:
        """Print a document."""
        shown, missing = self.coverage.fit(laid)
        if missing:
            codes = ", ".join(f"U+{ord(letter):04X}" for letter in missing[:LISTED])
            more = " …" if len(missing) > LISTED else ""
            note = translate(NOT_IN_FONT, laid["language"], codes=codes + more)
            shown["blocks"].insert(0, paragraph(note, style="note"))
        stamp = int((made_at or datetime(2000, 1, 1, tzinfo=UTC)).timestamp())
        found = self._compile(shown | {"only": ""}, format="pdf", pdf_standards=STANDARD, timestamp=stamp)
        return found if isinstance(found, bytes) else b"".join(found)

    def pictures(self, blocks: Sequence[Block], language: str) -> list[bytes]:
        """Draw drawings, a picture each."""
        empty: Data = {
            "unit": "",
            "title": "",
            "period": "",
            "facts": [["", ""]],
            "running": "",
            "page_of": ["", "", ""],
        }
        laid, _ = self.coverage.fit({**empty, "language": language, "only": "drawings", "blocks": list(blocks)})
        found = self._compile(laid, format="png", ppi=SHARP)
        return [found] if isinstance(found, bytes) else found

    def _compile(self, laid: Data, **how: Any) -> bytes | list[bytes]:  # noqa: ANN401 - what typst takes
        inputs = {"document": json.dumps(laid | {"fonts": [FAMILY]}, ensure_ascii=False)}
        with self._guard:
            found, warnings = self._compiler.compile_with_warnings(sys_inputs=inputs, **how)
        if warnings or found is None:  # a missing font, for one, is only a warning there, and a broken report here
            raise RuntimeError("; ".join(str(one) for one in warnings) or "typst gave nothing")
        return found


def drawn(blocks: Iterable[Block]) -> list[Block]:
    """List the drawings among blocks, in order, those inside others too."""
    found = []
    for block in blocks:
        if block["kind"] in DRAWN:
            found.append(block)
        elif block["kind"] == "keep":
            found += drawn(block["blocks"])
    return found
