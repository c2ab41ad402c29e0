"""A report's data as one self-contained HTML page: styles and drawings inside, nothing to fetch, every text escaped."""

import hashlib
from datetime import datetime
from fractions import Fraction
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor import i18n
from monitor.domain.resources import RESOURCES
from monitor.i18n import N_, translate
from monitor.reports import charts, commentary, words
from monitor.reports.numbers import Data, canonical, fraction

CHINESE_NUMBERS = "一二三四五六七八九十"
COLOURS = {
    "on_track": "#2e7d4f", "met": "#2e7d4f", "at_risk": "#b7791f", "behind": "#b3372f", "missed": "#b3372f",
    "used_up": "#7f1d1d", "not_judged": "#6b7785",
}  # fmt: skip


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("monitor.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(data: Data, language: str, *, version: int = 0, made_at: datetime | None = None) -> bytes:
    """Render a report as UTF-8 HTML; the same data, language, version and moment give the same bytes.

    `made_at` is shown in the zone that it carries. Version 0 is a draft that is not in the archive.
    """
    fingerprint = hashlib.sha256(canonical(data).encode()).hexdigest()
    template = _environment().get_template("monthly.html.j2")
    page = template.render(
        data=data, language=language, version=version, made_at=made_at, fingerprint=fingerprint, **helpers(language)
    )
    return page.encode()


def helpers(language: str) -> dict[str, Any]:
    """Give the template its words and formats in a language; all figures go through `monitor.i18n`."""
    comma, semicolon, colon = ("、", "；", "：") if language == "zh" else (", ", "; ", ": ")
    return {
        "comma": comma,
        "semicolon": semicolon,
        "colon": colon,
        "t": lambda sentence, **fields: translate(sentence, language, **fields),
        "q": partial(_quantity, language=language),
        "bare": partial(_quantity, language=language, measure=False),
        "pct": partial(commentary.percent, language=language),
        "change": partial(commentary.percent, language=language, sign=True),
        "covered": partial(commentary.covered, language=language),
        "ppm": lambda value: i18n.percent(Fraction(value, 1_000_000), language),
        "day": partial(commentary.day, language=language),
        "moment": lambda value: i18n.moment(value, language),
        "month_name": lambda year, month: i18n.month(year, month, language),
        "short_month": lambda month: f"{month}月" if language == "zh" else _SHORT[month - 1],
        "name": partial(words.name, language=language),
        "resource_name": partial(commentary.resource_name, language=language),
        "measure": partial(i18n.measure_name, language=language),
        "status": partial(words.status, language=language),
        "changed_figure": partial(words.changed, language=language),
        "colour": COLOURS.__getitem__,
        "word": lambda table, code: words.word(_TABLES[table], code, language),
        "per": partial(_intensity, language=language),
        "fact": partial(_fact, language=language),
        "promise": partial(commentary.promise, language=language),
        "intensity": partial(commentary.per, language=language),
        "headline": partial(commentary.headline, language=language),
        "sentences": partial(commentary.sentences, language=language),
        "reasons": partial(commentary.reason_texts, language=language),
        "months_chart": partial(_months, language=language),
        "target_chart": partial(_bullet, language=language),
        "count": lambda value: i18n.number(value, language),
        "section": lambda number: f"{CHINESE_NUMBERS[number - 1]}、" if language == "zh" else f"{number}. ",
        "share": lambda part, whole: i18n.percent(Fraction(part, whole) if whole else None, language),
    }


_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TABLES = {
    "indicator": words.INDICATOR,
    "denominator": words.DENOMINATOR,
    "purpose": words.PURPOSE,
    "basis": words.BASIS,
}


def _quantity(value: int | None, code: str, language: str, *, measure: bool = True) -> str:
    return i18n.quantity(value, code, language, measure=measure)


def _intensity(pair: list[int] | None, code: str, kind: str, language: str) -> str:
    """Format thousandths of the base measure per person or m² in the display measure."""
    return commentary.per(pair, code, "area" if kind in words.AREAS else "person", language)


def _fact(row: Data, language: str) -> str:
    of = "m²" if row["kind"] in words.AREAS else translate(N_("persons"), language)
    return f"{i18n.number(Fraction(row['value'], 1000), language)} {of}"


def _months(section: Data, year: int, language: str) -> Markup:
    code, rows = section["resource"], section["months"]
    known = [row[when]["quantity"] for row in rows for when in ("now", "before") if row[when]["quantity"] is not None]
    step = int(1000 * RESOURCES[code].measure(RESOURCES[code].display).factor)
    top = charts.nice_ceiling(max([*known, 1]) // step + 1) * step
    bars = [
        charts.Bar(
            str(row["month"]) if language == "zh" else _SHORT[row["month"] - 1],
            row["now"]["quantity"],
            row["before"]["quantity"],
            row["now"]["coverage"] is not None and (fraction(row["now"]["coverage"]) or 0) >= Fraction(95, 100),
        )
        for row in rows
    ]
    title = translate(
        N_("{resource} by month, {year} beside {before}, {measure}"), language,
        resource=commentary.resource_name(code, language), year=year, before=year - 1, measure=i18n.measure_name(code, language),
    )  # fmt: skip
    return charts.months(title, bars, i18n.quantity(top, code, language, measure=False), top)


def _bullet(target: Data, code: str, language: str) -> Markup:
    def label(sentence: str, value: int) -> str:
        return f"{translate(sentence, language)} {i18n.quantity(value, code, language)}"

    marks = []
    if target["allowed"] is not None and not target["closed"]:
        marks.append(charts.Mark(target["allowed"], label(N_("Allowed by now"), target["allowed"]), dashed=True))
    if target["allowance"] is not None:
        marks.append(charts.Mark(target["allowance"], label(N_("Allowance of the year"), target["allowance"])))
    judged = target["status"] != "not_judged"  # what was not measured must not look like a saving
    low, high = target["forecast_low"], target["forecast_high"]
    span = (low, high) if low is not None and high is not None and not target["closed"] and judged else None
    title = translate(N_("Use against the target"), language)
    return charts.bullet(title, target["used"]["quantity"] or 0, marks, span, colour=COLOURS[target["status"]])
