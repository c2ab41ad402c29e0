"""Charts as plain dictionaries from numbers already in the display measure; None leaves a gap, never a zero."""

from collections.abc import Sequence
from typing import Any

from dashboard.components.look import FONT, INK

Values = Sequence[float | None]


def base_layout(theme: str, *, measure: str = "", legend: bool = True, **more: Any) -> dict[str, Any]:
    """Give what every chart has in common: colours, fonts, axes; `more` goes into the layout as it is."""
    ink = INK[theme]
    axis = {
        "gridcolor": ink["grid"],
        "zeroline": False,
        "linecolor": ink["grid"],
        "automargin": True,
        "tickfont": {"size": 11},
    }
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": ink["text"], "family": FONT, "size": 12},
        "margin": {"l": 8, "r": 8, "t": 28 if legend else 8, "b": 8},
        "xaxis": {**axis, "showgrid": False},
        "yaxis": {**axis, "title": {"text": measure, "font": {"size": 11}}, "rangemode": "tozero", "tickformat": ",~r"},
        "showlegend": legend,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "#1b2322" if theme == "dark" else "#ffffff", "font": {"color": ink["text"]}},
        "bargap": 0.25,
        **more,
    }


def cumulative(
    days: Sequence[str],
    used: Values,
    path: tuple[Sequence[str], Values],
    *,
    names: tuple[str, str, str],
    measure: str,
    theme: str,
    band: tuple[str, str, float, float, float] | None = None,
) -> dict[str, Any]:
    """Draw use so far against the target path, with the forecast (last day, year end, low, middle, high) as a fan."""
    ink = INK[theme]
    data: list[dict[str, Any]] = []
    if band is not None and used:
        first, last, low, middle, high = band
        here = next((value for value in reversed(used) if value is not None), None)
        if here is not None:
            data += [
                {
                    "x": [first, last, last, first],
                    "y": [here, high, low, here],
                    "type": "scatter",
                    "mode": "none",
                    "fill": "toself",
                    "fillcolor": ink["band"],
                    "name": names[2],
                    "hoverinfo": "skip",
                },
                {
                    "x": [first, last],
                    "y": [here, middle],
                    "type": "scatter",
                    "mode": "lines",
                    "line": {"color": ink["main"], "dash": "dot", "width": 2},
                    "name": names[2],
                    "showlegend": False,
                },
            ]
    if path[0]:
        data.append(
            {
                "x": list(path[0]),
                "y": list(path[1]),
                "type": "scatter",
                "mode": "lines",
                "line": {"color": ink["second"], "dash": "dash", "width": 2},
                "name": names[1],
            }
        )
    data.append(
        {
            "x": list(days),
            "y": list(used),
            "type": "scatter",
            "mode": "lines",
            "line": {"color": ink["main"], "width": 3},
            "name": names[0],
            "connectgaps": False,
        }
    )
    return {"data": data, "layout": base_layout(theme, measure=measure)}


def months(
    labels: Sequence[str], now: Values, before: Values, *, names: tuple[str, str], measure: str, theme: str
) -> dict[str, Any]:
    """Draw the months of a year beside those of the year before; the earlier year is hatched, not only paler."""
    ink = INK[theme]
    earlier = {
        "color": "rgba(0,0,0,0)",
        "line": {"color": ink["second"], "width": 1},
        "pattern": {"shape": "/", "fgcolor": ink["second"], "size": 5},
    }
    return {
        "data": [
            {"x": list(labels), "y": list(before), "type": "bar", "name": names[1], "marker": earlier},
            {"x": list(labels), "y": list(now), "type": "bar", "name": names[0], "marker": {"color": ink["main"]}},
        ],
        "layout": base_layout(theme, measure=measure, barmode="group"),
    }


def _scale(theme: str) -> list[list[float | str]]:
    low = "#20302e" if theme == "dark" else "#e8f3f1"
    middle, high = ("#2f8f87", "#c9f5ef") if theme == "dark" else ("#4fa8a1", "#07403d")
    return [[0.0, low], [0.5, middle], [1.0, high]]


def heat(
    across: Sequence[str],
    down: Sequence[str],
    cells: Sequence[Values],
    *,
    measure: str,
    theme: str,
    texts: Sequence[Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Draw a heat map, first row on top; a missing cell stays empty."""
    layout = base_layout(theme, legend=False, hovermode="closest")
    layout["yaxis"] = {
        **layout["yaxis"],
        "autorange": "reversed",
        "showgrid": False,
        "title": None,
        "rangemode": "normal",
        "type": "category",
    }
    layout["xaxis"] = {**layout["xaxis"], "type": "category", "nticks": 12}
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x": list(across),
        "y": list(down),
        "z": [list(row) for row in cells],
        "colorscale": _scale(theme),
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "colorbar": {
            "title": {"text": measure, "font": {"size": 11}},
            "thickness": 10,
            "outlinewidth": 0,
            "tickfont": {"size": 10},
        },
        "hovertemplate": "%{y} %{x}<br>%{z:,.4~r} " + measure + "<extra></extra>",
    }
    if texts is not None:
        trace |= {"text": [list(row) for row in texts], "hovertemplate": "%{text}<extra></extra>"}
    return {"data": [trace], "layout": layout}
