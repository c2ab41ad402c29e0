"""A waterfall: from last year's use over what changed it to this year's; signs and words carry it, not colour alone."""

from collections.abc import Sequence
from itertools import accumulate
from textwrap import wrap
from typing import Any

from dashboard.components.charts import base_layout
from dashboard.components.look import INK

WIDEST = 18  # letters of a label on a line
BESIDE = 0.34  # of the longest bar: room for the figures beside the bars


def waterfall(labels: Sequence[str], values: Sequence[float], texts: Sequence[str], *, theme: str) -> dict[str, Any]:
    """Draw from top to bottom the first value whole, each step from where the last ended, the last value whole.

    Plain bars lying down and a line between them, so that words and figures have room on a phone too.
    """
    ink = INK[theme]
    names = ["<br>".join(wrap(label, WIDEST)) for label in labels]
    steps = list(values[1:-1])
    levels = list(accumulate(steps, initial=values[0])) if values else []
    rising, falling, whole = ink["second"], ink["main"], ink["text"]
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": list(values),
        "base": [0.0, *levels[:-1], 0.0],
        "marker": {"color": [whole, *(rising if step > 0 else falling for step in steps), whole]},
        "hoverinfo": "skip",
    }
    ends = [max(level, level - step, 0.0) for level, step in zip(levels, [0.0, *steps], strict=True)]
    ends.append(max(values[-1], 0.0))
    figures = {
        "type": "scatter",
        "mode": "text",
        "y": names,
        "x": ends,
        "text": [f" {text}" for text in texts],
        "textposition": "middle right",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    up: list[str | None] = []
    across: list[float | None] = []
    for index, level in enumerate(levels):
        up += [names[index], names[index + 1], None]
        across += [level, level, None]
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": across,
        "y": up,
        "line": {"color": ink["second"], "width": 1},
        "hoverinfo": "skip",
    }
    layout = base_layout(theme, legend=False, hovermode="closest")
    least, most = min(0.0, *levels, values[-1]), max(0.0, *ends)
    layout["yaxis"] |= {"autorange": "reversed", "type": "category", "tickformat": "", "showgrid": False}
    layout["yaxis"] |= {"ticksuffix": " ", "title": None, "rangemode": "normal"}
    layout["xaxis"] |= {"range": [least, most + BESIDE * (most - least)], "showticklabels": False}
    return {"data": [line, bars, figures], "layout": layout}
