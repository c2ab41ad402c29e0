"""The lines of a report in words: each figure with what it is called, how it prints, and all its digits; for comparing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from monitor import i18n
from monitor.domain.resources import from_quantity
from monitor.i18n import N_, translate
from monitor.reports import commentary, words
from monitor.reports.numbers import Data, canonical, fraction


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of a report: label, printed text, the same with all digits, and the stored value."""

    label: str
    text: str
    exact: str
    raw: str


SPANS = {"month": N_("In the month"), "year": N_("Year to date")}
TARGET = {
    "baseline": N_("Baseline year"),
    "allowance": N_("Allowance of the year"),
    "allowed": N_("Allowed by now"),
    "used": N_("Used so far"),
    "remaining_per_day": N_("Remaining per day"),
    "forecast": N_("Forecast for the year"),
    "forecast_low": N_("Forecast, lower end"),
    "forecast_high": N_("Forecast, upper end"),
}
STATEMENT = {
    "total": N_("Total"),
    "counted": N_("Counted"),
    "deducted": N_("Deducted"),
    "not_allocated": N_("Not allocated"),
}


MEANS = {
    "mean": N_("Mean of the month"),
    "mean_year": N_("Mean of the year to date"),
    "mean_before": N_("Mean of the same days last year"),
}


class _Teller:
    """Makes lines in one language."""

    def __init__(self, data: Data, language: str) -> None:
        self.data, self.language = data, language

    def say(self, *sentences: str) -> str:
        """Join translated parts of a label."""
        return " · ".join(translate(part, self.language) for part in sentences)

    def quantity(self, label: str, value: int | None, code: str) -> Line:
        """Make the line of a quantity."""
        exact = i18n.MISSING if value is None else i18n.number(from_quantity(value, code), self.language, 6)
        return Line(
            label,
            i18n.quantity(value, code, self.language),
            f"{exact} {i18n.measure_name(code, self.language)}",
            str(value),
        )

    def ratio(self, label: str, pair: list[int] | None, *, sign: bool = False) -> Line:
        """Make the line of an exact ratio."""
        exact = i18n.percent(fraction(pair), self.language, sign=sign, digits=6)
        return Line(label, commentary.percent(pair, self.language, sign=sign), exact, str(pair))

    def words(self, label: str, text: str, raw: object) -> Line:
        """Make the line of a text."""
        return Line(label, text, text, canonical({"raw": raw}))


def lines(data: Data, language: str) -> dict[str, Line]:
    """Give the lines of a report by a stable key, in its order."""
    teller = _Teller(data, language)
    found: dict[str, Line] = {
        "as_of": teller.words(teller.say(N_("Counted to")), commentary.day(data["as_of"], language), data["as_of"])
    }
    found["unit"] = teller.words(teller.say(N_("Unit")), words.name(data["unit"], language), data["unit"])
    for section in data["resources"]:
        found |= _resource(teller, section)
    for ranking in data["board"]["rankings"]:
        found |= _ranking(teller, ranking)
    for item in data["exceptions"]["items"]:
        found |= _exception(teller, item)
    found |= _quality(teller)
    for key, sentence in (("rule_version", N_("Rule version")), ("min_coverage", N_("Least coverage for a judgement"))):
        found[f"method/{key}"] = teller.words(teller.say(sentence), str(data["method"][key]), data["method"][key])
    for fact in data["method"]["denominators"]:
        shown = i18n.number(fraction([fact["value"], 1000]), language)
        for part in ("mean", "mean_year", "mean_before"):
            exact = i18n.number(fraction(fact[part]), language, 6)
            label = f"{words.word(words.DENOMINATOR, fact['kind'], language)} · {teller.say(MEANS[part])}"
            found[f"method/{fact['kind']}/{part}"] = Line(
                label, i18n.number(fraction(fact[part]), language, 2), exact, str(fact[part])
            )
        found[f"method/{fact['kind']}"] = teller.words(
            words.word(words.DENOMINATOR, fact["kind"], language), shown, fact
        )
    return found


def _resource(teller: _Teller, section: Data) -> dict[str, Line]:
    code, language = section["resource"], teller.language
    named, year = commentary.resource_name(code, language), teller.data["year"]
    found: dict[str, Line] = {}
    for span, sentence in SPANS.items():
        label, row = f"{named} · {teller.say(sentence)}", section[span]
        found |= _amount(teller, f"{code}/{span}", label, row["now"], code)
        found |= _amount(
            teller, f"{code}/{span}/before", f"{label} · {teller.say(N_('Last year'))}", row["before"], code
        )
        found[f"{code}/{span}/change"] = teller.ratio(f"{label} · {teller.say(N_('Change'))}", row["change"], sign=True)
    for row in section["months"]:
        for when, of in (("now", year), ("before", year - 1)):
            label = f"{named} · {i18n.month(of, row['month'], language)}"
            found |= _amount(teller, f"{code}/{of}-{row['month']}", label, row[when], code)
    for part, sentence in STATEMENT.items():
        label = f"{named} · {teller.say(sentence)}"
        found[f"{code}/statement/{part}"] = teller.quantity(label, section["statement"][part]["quantity"], code)
    found |= _bases(teller, section, named)
    for target in section["targets"]:
        found |= _target(
            teller, f"{named} · {words.word(words.INDICATOR, target['indicator'], language)}", target, code
        )
    return found


def _bases(teller: _Teller, section: Data, named: str) -> dict[str, Line]:
    """Give what each basis of paper says, beside the one that counts."""
    code = section["resource"]
    found: dict[str, Line] = {}
    for span, sentence in SPANS.items() if section["bases"] else ():
        for one in section["bases"][span]["bases"]:
            label = f"{named} · {teller.say(sentence)} · {words.word(words.BASIS, one['basis'], teller.language)}"
            key = f"{code}/{span}/basis/{one['basis']}"
            found |= _amount(teller, key, label, one["amount"], code)
            found[f"{key}/difference"] = teller.quantity(
                f"{label} · {teller.say(N_('Difference'))}", one["difference"], code
            )
    return found


def _amount(teller: _Teller, key: str, label: str, value: Data, code: str) -> dict[str, Line]:
    return {
        key: teller.quantity(label, value["quantity"], code),
        f"{key}/coverage": teller.ratio(f"{label} · {teller.say(N_('Coverage'))}", value["coverage"]),
        f"{key}/estimated": teller.quantity(f"{label} · {teller.say(N_('Estimated'))}", value["estimated"], code),
    }


def _target(teller: _Teller, named: str, target: Data, code: str) -> dict[str, Line]:
    key, language = f"{code}/target/{target['indicator']}", teller.language
    terms = [target[term] for term in ("kind", "reduction", "cap", "baseline_year", "min_coverage")]
    shown = commentary.promise(target, code, language)
    found = {
        f"{key}/terms": teller.words(f"{named} · {teller.say(N_('Target'))}", shown, terms),
        f"{key}/status": teller.words(
            f"{named} · {teller.say(N_('Status'))}", words.status(target["status"], language), target["status"]
        ),
        f"{key}/pace": teller.ratio(f"{named} · {teller.say(N_('Pace'))}", target["pace"]),
    }
    for part, sentence in TARGET.items():
        value: Any = target[part]
        whole = value["quantity"] if isinstance(value, dict) else value
        found[f"{key}/{part}"] = teller.quantity(f"{named} · {teller.say(sentence)}", whole, code)
    for part, value in (target["per"] or {}).items():
        of = "area" if target["indicator"] == "per_m2" else "person"
        sentence = TARGET[part]
        label = f"{named} · {teller.say(sentence)} · {teller.say(N_('per m²') if of == 'area' else N_('per person'))}"
        found[f"{key}/{part}/per"] = teller.words(label, commentary.per(value, code, of, language), value)
    runs_out = commentary.day(target["runs_out"], language)
    found[f"{key}/runs_out"] = teller.words(f"{named} · {teller.say(N_('Used up on'))}", runs_out, target["runs_out"])
    return found


def _ranking(teller: _Teller, ranking: Data) -> dict[str, Line]:
    found = {}
    for row in [*ranking["rows"], *ranking["unranked"]]:
        code = ranking["resource"]
        label = f"{teller.say(N_('Ranking'))} · {commentary.resource_name(code, teller.language)} · {words.name(row['unit'], teller.language)}"
        rank = str(row.get("rank", i18n.MISSING))
        shown = f"{rank} · {words.status(row['status'], teller.language)} · {commentary.percent(row['distance'], teller.language, sign=True)}"
        key = f"board/{code}/{row['unit']['id']}/{row['indicator']}"
        found[key] = teller.words(label, shown, [row.get("rank"), row["status"], row["distance"]])
        found[f"{key}/used"] = teller.quantity(
            f"{label} · {teller.say(N_('Used so far'))}", row["used"]["quantity"], code
        )
    return found


def _exception(teller: _Teller, item: Data) -> dict[str, Line]:
    label = f"{teller.say(N_('What needs attention'))} · {words.name(item['unit'], teller.language)} · {commentary.resource_name(item['resource'], teller.language)}"
    said = (
        "".join(commentary.sentences(item, teller.language))
        if teller.language == "zh"
        else " ".join(commentary.sentences(item, teller.language))
    )
    return {f"exception/{item['code']}/{item['unit']['id']}/{item['resource']}": teller.words(label, said, said)}


def _quality(teller: _Teller) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for label, key, value in _counts(teller):
        found[key] = teller.words(label, str(value), value)
    return found


def _counts(teller: _Teller) -> Iterator[tuple[str, str, int]]:
    quality, title = teller.data["quality"], teller.say(N_("Data quality"))
    for row in quality["resources"]:
        named = f"{title} · {commentary.resource_name(row['resource'], teller.language)}"
        for part, sentence in (
            ("meters", N_("Meters")),
            ("silent_count", N_("Meters without reading")),
            ("gap_count", N_("Meters with gaps")),
        ):
            yield f"{named} · {teller.say(sentence)}", f"quality/{row['resource']}/{part}", row[part]
    sent = quality["deliveries"]
    if sent is not None:
        yield f"{title} · {teller.say(N_('Files taken in'))}", "quality/documents", sent["documents"]
        yield (
            f"{title} · {teller.say(N_('Refused rows'))}",
            "quality/refused",
            sum(row["rows"] for row in sent["refused"]),
        )
        yield f"{title} · {teller.say(N_('Silent sources'))}", "quality/silent", len(sent["silent"])
