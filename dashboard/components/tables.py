"""A table of raw values with named columns: shown on the page, and written to CSV, from the same object."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from dash import html
from dash.development.base_component import Component

from dashboard.components.sheet import Sheet
from monitor import i18n
from monitor.domain.periods import Month, from_day
from monitor.domain.resources import from_quantity, resource

Kind = Literal["text", "quantity", "percent", "coverage", "change", "day", "month", "moment", "number", "link"]
_NUMERIC = {"quantity", "percent", "coverage", "change", "number"}
SHORTEST_SENTENCE = 24  # characters of Chinese; twice as many letters
# Full-width and small signs start a formula too; blanks and invisible signs before one do not make it harmless everywhere.
_FORMULA = re.compile("[\t\r\n]|[\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@＝＋－＠﹢﹣﹦﹫]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it is called (translated already) and of what kind its raw values are; quantities name their resource."""

    title: str
    kind: Kind = "text"
    resource: str = ""
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of raw values; None is missing. A link is a pair (text, address), or with a third, its tone."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]] = field(default_factory=list)


def shown(value: Any, column: Column, language: str) -> str:
    """Format one value for people; missing is a dash."""
    if value is None:
        return i18n.MISSING
    match column.kind:
        case "quantity":
            return i18n.quantity(value, column.resource, language, digits=column.digits, measure=False)
        case "coverage":
            return i18n.coverage(value, language)
        case "percent" | "change":
            return i18n.percent(value, language, sign=column.kind == "change")
        case "number":
            return i18n.number(value, language, column.digits or 0)
        case "day" | "month" | "moment":
            return _time(value, column.kind, language)
    return str(value)


def _time(value: Any, kind: str, language: str) -> str:
    if kind == "month":
        return i18n.month(value.year, value.month, language)
    if kind == "moment":
        return i18n.moment(value, language)
    return i18n.day(value if isinstance(value, date) else from_day(value), language)


def table(content: Table, language: str) -> Component:
    """Draw a table that scrolls by itself on a small screen: one component, whatever its size, unless a cell is one itself."""
    kinds = ["num" if column.kind in _NUMERIC else column.kind for column in content.columns]
    rows = [
        [_cell(value, column, language) for value, column in zip(row, content.columns, strict=True)]
        for row in content.rows
    ]
    heads = [(column.title, kind) for column, kind in zip(content.columns, kinds, strict=True)]
    live = any(isinstance(cell, Component) for row in rows for cell in row)
    drawn = _cells(heads, rows) if live else Sheet(heads=heads, rows=rows)
    named = " · ".join(column.title for column in content.columns if column.title)
    wordy = any(_long(cell) for row in rows for cell in row)
    return html.Div(
        drawn, className="scroll wordy" if wordy else "scroll", tabIndex="0", role="region", **{"aria-label": named}
    )


def _long(cell: Any) -> bool:
    """Tell whether a cell holds a sentence, so that its row becomes a card on a phone."""
    text = cell[0] if isinstance(cell, list) else cell
    return isinstance(text, str) and len(text) > SHORTEST_SENTENCE and len(text.encode()) > 2 * SHORTEST_SENTENCE


def _cells(heads: list[tuple[str, str]], rows: list[list[Any]]) -> Component:
    """Draw a table with buttons and forms in it, a component for each cell."""
    head = html.Tr([html.Th(title, scope="col", className=kind) for title, kind in heads])
    body = [
        html.Tr(
            [
                html.Td(_live(cell), className=kind, **{"data-label": title})
                for cell, (title, kind) in zip(row, heads, strict=True)
            ]
        )
        for row in rows
    ]
    return html.Table([html.Thead(head), html.Tbody(body)], className="data live")


def _live(cell: Any) -> Any:
    if not isinstance(cell, list):
        return cell
    text, target = cell[:2]
    return html.A(text, href=target) if target else text


def _cell(value: Any, column: Column, language: str) -> Any:
    """Give a component as it is, a link as [text, address], anything else as text."""
    if isinstance(value, Component):
        return value
    if column.kind == "link" and value is not None:
        return [str(value[0]), str(value[1] or ""), *(str(tone) for tone in value[2:])]
    return shown(value, column, language)


# ---------------------------------------------------------------- CSV


def to_csv(content: Table) -> bytes:
    """Write a table as UTF-8 CSV with byte-order mark (spreadsheets need it for Chinese): numbers plain, formulas inert."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([inert(_heading(column)) for column in content.columns])
    for row in content.rows:
        writer.writerow([plain(value, column) for value, column in zip(row, content.columns, strict=True)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _heading(column: Column) -> str:
    if column.kind == "quantity":
        row = resource(column.resource)
        return f"{column.title} ({row.measure(row.display).en})"
    return f"{column.title} (%)" if column.kind in {"percent", "coverage", "change"} else column.title


def plain(value: Any, column: Column) -> str:
    """Give a value as a CSV cell: exact decimals without grouping, ISO days and instants, empty where missing, text inert."""
    if value is None:
        return ""
    if column.kind == "quantity":
        return _decimal(from_quantity(value, column.resource))
    if column.kind in {"percent", "coverage", "change"}:
        return _decimal(Fraction(value) * 100)
    if column.kind == "number":
        return _decimal(Fraction(value))
    if column.kind == "day" and not isinstance(value, date):
        return from_day(value).isoformat()
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Month):
        return str(value)
    return inert(value[0] if column.kind == "link" else str(value))


def _decimal(value: Fraction) -> str:
    return (
        f"{round(Decimal(value.numerator) / Decimal(value.denominator), 6):f}".rstrip("0").rstrip(".")
        if value.denominator != 1
        else str(value.numerator)
    )


def inert(text: str) -> str:
    """Keep a spreadsheet from running text as a formula; a negative number stays a number."""
    if not _FORMULA.match(text):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    return text
