"""The sentences of a report: headline and exceptions, each with amount, period and evidence, in the reader's language."""

from fractions import Fraction

from monitor import i18n
from monitor.domain.periods import from_day
from monitor.domain.resources import resource
from monitor.i18n import N_, translate
from monitor.reports.numbers import Data, fraction
from monitor.reports.words import BAD, INDICATOR, name, word

OVER = N_(
    "{resource}: {used} used up to {day}, {gap} ({share}) more than the target allows for these days; forecast for the year {forecast}, allowance {allowance}."
)
WITHIN = N_(
    "{resource}: {used} used up to {day}, {gap} ({share}) less than the target allows for these days; forecast for the year {forecast}, allowance {allowance}."
)
CLOSED_OVER = N_("{resource}: {used} used in the year, {gap} ({share}) more than the allowance of {allowance}.")
CLOSED_WITHIN = N_("{resource}: {used} used in the year, {gap} ({share}) less than the allowance of {allowance}.")
UNJUDGED = N_("{resource}: not judged. Known use up to {day}: {used}.")
NO_TARGET = N_("{resource}: {used} used up to {day}, {change} against the same days last year; no target is set.")
TARGET_OVER = N_(
    "From {start} to {end} {used} was used, {over} ({share}) more than the {allowed} that the target of −{reduction} against {baseline_year} allows for these days."
)
CAP_OVER = N_(
    "From {start} to {end} {used} was used, {over} ({share}) more than the {allowed} that the target of at most {cap} allows for these days."
)
REDUCED = N_("{indicator} −{reduction} against {baseline}")
AT_MOST = N_("{indicator} at most {cap}")
RUNS_OUT = N_("At this rate the year's allowance of {allowance} is used up on {day}.")
FORECAST = N_("Forecast for the year: {forecast}, allowance {allowance}.")
TARGET_RISK = N_(
    "From {start} to {end} {used} was used, within the {allowed} allowed for these days, but the forecast for the year reaches {high} and the allowance is {allowance}."
)
NOT_JUDGED = N_("Known use from {start} to {end}: {used}.")
RISE = N_(
    "From {start} to {end} {now} was used, {difference} ({change}) more than in the same days last year ({before})."
)
FALL = N_(
    "From {start} to {end} {now} was used, {difference} ({change}) less than in the same days last year ({before}). The data are complete; the saving should be confirmed on the spot."
)
SILENT = N_(
    "{count} meters gave no reading from {start} to {end}: {meters}. What they measure is missing from the figures and is not a saving."
)
ONE_SILENT = N_(
    "One meter gave no reading from {start} to {end}: {meters}. What it measures is missing from the figures and is not a saving."
)
DRIVER = N_("Largest rise in the month against last year: {meter} ({code}), {before} → {now} (+{rise}).")
COVERAGE = N_("Coverage {coverage}, estimated {estimated}.")


def day(value: int | None, language: str) -> str:
    """Format a day number."""
    return i18n.day(None if value is None else from_day(value), language)


def percent(pair: list[int] | None, language: str, *, sign: bool = False, digits: int = 1) -> str:
    """Format an exact ratio as percent."""
    return i18n.percent(fraction(pair), language, sign=sign, digits=digits)


def covered(pair: list[int] | None, language: str) -> str:
    """Format a coverage, cut off and never rounded up."""
    return i18n.coverage(fraction(pair), language)


def resource_name(code: str, language: str) -> str:
    """Name a resource."""
    row = resource(code)
    return row.zh if language == "zh" else row.en


def per(pair: list[int] | None, code: str, of: str, language: str) -> str:
    """Format an intensity (thousandths of the base measure per person or m²) in the display measure; `of` area or person."""
    value = fraction(pair)
    if value is None:
        return i18n.MISSING
    row = resource(code)
    shown = i18n.number(value / 1000 / row.measure(row.display).factor, language, 2)
    return f"{shown} {i18n.measure_name(code, language)}/{'m²' if of == 'area' else translate(N_('person'), language)}"


def cap(target: Data, code: str, language: str) -> str:
    """Format the limit of a cap: a quantity, or one per person or m²."""
    if target["indicator"] == "total":
        return i18n.quantity(target["cap"], code, language)
    of = "area" if target["indicator"] == "per_m2" else "person"
    return per(None if target["cap"] is None else [target["cap"], 1], code, of, language)


def promise(target: Data, code: str, language: str) -> str:
    """Say what was promised: so much less than in the baseline year, or at most so much."""
    fields = {"indicator": word(INDICATOR, target["indicator"], language)}
    if target.get("kind", "reduction") == "cap":
        return translate(AT_MOST, language, cap=cap(target, code, language), **fields)
    reduction = i18n.percent(Fraction(target["reduction"], 1_000_000), language)
    return translate(REDUCED, language, reduction=reduction, baseline=target["baseline_year"], **fields)


def _share(part: int, whole: int | None) -> Fraction | None:
    return Fraction(abs(part), whole) if whole else None


def headline(section: Data, as_of: int, language: str) -> list[str]:
    """Say in one sentence per target how a resource stands; without a target, how it compares with last year."""
    if not section["targets"]:
        year = section["year"]
        shown = i18n.quantity(year["now"]["quantity"], section["resource"], language)
        moved = percent(year["change"], language, sign=True)
        named = resource_name(section["resource"], language)
        return [translate(NO_TARGET, language, resource=named, used=shown, day=day(as_of, language), change=moved)]
    return [
        _standing(section["resource"], target, len(section["targets"]) > 1, language) for target in section["targets"]
    ]


def _standing(code: str, target: Data, several: bool, language: str) -> str:
    def shown(value: int | None) -> str:
        return i18n.quantity(value, code, language)

    used, limit = target["used"]["quantity"], target["allowance"] if target["closed"] else target["allowed"]
    named = resource_name(code, language)
    if several:
        named += f" ({word(INDICATOR, target['indicator'], language)})"
    fields = {
        "resource": named,
        "used": shown(used),
        "day": day(target["as_of"], language),
        "allowance": shown(target["allowance"]),
    }
    if target["status"] == "not_judged" or used is None or limit is None:
        known = translate(UNJUDGED, language, **fields)
        return ("" if language == "zh" else " ").join([known, *reason_texts(target["reasons"], language)])
    gap = used - limit
    fields |= {
        "gap": shown(abs(gap)),
        "share": i18n.percent(_share(gap, limit), language),
        "forecast": shown(target["forecast"]),
    }
    sentences = (CLOSED_OVER, CLOSED_WITHIN) if target["closed"] else (OVER, WITHIN)
    return translate(sentences[0 if gap > 0 else 1], language, **fields)


def sentences(item: Data, language: str) -> list[str]:
    """Say an exception in sentences: amount and period first, then what follows, then the evidence."""
    if "target" in item:
        said = _about_target(item, language)
    elif item["code"] == "silent":
        said = [_about_silence(item, language)]
    else:
        said = [_about_jump(item, language)]
    meter = item.get("meter")
    if meter:
        figures = {key: i18n.quantity(meter[key], item["resource"], language) for key in ("before", "now", "rise")}
        said.append(translate(DRIVER, language, meter=name(meter, language), code=meter["code"], **figures))
    return said


def _span(item: Data, language: str) -> dict[str, str]:
    return {"start": day(item["start"], language), "end": day(item["end"] - 1, language)}


def _about_target(item: Data, language: str) -> list[str]:
    target, code = item["target"], item["resource"]
    figures = {
        key: i18n.quantity(target[source], code, language)
        for key, source in (
            ("allowed", "allowed"),
            ("allowance", "allowance"),
            ("forecast", "forecast"),
            ("high", "forecast_high"),
        )
    }
    used, span = i18n.quantity(target["used"]["quantity"], code, language), _span(item, language)
    trust = covered(target["used"]["coverage"], language)
    if item["code"] == "not_judged":
        known = translate(NOT_JUDGED, language, used=used, **span)
        return [known, *reason_texts(target["reasons"], language)]
    if item["code"] == "at_risk" and item["over"] <= 0:
        said = [translate(TARGET_RISK, language, used=used, **figures, **span)]
    else:
        share = i18n.percent(_share(item["over"], target["allowed"]), language)
        reduction = i18n.percent(Fraction(target["reduction"], 1_000_000), language)
        over = i18n.quantity(item["over"], code, language)
        terms = {"share": share, "over": over}
        if target.get("kind", "reduction") == "cap":
            limit = cap(target, code, language)
            said = [translate(CAP_OVER, language, used=used, cap=limit, **terms, **figures, **span)]
        else:
            terms |= {"reduction": reduction, "baseline_year": target["baseline_year"]}
            said = [translate(TARGET_OVER, language, used=used, **terms, **figures, **span)]
        if target["runs_out"] is not None and item["code"] in BAD and not target["closed"]:
            said.append(translate(RUNS_OUT, language, day=day(target["runs_out"], language), **figures))
        elif target["forecast"] is not None and not target["closed"]:
            said.append(translate(FORECAST, language, **figures))
    quantity = target["used"]["quantity"]
    estimated = i18n.percent(Fraction(target["used"]["estimated"], quantity) if quantity else None, language)
    return [*said, translate(COVERAGE, language, coverage=trust, estimated=estimated)]


def reason_texts(found: list[Data], language: str) -> list[str]:
    """Say the findings of a target: why it is not judged, or what is odd."""
    return [translate(row["template"], language, **row["data"]) for row in found]


def _about_silence(item: Data, language: str) -> str:
    named = [f"{name(meter, language)} ({meter['code']})" for meter in item["meters"]]
    more = ["…"] if item["count"] > len(named) else []
    joined = ("、" if language == "zh" else ", ").join([*named, *more])
    return translate(
        ONE_SILENT if item["count"] == 1 else SILENT,
        language,
        count=item["count"],
        meters=joined,
        **_span(item, language),
    )


def _about_jump(item: Data, language: str) -> str:
    figures = {key: i18n.quantity(item[key]["quantity"], item["resource"], language) for key in ("now", "before")}
    difference = i18n.quantity(abs(item["difference"]), item["resource"], language)
    moved = percent(item["change"], language, sign=True)
    sentence = RISE if item["code"] == "rise" else FALL
    return translate(sentence, language, difference=difference, change=moved, **figures, **_span(item, language))
