"""What every page is made of: heading with filters, panels with their facts, notices."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.tables import Table, table
from dashboard.context import Context
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.domain.periods import from_day
from monitor.i18n import N_

PERIOD, COVERAGE, MEASURE = N_("{first} to {last}"), N_("coverage {share}"), N_("in {measure}")
BEHIND, CSV, HOW = N_("The figures behind this"), N_("Download CSV"), N_("How was this computed?")
EXCEL = N_("Download as an Excel workbook")
NO_FIGURES, WHAT_CAME = N_("No figures in this period."), N_("What came, and what did not")
CODE, TO_OVERVIEW = N_("Code {code}"), N_("To the overview")


def notice(
    context: Context, code: str, sentence: str, *, tone: str = "none", onward: tuple[str, str] = (TO_OVERVIEW, "/")
) -> Component:
    """Give a sentence that stands for a page: its code to quote, and the way on (words and address)."""
    words, href = onward
    quoted = html.Small(context.say(CODE, code=code))
    inside = [html.H1(sentence), html.P([quoted, " · ", html.A(context.say(words), href=href)])]
    return html.Div(inside, className=f"note whole {tone}", role="alert")


def head(title: str, below: str, filters: Sequence[Component] = ()) -> Component:
    """Give the heading of a page with its filters."""
    return html.Div(
        [html.Div([html.H1(title), html.P(below)]), html.Div(list(filters), className="filters")], className="head"
    )


def choose(
    name: str, label: str, value: str, options: Sequence[tuple[str, str]], *, width: int = 120, search: bool = False
) -> Component:
    """Give a filter whose value goes into the address under `name`."""
    return dmc.Select(
        id={"type": "filter", "name": name},
        label=label,
        value=value,
        data=[{"value": key, "label": text} for key, text in options],
        allowDeselect=False,
        searchable=search,
        w=width,
        size="sm",
        comboboxProps={"shadow": "md"},
    )


def choose_day(name: str, label: str, value: int, *, last: int) -> Component:
    """Give a day filter whose value goes into the address under `name`."""
    return dmc.DateInput(
        id={"type": "filter", "name": name},
        label=label,
        value=from_day(value).isoformat(),
        maxDate=from_day(last).isoformat(),
        valueFormat="YYYY-MM-DD",
        w=140,
        size="sm",
        clearable=False,
    )


def period(context: Context, start: int, end: int) -> str:
    """Say the days start..end-1."""
    return context.say(
        PERIOD, first=i18n.day(from_day(start), context.language), last=i18n.day(from_day(end - 1), context.language)
    )


def facts(context: Context, resource: str | None, span: tuple[int, int] | None, amount: Amount | None = None) -> str:
    """Say measure, period and coverage of what is shown, as far as they apply."""
    parts = []
    if resource is not None:
        parts.append(context.say(MEASURE, measure=i18n.measure_name(resource, context.language)))
    if span is not None:
        parts.append(period(context, *span))
    if amount is not None:
        share = i18n.coverage(amount.coverage if amount.expected else None, context.language)
        parts.append(context.say(COVERAGE, share=share))
    return " · ".join(parts)


def panel(
    context: Context,
    title: str,
    children: Any,
    *,
    below: str = "",
    tools: Sequence[Component] = (),
    behind: Table | None = None,
    csv: str = "",
    span: int = 12,
) -> Component:
    """Give a panel: title, its facts, content, the table behind it, and that table as CSV and Excel (`csv` is its address)."""
    links = [*tools, *(_files(context, csv) if csv else [])]
    top = html.Header(
        [
            html.Div([html.H2(title), html.P(below, className="facts") if below else None]),
            html.Div(links, className="tools"),
        ]
    )
    inside = children if isinstance(children, list) else [children]
    if behind is not None:
        inside = [*inside, html.Details([html.Summary(context.say(BEHIND)), table(behind, context.language)])]
    return html.Section([top, *inside], className=f"panel span-{span}", **{"aria-label": title})


def _files(context: Context, csv: str) -> list[Component]:
    """Give the links to a table as a file: CSV · Excel."""
    kinds = (("CSV", csv, CSV), ("Excel", csv.replace(".csv", ".xlsx", 1), EXCEL))
    first, second = (html.A(name, href=link, title=context.say(sentence)) for name, link, sentence in kinds)
    return [html.Span([first, " · ", second], className="files")]


def graph(figure: dict[str, Any], label: str, context: Context, *, height: int = 300) -> Component:
    """Draw a figure; its table behind it is what is read aloud, so the drawing itself is one labelled image.

    A figure without a single value is a sentence that leads to what should have come, not an empty pair of axes.
    """
    if not any(_some(_values(trace)) for trace in figure["data"]):
        link = html.A(context.say(WHAT_CAME), href="/data")
        return html.P([context.say(NO_FIGURES), " ", link], className="reason")
    drawn = dcc.Graph(
        figure=figure,
        config={"displayModeBar": False, "responsive": True, "locale": "zh-CN" if context.language == "zh" else "en"},
        style={"height": height},
        responsive=True,
    )
    return html.Div(drawn, role="img", **{"aria-label": label})


def _values(trace: dict[str, Any]) -> Any:
    """Give what a trace draws: the cells of a heatmap, the lengths of lying bars, else the heights."""
    return trace["z"] if "z" in trace else trace.get("x" if trace.get("orientation") == "h" else "y")


def _some(values: Any) -> bool:
    """Tell whether there is anything but gaps."""
    return any(_some(one) if isinstance(one, list | tuple) else one is not None for one in values or ())


def grid(*panels: Component | None) -> Component:
    """Lay panels out on twelve columns that fold on a phone."""
    return html.Div([one for one in panels if one is not None], className="grid")


def explain_button(context: Context, unit: str, resource: str, span: tuple[int, int], *, where: str = "") -> Component:
    """Give the button that opens "how was this computed" for a figure of a unit, resource and period.

    `where` tells buttons of the same figure on one page apart.
    """
    key = f"{unit}|{resource}|{span[0]}|{span[1]}|{where}"
    return html.Button(
        context.say(HOW), id={"type": "explain", "key": key}, n_clicks=0, type="button", className="linkish"
    )
