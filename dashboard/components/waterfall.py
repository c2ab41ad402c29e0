"""A waterfall: from last year's use over what changed it to this year's; signs and words carry it, not colour alone."""

from collections.abc import Sequence
from typing import Any

from dashboard.components.charts import base_layout
from dashboard.components.look import INK


def waterfall(
    labels: Sequence[str], values: Sequence[float], texts: Sequence[str], *, measure: str, theme: str
) -> dict[str, Any]:
    """Draw the first value whole, the steps after it from where the last ended, and the last value whole."""
    ink = INK[theme]
    trace = {
        "type": "waterfall",
        "x": list(labels),
        "y": list(values),
        "measure": ["absolute", *["relative"] * (len(values) - 2), "total"],
        "text": list(texts),
        "textposition": "outside",
        "cliponaxis": False,
        "connector": {"line": {"color": ink["grid"], "width": 1}},
        "increasing": {"marker": {"color": ink["second"]}},
        "decreasing": {"marker": {"color": ink["main"]}},
        "totals": {"marker": {"color": ink["text"]}},
        "hoverinfo": "x+text",
    }
    return {
        "data": [trace],
        "layout": base_layout(theme, measure=measure, legend=False, margin={"l": 8, "r": 8, "t": 28, "b": 8}),
    }
