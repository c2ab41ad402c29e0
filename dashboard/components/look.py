"""Colours, theme and signs, in one place."""

from typing import Any

from dash import html
from dash.development.base_component import Component

FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui, -apple-system, "Segoe UI", sans-serif'
THEME: dict[str, Any] = {
    "fontFamily": FONT,
    "primaryColor": "teal",
    "defaultRadius": "md",
    "headings": {"fontFamily": FONT},
}

# What a chart takes from the theme; text and lines have enough contrast on the panel in both.
INK: dict[str, dict[str, str]] = {
    "light": {
        "text": "#33413e",
        "grid": "#e3e9e7",
        "main": "#0b7a75",
        "second": "#8a9995",
        "warn": "#a15c00",
        "bad": "#b42318",
        "band": "rgba(11,122,117,.16)",
    },
    "dark": {
        "text": "#d3dedb",
        "grid": "#33403d",
        "main": "#45b8ae",
        "second": "#8fa09b",
        "warn": "#f0b24a",
        "bad": "#ff8f84",
        "band": "rgba(69,184,174,.22)",
    },
}
RESOURCE_ICONS = {"electricity": "bolt", "water": "drop", "paper": "sheet"}


def icon(name: str) -> Component:
    """Give a small drawing in the colour of the text; it says nothing by itself, so it is hidden from readers aloud."""
    return html.I(className=f"icon i-{name}", **{"aria-hidden": "true"})


def resource_icon(code: str) -> Component:
    """Give the drawing of a resource; a resource without one of its own has a gauge."""
    return icon(RESOURCE_ICONS.get(code, "gauge"))
