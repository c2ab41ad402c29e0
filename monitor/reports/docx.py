"""A report as a Word file to edit and sign: plain paragraphs, tables and pictures, every text a text and never markup."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from monitor.reports import pdf
from monitor.reports._docx_table import LINE, MUTED, RED, SOFT, fill_cell, frame, inside, table, write
from monitor.reports.blocks import Block, Text, text
from monitor.reports.document import document
from monitor.reports.numbers import Data

FORMAT = "docx"
MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WIDE = 178  # mm of text on A4
CHINESE, LATIN = "Microsoft YaHei", "Arial"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
ALIGN = {"left": WD_ALIGN_PARAGRAPH.LEFT, "center": WD_ALIGN_PARAGRAPH.CENTER}
FIELD = {"PAGE": "1", "NUMPAGES": "1"}


def render(data: Data, language: str, *, version: int = 0, made_at: datetime | None = None) -> bytes:
    """Render a report as DOCX; the same data, language, version and moment give the same bytes.

    `made_at` is shown in the zone that it carries. Version 0 is a draft that is not in the archive.
    """
    laid = document(data, language, version=version, made_at=made_at)
    return _Writer(laid, made_at or EPOCH).written()


class _Writer:
    """Writes one document."""

    def __init__(self, laid: Data, made_at: datetime) -> None:
        self.laid, self.made_at = laid, made_at
        self.file: Any = Document()
        self.pictures: Iterator[bytes] = iter(pdf.drawings(pdf.drawn(laid["blocks"]), laid["language"]))

    def written(self) -> bytes:
        """Give the file."""
        self._set_up()
        self._title()
        self._blocks(self.laid["blocks"])
        out = io.BytesIO()
        self.file.save(out)
        return _dated(out.getvalue(), self.made_at)

    # ---------------------------------------------------------------- around the words

    def _set_up(self) -> None:
        laid, properties, moment = (
            self.laid,
            self.file.core_properties,
            self.made_at.astimezone(UTC).replace(tzinfo=None),
        )
        properties.title = f"{laid['unit']} · {laid['title']} · {laid['period']}"[:255]
        properties.author = properties.last_modified_by = "Jieyue"
        properties.comments = ""
        properties.language = "zh-CN" if laid["language"] == "zh" else "en-GB"
        properties.created = properties.modified = moment
        properties.revision = 1
        page = self.file.sections[0]
        page.page_width, page.page_height = Mm(210), Mm(297)
        page.left_margin = page.right_margin = Mm((210 - WIDE) / 2)
        page.top_margin, page.bottom_margin = Mm(20), Mm(18)
        page.header_distance = page.footer_distance = Mm(9)
        page.different_first_page_header_footer = True
        self._styles()
        self._compatible()
        links = self.file.part.package.rels  # the library's own picture of an empty page is not ours to show
        for key in [key for key, link in links.items() if link.reltype.endswith("/thumbnail")]:
            del links[key]
        head = page.header.paragraphs[0]
        write(head, text({"t": laid["running"], "s": "s", "c": MUTED}))
        for foot in (page.footer, page.first_page_footer):
            self._page_number(foot.paragraphs[0])

    def _styles(self) -> None:
        size = {"Normal": 10, "Title": 21, "Heading 1": 13, "Heading 2": 11}
        for name, points in size.items():
            style = self.file.styles[name]
            style.font.name, style.font.size = LATIN, Pt(points)
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for key in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{key}"), None)
            fonts.set(qn("w:eastAsia"), CHINESE)
            fonts.set(qn("w:hAnsi"), LATIN)
            style.font.color.rgb = RGBColor.from_string(RED if name == "Title" else "1F2933")
            style.paragraph_format.space_after = Pt(4)
        for name, before in (("Heading 1", 16), ("Heading 2", 10)):
            style = self.file.styles[name]
            style.font.bold = True
            style.paragraph_format.space_before, style.paragraph_format.keep_with_next = Pt(before), True
        title = self.file.styles["Title"]
        title.font.bold = True
        title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        frame(title.element.get_or_add_pPr())
        language = self.file.styles["Normal"].element.get_or_add_rPr()
        for old in language.findall(qn("w:lang")):
            language.remove(old)
        inside(language, "w:lang", val="en-GB", eastAsia="zh-CN")

    def _compatible(self) -> None:
        """Say that this is written for today's Word, or it opens in its compatibility mode."""
        for setting in self.file.settings.element.iter(qn("w:compatSetting")):
            if setting.get(qn("w:name")) == "compatibilityMode":
                setting.set(qn("w:val"), "15")

    def _page_number(self, paragraph: Any) -> None:  # noqa: ANN401 - the library's paragraph
        paragraph.alignment = ALIGN["center"]
        before, between, after = self.laid["page_of"]
        for words, field in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
            write(paragraph, text({"t": words, "s": "s", "c": MUTED}))
            if field:
                simple = inside(paragraph._p, "w:fldSimple", instr=field)  # noqa: SLF001 - the library has no fields
                run = inside(simple, "w:r")
                inside(inside(run, "w:rPr"), "w:sz", val="17")
                inside(run, "w:t").text = FIELD[field]

    def _title(self) -> None:
        laid = self.laid
        top = self.file.add_paragraph()
        top.alignment = ALIGN["center"]
        write(top, text(laid["unit"]), size=12)
        self.file.add_paragraph(style="Title").add_run(laid["title"])
        period = self.file.add_paragraph()
        period.alignment = ALIGN["center"]
        write(period, text({"t": laid["period"], "s": "b", "c": ""}), size=12.5)
        self._facts()

    def _facts(self) -> None:
        *pairs, last = self.laid["facts"]
        label, value = 28, WIDE / 2 - 28
        rows = [[*pairs[at], *(pairs[at + 1] if at + 1 < len(pairs) else ("", ""))] for at in range(0, len(pairs), 2)]
        grid = self._table([label, value, label, value])
        for row in [*rows, [*last]]:
            line = inside(grid, "w:tr")
            inside(inside(line, "w:trPr"), "w:cantSplit")
            for index, words in enumerate(row):
                span = 3 if len(row) == 2 and index else 1  # noqa: PLR2004 - a label and its value
                named = index % 2 == 0
                shown = text({"t": words, "s": "m" if named else "", "c": ""})
                wide = label if named else WIDE - label if span > 1 else value
                fill_cell(line, [shown], wide=wide, span=span, fill=SOFT if named else "", box=True, size=9)
        self._gap()

    # ---------------------------------------------------------------- blocks

    def _blocks(self, blocks: Iterable[Block], *, tied: bool = False) -> None:
        """Write blocks; `tied` ones stay with what follows them."""
        for block in blocks:
            self._block(block, tied=tied)

    def _block(self, block: Block, *, tied: bool) -> None:
        kind = block["kind"]
        if kind == "keep":
            self._blocks(block["blocks"], tied=True)
        elif kind == "paragraph":
            small = block["style"] in {"note", "caption"}
            self._words(block["text"], size=9 if small else 10, tied=tied or block["style"] in {"caption", "target"})
        elif kind == "table":
            self._put(table(block, WIDE, tied=tied))
            self._gap(tied=tied)
        elif kind in pdf.DRAWN:
            self._picture(block)
        elif kind in self.PLAIN:
            getattr(self, self.PLAIN[kind])(block)

    PLAIN: ClassVar = {
        "heading": "_heading", "list": "_list", "terms": "_terms", "signatures": "_signatures",
    }  # fmt: skip

    def _heading(self, block: Block) -> None:
        self._words(block["text"], style=f"Heading {block['level'] - 1}")

    def _list(self, block: Block) -> None:
        for item in block["items"]:
            self._item(item, "List Number" if block["ordered"] else "List Bullet")

    def _terms(self, block: Block) -> None:
        for word, meaning in block["items"]:
            self._words([*word, *text("  "), *meaning], size=9)

    def _words(self, runs: Text, *, style: str = "Normal", size: float | None = None, tied: bool = False) -> None:
        paragraph = self.file.add_paragraph(style=style)
        if tied:
            paragraph.paragraph_format.keep_with_next = True
        write(paragraph, runs, size=None if style.startswith("Heading") else size)

    def _item(self, lines: Sequence[Text], style: str) -> None:
        paragraph = self.file.add_paragraph(style=style)
        paragraph.paragraph_format.keep_together = len(lines) < 8  # noqa: PLR2004 - a long one may be parted
        for index, line in enumerate(lines):
            if index:
                paragraph.add_run().add_break()
            write(paragraph, line)

    def _picture(self, block: Block) -> None:
        paragraph = self.file.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(io.BytesIO(next(self.pictures)), width=Mm(WIDE))
        shape._inline.docPr.set("descr", block["alt"])  # noqa: SLF001 - the library has no alternative texts
        shape._inline.docPr.set("name", block["kind"])  # noqa: SLF001 - as above

    def _signatures(self, block: Block) -> None:
        labels = block["labels"]
        self._gap(points=14)
        grid = self._table([WIDE / len(labels)] * len(labels))
        line = inside(grid, "w:tr")
        height = inside(line, "w:trPr")
        inside(height, "w:cantSplit")
        inside(height, "w:trHeight", val="1000", hRule="atLeast")
        for label in labels:
            fill_cell(line, [text({"t": label, "s": "m", "c": ""})], wide=WIDE / len(labels), under=LINE, size=9)
        self._gap()

    def _table(self, widths: Sequence[float]) -> Any:  # noqa: ANN401 - the library's element
        grid = table(
            {"widths": [one / WIDE for one in widths], "head": [], "rows": [], "style": "grid", "size": 1}, WIDE
        )
        self._put(grid)
        return grid

    def _put(self, element: Any) -> None:  # noqa: ANN401 - the library's element
        """Add an element before the section's properties, which come last."""
        body = self.file.element.body
        body.insert(len(body) - 1, element)

    def _gap(self, points: float = 4, *, tied: bool = False) -> None:
        """Leave a little room; two tables would else grow together."""
        paragraph = self.file.add_paragraph()
        form = paragraph.paragraph_format
        form.space_after, form.line_spacing, form.keep_with_next = Pt(0), Pt(points), tied


def _dated(content: bytes, moment: datetime) -> bytes:
    """Pack the same parts with one moment instead of the clock's."""
    when = max(moment.astimezone(UTC), datetime(1980, 1, 1, tzinfo=UTC)).timetuple()[:6]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in given.namelist():
            info = zipfile.ZipInfo(name, when)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, given.read(name))
    return out.getvalue()
