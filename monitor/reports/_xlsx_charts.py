"""Native charts of the workbook; they point at cells, so they follow whoever computes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from monitor.reports.workbook import Sheet

NOW, BEFORE, PATH, LIMIT = "#1f5f8b", "#b9c6d2", "#b7791f", "#b3372f"
GOOD, BAD = "#2e7d4f", "#b3372f"


@dataclass(frozen=True, slots=True)
class Series:
    """A row of figures in a column of a sheet: heading and cells, from 0."""

    column: int
    colour: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """The rows that a chart draws, both inclusive, the row of headings and the column of labels."""

    head: int
    first: int
    last: int
    labels: int


def _series(sheet: Sheet, rows: Range, series: Series) -> dict[str, Any]:
    name = sheet.name
    return {
        "name": [name, rows.head, series.column],
        "categories": [name, rows.first, rows.labels, rows.last, rows.labels],
        "values": [name, rows.first, series.column, rows.last, series.column],
    }


def _finish(chart: Any, title: str, measure: str) -> None:  # noqa: ANN401 - the library's chart
    chart.set_title({"name": title, "name_font": {"size": 11, "bold": True}, "overlay": False})
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis(
        {"name": measure, "num_format": "#,##0", "min": 0, "major_gridlines": _RULE, "line": {"none": True}}
    )
    chart.set_chartarea({"border": {"color": "#d5dbe1"}})


_RULE = {"visible": True, "line": {"color": "#d5dbe1", "width": 0.5}}


def columns(sheet: Sheet, rows: Range, series: Sequence[Series], *, title: str, measure: str) -> Any:  # noqa: ANN401
    """Draw months as columns, one year beside the other."""
    chart = sheet.book.file.add_chart({"type": "column"})
    for one in series:
        chart.add_series({**_series(sheet, rows, one), "fill": {"color": one.colour}, "gap": 60, "overlap": -5})
    _finish(chart, title, measure)
    return chart


def lines(sheet: Sheet, rows: Range, series: Sequence[Series], *, title: str, measure: str) -> Any:  # noqa: ANN401
    """Draw figures that run on through the year as lines; what is missing is a gap."""
    chart = sheet.book.file.add_chart({"type": "line"})
    for one in series:
        look = {"color": one.colour, "width": 2.0, **({"dash_type": "dash"} if one.dashed else {})}
        chart.add_series({**_series(sheet, rows, one), "line": look})
    chart.show_blanks_as("gap")
    _finish(chart, title, measure)
    return chart


def bars(sheet: Sheet, rows: Range, series: Series, *, title: str, values: Sequence[Fraction | None]) -> Any:  # noqa: ANN401 - the library's chart
    """Draw a ranking as bars, the first on top: red to the right of the line is over the allowance, green to the left below it."""
    chart = sheet.book.file.add_chart({"type": "bar"})
    chart.add_series(
        {
            **_series(sheet, rows, series),
            "fill": {"color": series.colour},
            "points": [{"fill": {"color": GOOD if (value or 0) <= 0 else BAD}} for value in values],
            "gap": 40,
            "data_labels": {"value": True, "num_format": "+0.0%;-0.0%;0.0%"},
        }
    )
    _finish(chart, title, "")
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "label_position": "low", "major_gridlines": {"visible": False}})
    chart.set_x_axis({"num_format": "+0%;-0%;0%", "major_gridlines": _RULE, "crossing": 0})
    return chart
