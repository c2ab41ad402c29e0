"""Quotas as people read them: the word for where a unit stands, one line, the tables of what was declared, how it was judged."""

import re
from fractions import Fraction
from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components.cards import INDICATORS, intensity
from dashboard.components.layout import period
from dashboard.components.status import Look
from dashboard.components.tables import Column, Table
from dashboard.context import Context
from monitor import i18n
from monitor.domain.indicators import Indicator
from monitor.domain.periods import from_day, year_days
from monitor.domain.quotas import Band, Standing
from monitor.domain.resources import from_quantity
from monitor.i18n import N_
from monitor.queries import quotas
from monitor.queries.quotas import Declared, Judgement, Quota
from monitor.reports.words import DENOMINATOR

LOOKS = {
    Standing.RECTIFY: Look("▲", N_("To be rectified"), "bad", 0),
    Standing.BEYOND: Look("◆", N_("Above the quota's values"), "warn", 1),
    Standing.NOT_JUDGED: Look("?", N_("Not judged"), "none", 2),
    Standing.COMPLIANT: Look("◇", N_("Compliant"), "good", 3),
    Standing.REASONABLE: Look("●", N_("Reasonable"), "good", 4),
    Standing.ADVANCED: Look("★", N_("Advanced"), "good", 5),
}
VALUES = {
    "guidance": N_("Guidance value"),
    "reference": N_("Reference value"),
    "constraint": N_("Constraint value"),
}
RULE = N_(
    "★ at most the guidance value: advanced. ● at most the reference value: reasonable. ◇ at most the constraint value: compliant. ▲ above it: to be rectified. ? below the least coverage: not judged."
)
QUOTA, SOURCE, YEARS, JUDGED = N_("Quota"), N_("Where it comes from"), N_("Years"), N_("Judgement")
FROM_ON, ABOVE = N_("from {first}"), N_("from a unit above")
HELD = N_("Held against the quota of {year}: {span}.")
DIVIDED = N_("{used} ÷ coverage {share} ÷ {count} ({kind}) = {value}")
STILL = N_("The year is not over: a quota is for twelve months, so the last twelve whole months stand for it.")
NONE_KNOWN = N_("No quota is declared for this unit and year.")
IN_FORCE, REPLACED, TAKEN = N_("in force"), N_("replaced"), N_("withdrawn")


def badge(here: Context, standing: Standing) -> Component:
    """Draw where a unit stands as a pill with sign and word; colour is never the only sign."""
    seen = LOOKS[standing]
    sign = html.Span(seen.sign, **{"aria-hidden": "true"})
    return html.Span([sign, html.Span(here.say(seen.word))], className=f"status {seen.tone}")


def word(here: Context, standing: Standing) -> str:
    """Say where a unit stands, with its sign."""
    return f"{LOOKS[standing].sign} {here.say(LOOKS[standing].word)}"


def reasons(here: Context, judged: Judgement) -> str:
    """Say why a unit is not judged."""
    return " ".join(here.say(one.template, **one.data) for one in judged.reasons)


def band_said(here: Context, quota: Quota) -> str:
    """Say the values of a band, the smallest first, with their measure."""
    parts = [f"{here.say(VALUES[name])} {_number(here, quota.resource, value)}" for name, value in quota.band.named]
    comma = "，" if here.language == "zh" else ", "
    return f"{comma.join(parts)} {_measure(here, quota)}"


def _number(here: Context, code: str, value: int) -> str:
    return i18n.number(Fraction(value) * from_quantity(1, code), here.language, 2)


def _measure(here: Context, quota: Quota) -> str:
    per = here.say(N_("person")) if quota.indicator is Indicator.PER_PERSON else "m²"
    return f"{i18n.measure_name(quota.resource, here.language)}/{per}"


def line(here: Context, judged: Judgement) -> Component:
    """Say in one line where a unit stands: the word, its figure, the band, the months, the source; why it is not judged."""
    quota = judged.quota
    figure = intensity(judged.figure.value, quota.resource, quota.indicator, here.language)
    said = [here.say(INDICATORS[quota.indicator]), figure, band_said(here, quota), quota.source]
    why = reasons(here, judged)
    return html.P(
        [
            badge(here, judged.standing),
            " ",
            " · ".join([*said, period(here, judged.start, judged.end), *([why] if why else [])]),
        ],
        className="reason",
    )


def mark(year: int) -> str:
    """Name the button that opens a judgement against the quota of a year, for `explained`."""
    return f"quota{year}"


def explained(
    session: Session, here: Context, whose: tuple[int, str], span: tuple[int, int], where: str = ""
) -> list[Component]:
    """Open the judgement of twelve months of a unit and resource: what was divided by what, the band, its source.

    Nothing for other days. `where` may name the quota's year (see `mark`), else it is the year of the last day.
    """
    named = where.removeprefix("quota")
    year = (
        int(named)
        if where.startswith("quota") and re.fullmatch(r"\d{4}", named, re.ASCII)
        else from_day(span[1] - 1).year
    )
    found = [
        one
        for one in quotas.standing(session, here.actor, *whose, year, as_of=span[1] - 1)
        if (one.start, one.end) == span
    ]
    if not found:
        return []
    lines: list[Component] = [html.H3(here.say(QUOTA)), html.P(here.say(RULE), className="reason")]
    for one in found:
        lines += [html.P(_division(here, one)), line(here, one)]
    return lines


def _division(here: Context, judged: Judgement) -> str:
    """Say the division behind a judged figure."""
    figure, quota = judged.figure, judged.quota
    kind = DENOMINATOR.get(figure.kind, INDICATORS[quota.indicator])
    count = i18n.MISSING if figure.denominator is None else i18n.number(figure.denominator, here.language, 1)
    return here.say(
        DIVIDED,
        used=i18n.quantity(figure.used.quantity, quota.resource, here.language),
        share=i18n.coverage(figure.used.coverage if figure.used.expected else None, here.language),
        count=count,
        kind=here.say(kind),
        value=intensity(figure.value, quota.resource, quota.indicator, here.language),
    )


# ---------------------------------------------------------------- tables


def years(here: Context, quota: Quota) -> str:
    """Say for which years a quota was declared."""
    if quota.year_to is None:
        return here.say(FROM_ON, first=quota.year_from)
    return str(quota.year_from) if quota.year_to == quota.year_from else f"{quota.year_from}–{quota.year_to}"


def values(quota: Quota) -> tuple[Fraction | None, ...]:
    """Give guidance, reference and constraint in the display measure per person or m²."""
    band: Band = quota.band
    given = (band.guidance, band.reference, band.constraint)
    return tuple(None if one is None else Fraction(one) * from_quantity(1, quota.resource) for one in given)


def value_columns(here: Context, measure: str) -> tuple[Column, ...]:
    """Give the columns of the three values."""
    return tuple(Column(f"{here.say(name)} ({measure})", "number", digits=2) for name in VALUES.values())


def declared_table(here: Context, found: Declared, code: str) -> Table:
    """Give what is in force and all that was declared on the unit: per what, values, years, source, state, who and when, why."""
    say = here.say
    columns = (
        Column(say(N_("Indicator"))),
        *value_columns(here, i18n.measure_name(code, here.language)),
        Column(say(YEARS)),
        Column(say(SOURCE)),
        Column(say(N_("State"))),
        Column(say(N_("Declared by"))),
        Column(say(N_("Declared on")), "moment"),
        Column(say(N_("Remark"))),
    )
    inherited = [one for one in found.in_force.values() if not one.own]
    return Table(columns, [_row(here, one) for one in (*inherited, *found.history)])


def _row(here: Context, quota: Quota) -> tuple[Any, ...]:
    ended = here.say(TAKEN if quota.withdrawn_by else REPLACED)
    state = here.say(IN_FORCE) if quota.withdrawn_at is None else ended
    where = "" if quota.own else f" · {here.say(ABOVE)}"
    why = (
        [f"{quota.withdrawn_by}: {quota.reason}" if quota.reason else quota.withdrawn_by] if quota.withdrawn_by else []
    )
    return (
        here.say(INDICATORS[quota.indicator]),
        *values(quota),
        years(here, quota),
        quota.source,
        state + where,
        quota.actor if quota.own else "",
        here.local(quota.created_at),
        " · ".join([*([quota.note] if quota.note else []), *why]),
    )


def held(here: Context, year: int, start: int, end: int) -> str:
    """Say which days are held against the quota of which year."""
    calendar = (start, end) == year_days(year)
    said = here.say(HELD, year=year, span=period(here, start, end))
    return said if calendar else f"{said}{'' if here.language == 'zh' else ' '}{here.say(STILL)}"
