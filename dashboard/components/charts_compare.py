"""Charts that put units beside each other, as plain dictionaries from numbers already in the display measure."""

from collections.abc import Sequence
from typing import Any

from dashboard.components.charts import base_layout
from dashboard.components.look import INK


def ranking(
    names: Sequence[str],
    values: Sequence[float],
    *,
    median: float | None,
    words: tuple[str, str],
    measure: str,
    theme: str,
    signed: bool = False,
) -> dict[str, Any]:
    """Draw one bar a unit, the first at the top, with the median as a dashed line; `words` are (value, median).

    `signed`: the value is a distance to a promise, so bars above zero, worse than promised, have the colour of warning.
    """
    ink = INK[theme]
    colours = [ink["warn"] if signed and value > 0 else ink["main"] for value in values]
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": list(names),
        "x": list(values),
        "name": words[0],
        "marker": {"color": colours},
        "hovertemplate": "%{y}<br>%{x:,.4~g} " + measure + "<extra></extra>",
    }
    layout = base_layout(theme, legend=False, hovermode="closest")
    layout["yaxis"] |= {
        "autorange": "reversed",
        "tickformat": "",
        "type": "category",
        "showgrid": False,
        "ticksuffix": " ",
    }
    layout["xaxis"] |= {
        "title": {"text": measure, "font": {"size": 11}},
        "showgrid": True,
        "tickformat": ",~r",
        "zeroline": signed,
    }
    if median is not None:
        line = {"color": ink["second"], "dash": "dash", "width": 2}
        layout["shapes"] = [
            {"type": "line", "x0": median, "x1": median, "yref": "paper", "y0": 0, "y1": 1, "line": line}
        ]
        layout["annotations"] = [
            {
                "x": median,
                "yref": "paper",
                "y": 1,
                "yanchor": "bottom",
                "text": words[1],
                "showarrow": False,
                "font": {"size": 11},
            }
        ]
        layout["margin"] |= {"t": 24}
    return {"data": [bars], "layout": layout}


def scatter(
    points: Sequence[tuple[str, float, float]],
    others: Sequence[tuple[str, float, float]],
    *,
    names: tuple[str, str],
    axes: tuple[str, str],
    theme: str,
) -> dict[str, Any]:
    """Draw units as (name, across, up): filled where enough was measured, hollow where not."""
    ink = INK[theme]
    kinds = ((points, names[0], "circle", ink["main"]), (others, names[1], "circle-open", ink["second"]))
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [x for _, x, _ in found],
            "y": [y for _, _, y in found],
            "text": [name for name, _, _ in found],
            "name": label,
            "marker": {"symbol": symbol, "color": colour, "size": 9},
            "hovertemplate": "%{text}<br>%{x:,.0f} · %{y:,.0f}<extra></extra>",
        }
        for found, label, symbol, colour in kinds
        if found
    ]
    layout = base_layout(theme, measure=axes[1], hovermode="closest")
    layout["xaxis"] |= {"title": {"text": axes[0], "font": {"size": 11}}, "rangemode": "tozero", "tickformat": ",~r"}
    return {"data": data, "layout": layout}
