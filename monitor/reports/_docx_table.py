"""Tables and runs of a Word file as elements: built quickly, texts always as the text of an element."""

from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from monitor.reports.blocks import Block, Cell, Text

MUTED, RED, SOFT, LINE, RULE = "52606D", "9B2C26", "F6F8FA", "7B8794", "D5DBE1"
SIZES = {"grid": 8.5, "tight": 7.1, "method": 8.5}
TWIPS = 1440 / 25.4  # in a millimetre
SIDES = {"left": "left", "right": "right", "center": "center"}


def inside(parent: Any, tag: str, **attributes: str) -> Any:  # noqa: ANN401 - elements of lxml
    """Add an element with attributes of the same namespace."""
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    parent.append(made)
    return made


def write(paragraph: Any, runs: Text, *, size: float | None = None) -> None:  # noqa: ANN401 - the library's paragraph
    """Write runs into a paragraph."""
    for one in runs:
        _run(paragraph._p, one, size)  # noqa: SLF001 - its element


def _run(parent: Any, one: dict[str, str], size: float | None) -> None:  # noqa: ANN401 - elements of lxml
    made = inside(parent, "w:r")
    style, colour = one["s"], one["c"].lstrip("#").upper() or (MUTED if set(one["s"]) & {"s", "m"} else "")
    if style or colour or size:
        look = inside(made, "w:rPr")
        if "b" in style:
            inside(look, "w:b")
        if colour:
            inside(look, "w:color", val=colour)
        if size or "s" in style:
            points = (size or 10) * (0.85 if "s" in style else 1)
            inside(look, "w:sz", val=str(round(points * 2)))
    words = inside(made, "w:t")
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    words.text = one["t"]


def fill_cell(
    row: Any,  # noqa: ANN401 - elements of lxml
    lines: list[Text],
    *,
    size: float,
    wide: float,
    align: str = "left",
    span: int = 1,
    fill: str = "",
    under: str = "",
    box: bool = False,
    tied: bool = False,
) -> None:
    """Add a cell: `wide` mm, each line a paragraph; `under` draws a line below it, `box` one around it."""
    made = inside(row, "w:tc")
    form = inside(made, "w:tcPr")
    inside(form, "w:tcW", w=str(round(wide * TWIPS)), type="dxa")
    if span > 1:
        inside(form, "w:gridSpan", val=str(span))
    if under or box:
        edges = inside(form, "w:tcBorders")
        for side in ("top", "left", "bottom", "right") if box else ("bottom",):
            inside(edges, f"w:{side}", val="single", sz="4", space="0", color=under or "C9D1D9")
    if fill:
        inside(form, "w:shd", val="clear", color="auto", fill=fill)
    if box:
        inside(form, "w:vAlign", val="center")
    for line in lines or [[]]:
        paragraph = inside(made, "w:p")
        look = inside(paragraph, "w:pPr")
        if tied:
            inside(look, "w:keepNext")
        inside(look, "w:spacing", before="20", after="20", line="240", lineRule="auto")
        inside(look, "w:jc", val=SIDES[align])
        for one in line:
            _run(paragraph, one, size)


def table(block: Block, wide: float, *, tied: bool = False) -> Any:  # noqa: ANN401 - elements of lxml
    """Give a table as wide as the text (`wide` mm) with fixed columns; its head is repeated on each page."""
    made = OxmlElement("w:tbl")
    form = inside(made, "w:tblPr")
    columns = [round(share * wide * TWIPS) for share in block["widths"]]
    inside(form, "w:tblW", w=str(sum(columns)), type="dxa")
    edges = inside(form, "w:tblBorders")
    if block["rows"]:
        inside(edges, "w:top", val="single", sz="6", space="0", color=LINE)
        inside(edges, "w:bottom", val="single", sz="4", space="0", color=RULE)
        inside(edges, "w:insideH", val="single", sz="4", space="0", color=RULE)
    inside(form, "w:tblLayout", type="fixed")
    margins = inside(form, "w:tblCellMar")
    for side in ("left", "right"):
        inside(margins, f"w:{side}", w="45" if block["style"] == "tight" else "75", type="dxa")
    grid = inside(made, "w:tblGrid")
    for column in columns:
        inside(grid, "w:gridCol", w=str(column))
    size, widths = SIZES[block["style"]] * block["size"], [share * wide for share in block["widths"]]
    if block["head"]:
        _row(made, block["head"], size, widths, head=True, tied=True)
    last = len(block["rows"]) - 1
    whole = len(block["rows"]) <= 8  # noqa: PLR2004 - a short table is not parted
    for index, row in enumerate(block["rows"]):
        _row(made, row, size, widths, tied=index < last if whole else tied and index == last)
    return made


def _row(
    parent: Any,  # noqa: ANN401 - elements of lxml
    cells: list[Cell],
    size: float,
    widths: list[float],
    *,
    tied: bool,
    head: bool = False,
) -> None:
    row = inside(parent, "w:tr")
    rules = inside(row, "w:trPr")
    inside(rules, "w:cantSplit")
    if head:
        inside(rules, "w:tblHeader")
    place = 0
    for one in cells:
        lines, wide = one["lines"], sum(widths[place : place + one["span"]])
        place += one["span"]
        if head:
            lines = [[run if "s" in run["s"] else run | {"s": "b"} for run in line] for line in lines]
        form: dict[str, Any] = {"size": size, "wide": wide, "span": one["span"], "align": one["align"], "tied": tied}
        fill_cell(
            row, lines, fill="EEF2F6" if head else SOFT if one["grey"] else "", under=LINE if head else "", **form
        )


def frame(form: Any) -> None:  # noqa: ANN401 - elements of lxml
    """Draw nothing around a title but what we say: the default style underlines it in blue."""
    for edges in form.findall(qn("w:pBdr")):
        form.remove(edges)
