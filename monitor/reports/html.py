"""A report as one self-contained HTML page: styles and drawings inside, nothing to fetch, every text escaped."""

from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from monitor.reports import charts
from monitor.reports.blocks import Block
from monitor.reports.document import document
from monitor.reports.numbers import Data

FORMAT, MIME = "html", "text/html"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("monitor.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def render(data: Data, language: str, *, version: int = 0, made_at: datetime | None = None) -> bytes:
    """Render a report as UTF-8 HTML; the same data, language, version and moment give the same bytes.

    `made_at` is shown in the zone that it carries. Version 0 is a draft that is not in the archive.
    """
    page = document(data, language, version=version, made_at=made_at)
    return _template().render(page=page, drawing=_drawing).lstrip().encode()


def _drawing(block: Block) -> Markup:
    if block["kind"] == "months":
        bars = [charts.Bar(**one) for one in block["bars"]]
        return charts.months(block["title"], bars, block["top_label"], block["top"])
    marks = [charts.Mark(**one) for one in block["marks"]]
    span = tuple(block["span"]) if block["span"] else None
    return charts.bullet(block["title"], block["used"], marks, span, colour=block["colour"])
