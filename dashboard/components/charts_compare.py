"""Charts that put units beside each other, as plain dictionaries from numbers already in the display measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.components.charts import base_layout
from dashboard.components.look import INK


@dataclass(frozen=True, slots=True)
class Held:
    """What quotas say of each bar: the word with its sign and its tone, and for each value its name and where it lies (None: nowhere)."""

    words: Sequence[str]
    tones: Sequence[str]
    limits: Sequence[tuple[str, Sequence[float | None]]]


DASHES = ("dot", "longdashdot", "solid")  # guidance, reference, constraint: told apart without colour
LONGEST = 28  # signs of a name beside its bar
INKS = {"good": "main", "warn": "warn", "bad": "bad", "none": "second"}


def ranking(
    names: Sequence[str],
    values: Sequence[float],
    *,
    median: float | None,
    words: tuple[str, str],
    measure: str,
    theme: str,
    signed: bool = False,
    held: Held | None = None,
) -> dict[str, Any]:
    """Draw one bar a unit, the first at the top, with the median as a dashed line; `words` are (value, median).

    `signed`: the value is a distance to a promise, so bars above zero, worse than promised, have the colour of warning.
    With `held` each bar has the colour of its judgement (its sign belongs to the name), and each value of the quotas is a line
    that steps with the unit.
    """
    ink = INK[theme]
    colours = [ink["warn"] if signed and value > 0 else ink["main"] for value in values]
    if held is not None:
        colours = [ink[INKS[tone]] for tone in held.tones]
    bars: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "y": list(names),
        "x": list(values),
        "name": words[0],
        "marker": {"color": colours},
        "hovertemplate": "%{y}<br>%{x:,.4~g} " + measure + "<extra></extra>",
    }
    if held is not None:
        bars |= {"customdata": list(held.words), "showlegend": False}
        bars["hovertemplate"] = "%{y}<br>%{customdata}<br>%{x:,.4~g} " + measure + "<extra></extra>"
    layout = base_layout(theme, legend=held is not None, hovermode="closest")
    layout["yaxis"] |= {
        "autorange": "reversed",
        "tickformat": "",
        "type": "category",
        "showgrid": False,
        "ticksuffix": " ",
        "tickmode": "array",
        "tickvals": list(names),
        "ticktext": [_short(name) for name in names],
    }
    layout["xaxis"] |= {
        "title": {"text": measure, "font": {"size": 11}},
        "showgrid": True,
        "tickformat": ",~r",
        "zeroline": signed,
    }
    if median is not None:
        _mark(layout, median, words[1], ink["second"])
    if held is None:
        return {"data": [bars], "layout": layout}
    layout["margin"] |= {"t": 46}
    rows = [len(names) - 0.5, -0.5]
    layout["yaxis"] |= {"autorange": False, "range": rows}
    layout["yaxis2"] = {"overlaying": "y", "range": rows, "visible": False, "fixedrange": True}
    layout["legend"] |= {"y": 1, "yref": "container", "yanchor": "top"}
    return {"data": [bars, *_limits(names, held, measure, theme)], "layout": layout}


def _short(name: str) -> str:
    """Cut a long name, so that a phone has room for its bar; a sign behind it stays, and the whole name is in the table."""
    word, gap, sign = name.rpartition(" ")
    whole, end = (word, gap + sign) if len(sign) == 1 else (name, "")
    return (whole if len(whole) <= LONGEST else whole[: LONGEST - 1].rstrip() + "…") + end


def _mark(layout: dict[str, Any], median: float, word: str, colour: str) -> None:
    """Draw the median as a dashed line with its name above."""
    line = {"color": colour, "dash": "dash", "width": 2}
    layout["shapes"] = [{"type": "line", "x0": median, "x1": median, "yref": "paper", "y0": 0, "y1": 1, "line": line}]
    note = {"x": median, "yref": "paper", "y": 1, "yanchor": "bottom", "text": word, "showarrow": False}
    layout["annotations"] = [note | {"font": {"size": 11}}]
    layout["margin"] |= {"t": 24}


def _limits(names: Sequence[str], held: Held, measure: str, theme: str) -> list[dict[str, Any]]:
    """Draw each value of the quotas as an upright line through the rows that it holds for."""
    number = range(len(names))
    found = []
    for (label, places), dash in zip(held.limits, DASHES, strict=True):
        x: list[float | None] = []
        y: list[float | None] = []
        for at in number:
            if (place := places[at]) is not None:
                joined = at > 0 and places[at - 1] == place
                x += [place, place] if joined else [None, place, place]
                y += [at - 0.5, at + 0.5] if joined else [None, at - 0.5, at + 0.5]
        if x:
            found.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": x,
                    "y": y,
                    "yaxis": "y2",
                    "name": label,
                    "line": {"color": INK[theme]["text"], "dash": dash, "width": 2},
                    "hovertemplate": label + "<br>%{x:,.4~g} " + measure + "<extra></extra>",
                }
            )
    return found


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
