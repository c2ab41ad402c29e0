"""Marks below a chart's axis: a row for each kind of thing that happened, told apart by place, name and sign, not by colour."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.components.look import INK

ROW = 15  # pixels


@dataclass(frozen=True, slots=True)
class Mark:
    """Something from one place of the axis to another (the same for a moment), and the lines that say what."""

    first: str
    last: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """Marks of one kind: what it is called beside the axis, and its sign."""

    label: str
    sign: str
    marks: list[Mark]


def room(rows: Sequence[Row]) -> int:
    """Give the pixels that the rows need below a chart."""
    return ROW * (len(rows) + 1) if rows else 0


def with_marks(figure: dict[str, Any], rows: Sequence[Row], *, theme: str, height: int) -> dict[str, Any]:
    """Give a chart of `height` pixels with rows of marks below its axis, on the same scale; without rows it stays as it is."""
    if not rows:
        return figure
    ink, layout = INK[theme], dict(figure["layout"])
    part = room(rows) / (height + room(rows))
    labels = [row.label for row in reversed(rows)]
    layout["yaxis"] = {**layout["yaxis"], "domain": [part, 1]}
    layout["yaxis2"] = {
        "domain": [0, part - ROW / 2 / (height + room(rows))],
        "tickmode": "array",
        "tickvals": list(range(len(rows))),
        "ticktext": labels,
        "tickfont": {"size": 10, "color": ink["text"]},
        "range": [-0.6, len(rows) - 0.4],
        "showgrid": True,
        "gridcolor": ink["grid"],
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }
    layout["xaxis"] = {**layout["xaxis"], "anchor": "y2"}
    traces = [_trace(row, level, ink["text"]) for level, row in zip(range(len(rows) - 1, -1, -1), rows, strict=True)]
    return {"data": [*figure["data"], *traces], "layout": layout}


def _trace(row: Row, level: int, colour: str) -> dict[str, Any]:
    """Draw a row: a sign at the beginning, and a line from there to the end of what lasts."""
    across: list[str | None] = []
    texts: list[str] = []
    for mark in row.marks:
        said = "<br>".join(html.escape(line) for line in mark.lines)
        ends = [mark.first] if mark.first == mark.last else [mark.first, mark.last]
        across += [*ends, None]
        texts += [said] * len(ends) + [""]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": across,
        "y": [None if place is None else level for place in across],
        "yaxis": "y2",
        "text": texts,
        "name": row.label,
        "showlegend": False,
        "connectgaps": False,
        "line": {"color": colour, "width": 2},
        "marker": {"symbol": row.sign, "size": 8, "color": colour, "line": {"color": colour, "width": 1.5}},
        "hovertemplate": "%{text}<extra></extra>",
    }
