"""The card of a resource: used, target, pace, forecast, coverage, and how it stands."""

from fractions import Fraction

from dash import html
from dash.development.base_component import Component

from dashboard.components import status
from dashboard.components.look import resource_icon
from dashboard.context import Context
from monitor import i18n
from monitor.domain.amounts import PPM, Amount
from monitor.domain.indicators import Indicator, per
from monitor.domain.periods import from_day
from monitor.domain.resources import from_quantity, resource
from monitor.domain.targets import Kind, Status, TargetProgress, TargetTerms
from monitor.i18n import N_
from monitor.queries.scope import name
from monitor.queries.targets import Judged

USED, TARGET, PACE = N_("Used so far"), N_("Allowance of the year"), N_("Pace")
ALLOWED, FORECAST, COVERAGE = N_("Allowed by now"), N_("Forecast for the year"), N_("Coverage")
RUNS_OUT, A_DAY, ESTIMATED = N_("Used up on"), N_("Left per day"), N_("Estimated")
RANGE = N_("{low} to {high}")
INDICATORS = {
    Indicator.TOTAL: N_("Total use"),
    Indicator.PER_PERSON: N_("Use per person"),
    Indicator.PER_M2: N_("Use per m²"),
}
GOAL, CAP = N_("{indicator}: {reduction} against {year}"), N_("{indicator}: at most {cap}")
INTENSITIES = {
    "used": N_("Used so far, {per}"),
    "allowed": N_("Allowed by now, {per}"),
    "allowance": N_("Allowance of the year, {per}"),
    "forecast": N_("Forecast, {per}"),
}
PER = {Indicator.PER_PERSON: N_("per person"), Indicator.PER_M2: N_("per m²")}


def goal(progress: TargetProgress, code: str, language: str) -> str:
    """Say what was promised: indicator, and a reduction against the baseline year or a cap."""
    return promise(progress.terms, code, language)


def promise(terms: TargetTerms, code: str, language: str) -> str:
    """Say the terms of a target of a resource in one line."""
    indicator = Indicator(terms.indicator)
    named = i18n.translate(INDICATORS[indicator], language)
    if terms.kind is Kind.CAP:
        total = indicator is Indicator.TOTAL
        cap = None if terms.cap is None else Fraction(terms.cap)
        amount = i18n.quantity(terms.cap, code, language) if total else intensity(cap, code, indicator, language)
        return i18n.translate(CAP, language, indicator=named, cap=amount)
    cut = i18n.percent(-terms.reduction / PPM, language, sign=True)
    return i18n.translate(GOAL, language, indicator=named, reduction=cut, year=terms.baseline_year)


def intensity(value: Fraction | None, code: str, indicator: Indicator, language: str) -> str:
    """Write thousandths of the base measure per person or m² in the display measure: `812.50 kWh/person`."""
    if value is None:
        return i18n.MISSING
    whose = i18n.translate(N_("person"), language) if indicator is Indicator.PER_PERSON else "m²"
    shown = i18n.number(value * from_quantity(1, code), language, 2)
    return f"{shown} {i18n.measure_name(code, language)}/{whose}"


def intensities(context: Context, code: str, progress: TargetProgress) -> list[tuple[str, str]]:
    """Give the lines of a target per person or m²: used, allowed, allowance, forecast; none for a total."""
    indicator = Indicator(progress.terms.indicator)
    if indicator is Indicator.TOTAL:
        return []
    values = {
        "used": progress.used.quantity,
        "allowed": progress.allowed,
        "allowance": progress.allowance,
        "forecast": progress.forecast,
    }
    named = context.say(PER[indicator])
    return [
        (
            context.say(label, per=named),
            intensity(per(values[key], progress.denominator), code, indicator, context.language),
        )
        for key, label in INTENSITIES.items()
    ]


def resource_card(
    context: Context, code: str, judged: Judged | None, amount: Amount, *, href: str, how: Component
) -> Component:
    """Draw the card of a resource of a unit; without a target it shows use and coverage alone."""
    language, progress = context.language, judged.progress if judged else None
    row = resource(code)
    title = html.H2([resource_icon(code), html.A(name_of(row, language), href=href)])
    top = html.Header([title, status.badge(progress, language)])
    measure = i18n.measure_name(code, language)
    used = html.P([i18n.quantity(amount.quantity, code, language, measure=False), html.Small(measure)], className="big")
    parts: list[Component] = [top, html.Div(context.say(USED), className="facts"), used]
    if progress is not None:
        parts += [*pace_bar(progress), html.Small(goal(progress, code, language), className="barnote")]
    parts.append(
        html.Dl(
            [
                item
                for label, value in figures(context, code, progress, amount)
                for item in (html.Dt(label), html.Dd(value))
            ]
        )
    )
    why = status.reasons(progress, language)
    return html.Section(
        [*parts, html.P(why, className="reason") if why else None, html.P(how, className="barnote")],
        className="panel card span-4",
        **{"aria-label": name_of(row, language)},
    )


def name_of(row: object, language: str) -> str:
    """Name a resource in the reader's language."""
    return str(getattr(row, language))


def figures(context: Context, code: str, progress: TargetProgress | None, amount: Amount) -> list[tuple[str, str]]:
    """Give the card's lines: label and formatted figure; what is unknown is a dash."""
    language = context.language

    def quantity(value: int | None) -> str:
        return i18n.quantity(value, code, language)

    lines: list[tuple[str, str]] = []
    if progress is not None:
        lines += [
            (context.say(ALLOWED), quantity(progress.allowed)),
            (context.say(PACE), i18n.percent(status.pace(progress), language)),
            (context.say(TARGET), quantity(progress.allowance)),
            (context.say(FORECAST), quantity(progress.forecast)),
        ]
        if progress.forecast_low is not None and progress.forecast_high is not None:
            both = {
                side: i18n.quantity(value, code, language, measure=False)
                for side, value in (("low", progress.forecast_low), ("high", progress.forecast_high))
            }
            lines.append(("", context.say(RANGE, **both)))
        if not progress.closed and progress.status is not Status.NOT_JUDGED:
            lines.append((context.say(A_DAY), quantity(progress.remaining_per_day)))
        if progress.runs_out is not None:
            lines.append((context.say(RUNS_OUT), i18n.day(from_day(progress.runs_out), language)))
        lines += intensities(context, code, progress)
    lines.append((context.say(COVERAGE), i18n.coverage(amount.coverage if amount.expected else None, language)))
    if amount.estimated:
        lines.append((context.say(ESTIMATED), i18n.percent(amount.estimated_share, language)))
    return lines


def pace_bar(progress: TargetProgress) -> list[Component]:
    """Draw the part of the year's allowance that is used, with a mark where the target allows to be by now."""
    used, allowance = progress.used.quantity, progress.allowance
    if used is None or not allowance:
        return []
    tone = status.look(progress).tone
    children: list[Component] = [
        html.I(className=tone, style={"width": f"{min(100.0, max(0.0, 100 * used / allowance)):.1f}%"})
    ]
    if progress.allowed is not None:
        children.append(html.B(style={"left": f"{min(99.5, max(0.0, 100 * progress.allowed / allowance)):.1f}%"}))
    return [html.Div(children, className="bar", **{"aria-hidden": "true"})]


def worst(context: Context, rows: list[Judged], address: object) -> Component:
    """List units that need somebody: name, resource, status, pace and reason."""
    language = context.language
    items = []
    for row in rows:
        why = status.reasons(row.progress, language)
        link = html.A(name(row.unit, language), href=address(row))  # type: ignore[operator]
        line = [link, " · ", name_of(resource(row.resource), language), " ", status.badge(row.progress, language)]
        items.append(
            html.Li(
                [
                    html.Div(line),
                    html.P(sentence(context, row), className="reason"),
                    html.P(why, className="reason") if why else None,
                ]
            )
        )
    return html.Ul(items, className="worst")


OVER = N_("Used {used} where {allowed} is allowed by now: {pace} of the pace. {left} of the year's allowance is left.")
EXCEEDED = N_(
    "Used {used} where {allowed} is allowed by now: {pace} of the pace. The year's allowance is exceeded by {left}."
)


def sentence(context: Context, row: Judged) -> str:
    """Say in one sentence how far a unit is from its target."""
    progress, language = row.progress, context.language
    over = progress.remaining is not None and progress.remaining < 0
    return context.say(
        EXCEEDED if over else OVER,
        used=i18n.quantity(progress.used.quantity, row.resource, language),
        allowed=i18n.quantity(progress.allowed, row.resource, language),
        pace=i18n.percent(progress.pace, language),
        left=i18n.quantity(None if progress.remaining is None else abs(progress.remaining), row.resource, language),
    )
