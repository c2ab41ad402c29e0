"""A waterfall: from last year's use over what changed it to this year's; signs and words carry it, not colour alone."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from dashboard.components.charts import base_layout
from dashboard.components.look import INK


def waterfall(
    labels: Sequence[str], values: Sequence[float], texts: Sequence[str], *, measure: str, theme: str
) -> dict[str, Any]:
    """Draw the first value whole, the steps after it from where the last ended, and the last value whole; plain bars and a line."""
    ink = INK[theme]
    steps = list(values[1:-1])
    levels = list(accumulate(steps, initial=values[0])) if values else []
    base = [0.0, *levels[:-1], 0.0]
    rising, falling, whole = ink["second"], ink["main"], ink["text"]
    colours = [whole, *(rising if step > 0 else falling for step in steps), whole]
    bars = {
        "type": "bar",
        "x": list(labels),
        "y": list(values),
        "base": base,
        "text": list(texts),
        "textposition": "outside",
        "cliponaxis": False,
        "constraintext": "none",
        "marker": {"color": colours},
        "hoverinfo": "x+text",
    }
    across: list[str | None] = []
    up: list[float | None] = []
    for index, level in enumerate(levels):
        across += [labels[index], labels[index + 1], None]
        up += [level, level, None]
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": across,
        "y": up,
        "line": {"color": ink["second"], "width": 1},
        "hoverinfo": "skip",
    }
    layout = base_layout(theme, measure=measure, legend=False, margin={"l": 8, "r": 8, "t": 28, "b": 8})
    layout["hovermode"] = "closest"
    return {"data": [line, bars], "layout": layout}
