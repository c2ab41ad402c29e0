"""What a written report consists of: headings, sentences, tables, drawings; as plain dicts that HTML, PDF and Word lay out.

A text is a list of runs `{t: words, s: style, c: colour}`; styles are letters: b bold, s small, m muted. Words are never markup.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

Run = dict[str, str]
Text = list[Run]
Block = dict[str, Any]
Cell = dict[str, Any]

MUTED = "#52606d"
GRID, TIGHT, METHOD = "grid", "tight", "method"
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_LINES = re.compile("[\t\n\r\u2028\u2029]+")


def clean(words: str) -> str:
    """Make words fit for a page: lines become blanks; what is no character, or turns the writing round, becomes U+FFFD."""
    if words.isprintable():
        return words
    return _UNFIT.sub("\ufffd", _LINES.sub(" ", words))


def run(words: object, style: str = "", colour: str = "") -> Run:
    """Give a run of words in one style."""
    return {"t": clean(str(words)), "s": style, "c": colour}


def text(*parts: object) -> Text:
    """Give a text: strings and runs one after another; what is empty is left out."""
    runs = [part if isinstance(part, dict) else run(part) for part in parts]
    return [one for one in runs if one["t"]]


def small(words: object) -> Run:
    """Give words in small letters."""
    return run(words, "s")


def plain(runs: Text) -> str:
    """Give a text without its styles."""
    return "".join(one["t"] for one in runs)


def heading(level: int, *parts: object) -> Block:
    """Give a heading; 2 is a section, 3 a part of it."""
    return {"kind": "heading", "level": level, "text": text(*parts)}


def paragraph(*parts: object, style: str = "") -> Block:
    """Give a paragraph; styles are note, caption and target (kept with what follows)."""
    return {"kind": "paragraph", "style": style, "text": text(*parts)}


def bullets(items: Iterable[Sequence[Text]], *, ordered: bool = False) -> Block:
    """Give a list; an item has one or more lines."""
    return {"kind": "list", "ordered": ordered, "items": [list(lines) for lines in items]}


def keep(*blocks: Block | None) -> Block:
    """Keep blocks on one page."""
    return {"kind": "keep", "blocks": [block for block in blocks if block is not None]}


def terms(pairs: Iterable[tuple[str, str]]) -> Block:
    """Give words and what they mean."""
    return {"kind": "terms", "items": [[text(run(word, "b")), text(meaning)] for word, meaning in pairs]}


def signatures(labels: Iterable[str]) -> Block:
    """Give lines to sign on."""
    return {"kind": "signatures", "labels": [clean(label) for label in labels]}


def cell(*lines: object, align: str = "right", span: int = 1, head: bool = False, grey: bool = False) -> Cell:
    """Give a cell of a table: lines that are words or texts."""
    shown = [line if isinstance(line, list) else text(line) for line in lines]
    return {"lines": shown, "align": align, "span": span, "head": head, "grey": grey}


def left(*lines: object, **more: Any) -> Cell:  # noqa: ANN401 - what `cell` takes
    """Give a cell whose words begin at its left."""
    return cell(*lines, align="left", **more)


def label(*lines: object) -> Cell:
    """Give the cell that names its row."""
    return cell(*lines, align="left", head=True)


def table(head: Sequence[Cell], rows: Sequence[Sequence[Cell]], *, style: str = GRID) -> Block:
    """Give a table; its columns get shares of the width by what stands in them, and smaller letters where they need it.

    `widths` are shares of the whole that add up to 1, `size` is at most 1.
    """
    widths, size = _widths([row for row in (head, *rows) if row], style)
    return {
        "kind": "table",
        "style": style,
        "head": list(head),
        "rows": [list(row) for row in rows],
        "widths": widths,
        "size": size,
    }


# How wide a page is, counted in letters as high as they are broad, and what a cell's margins take of it.
PAGE = {GRID: 58.0, TIGHT: 68.0, METHOD: 58.0}
MARGINS = {GRID: 1.1, TIGHT: 0.75, METHOD: 1.1}
LEAST = 0.62
HEAVY = 1.1  # the first row is printed bold
_PARTS = re.compile(r"[^\s\u2e80-\u9fff\uff00-\uffef]+|[\u2e80-\u9fff\uff00-\uffef]+")


@lru_cache(maxsize=8192)
def _broad(words: str) -> float:
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.62 for letter in words)


@lru_cache(maxsize=8192)
def _least(words: str) -> float:
    """Give the room that the longest part needs which is not to be broken; Chinese breaks anywhere, but not letter by letter."""
    parts = _PARTS.findall(words)
    return max((min(_broad(part), 4.0 if part[0] > "\u2e7f" else 13.0) for part in parts), default=0.0)


def _widths(rows: Sequence[Sequence[Cell]], style: str) -> tuple[list[float], float]:
    """Share out the width: what cannot be broken first, the rest by what would like a line of its own."""
    page, margin = PAGE[style], MARGINS[style]
    least, lines = _columns(rows, _least), _columns(rows[1:] or rows, _broad)  # a head may take several lines
    wish = [max(pair) for pair in zip(least, lines, strict=True)]
    need = [one + margin for one in least]
    size = min(1.0, max(LEAST, page / sum(need)))
    spare = max(page / size - sum(need), 0.0)
    more = [min(whole - one, 60.0) for one, whole in zip(least, wish, strict=True)]
    over = spare - sum(more)
    if over < 0:
        more = [spare * one / sum(more) for one in more]
    else:
        takers = _takers(rows, style)
        more = [one + over / len(takers) if index in takers else one for index, one in enumerate(more)]
    total = sum(need) + sum(more)
    return [round((one + extra) / total, 5) for one, extra in zip(need, more, strict=True)], round(size, 3)


def _takers(rows: Sequence[Sequence[Cell]], style: str) -> list[int]:
    """Tell which columns take the room that none needs: the one with the names; in tables of months all but that."""
    count = max(sum(one["span"] for one in row) for row in rows)
    named = next((index for index, one in enumerate(rows[-1]) if one["align"] == "left"), None)
    if named is None:
        return list(range(count))
    if style == GRID:
        return [named]
    return [index for index in range(count) if index != named] or [named]


def _columns(rows: Sequence[Sequence[Cell]], measure: Callable[[str], float]) -> list[float]:
    """Give the greatest measure of each column; cells that span several say nothing."""
    count = max(sum(one["span"] for one in row) for row in rows)
    found = [0.0] * count
    for row in rows:
        place = 0
        for one in row:
            if one["span"] == 1:
                bold = HEAVY if row is rows[0] else 1.0
                found[place] = max([found[place], *(_measured(line, measure) * bold for line in one["lines"])])
            place += one["span"]
    return found


def _measured(line: Text, measure: Callable[[str], float]) -> float:
    if line and all(one["c"] for one in line):  # a status stays on one line
        measure = _broad
    return measure(plain(line)) * (0.85 if line and all("s" in one["s"] for one in line) else 1.0)
